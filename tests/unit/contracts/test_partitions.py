import dataclasses
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from contracts import partitions
from contracts.arrow import arrow_schema, read_blocks
from contracts.files import FileFormat
from contracts.partitions import PartitionedWriter, file_schema, split_partitions
from schemas.datasets import Column, ColumnType, DatasetContract

CONTRACT = DatasetContract(
    name="visits",
    description="One visit.",
    columns=(
        Column(name="year", type=ColumnType.INT64, minimum=2010, maximum=2012),
        Column(name="visitor", type=ColumnType.INT64),
        Column(name="month", type=ColumnType.INT64, minimum=1, maximum=12),
    ),
    primary_key=("visitor",),
    partition_by=("year", "month"),
)


def table(rows: list[tuple[int, int, int]], contract: DatasetContract = CONTRACT) -> pa.Table:
    text = "\n".join(["year,visitor,month", *(",".join(map(str, row)) for row in rows), ""])
    blocks = read_blocks(io.BytesIO(text.encode()), contract, FileFormat.CSV)
    return pa.concat_tables([block.accepted for block in blocks])


ROWS = [(2010 + n // 7 % 3, n, n % 12 + 1) for n in range(500)]


def test_rows_split_by_hive_path_without_the_partition_columns() -> None:
    split = dict(split_partitions(table([(2012, 1, 3), (2010, 2, 11), (2012, 3, 3)]), CONTRACT))

    assert {path: rows.to_pylist() for path, rows in split.items()} == {
        "year=2010/month=11": [{"visitor": 2}],
        "year=2012/month=03": [{"visitor": 1}, {"visitor": 3}],
    }
    assert all(rows.schema == file_schema(CONTRACT) for rows in split.values())


def test_a_dataset_without_partitions_is_one_file(tmp_path: Path) -> None:
    contract = dataclasses.replace(CONTRACT, partition_by=())
    with PartitionedWriter(contract, tmp_path) as writer:
        writer.write(table(ROWS, contract))

    assert list(writer.files) == [""]
    assert pq.read_table(writer.files[""]).schema.names == ["year", "visitor", "month"]


@pytest.mark.parametrize("buffered_bytes", [1, 10**9])
def test_written_rows_come_back_from_their_partitions(
    tmp_path: Path, buffered_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "_MAX_BUFFERED_BYTES", buffered_bytes)
    rows = table(ROWS)
    with PartitionedWriter(CONTRACT, tmp_path) as writer:
        for start in range(0, len(ROWS), 90):
            writer.write(rows.slice(start, 90))

    back = pyarrow.dataset.dataset(
        tmp_path,
        partitioning=pyarrow.dataset.partitioning(
            pa.schema([("year", pa.int64()), ("month", pa.int64())]), flavor="hive"
        ),
    ).to_table()
    assert len(writer.files) == 36
    assert back.select(rows.schema.names).sort_by("visitor").to_pylist() == rows.to_pylist()


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    def write(folder: Path) -> dict[str, bytes]:
        with PartitionedWriter(CONTRACT, folder) as writer:
            writer.write(table(ROWS))
            writer.write(table(ROWS[:50]))
        return {partition: path.read_bytes() for partition, path in writer.files.items()}

    assert write(tmp_path / "one") == write(tmp_path / "two")


def test_large_partitions_are_written_while_rows_arrive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "_ROW_GROUP_ROWS", 100)
    one_month = table([(2010, n, 1) for n in range(250)])
    with PartitionedWriter(CONTRACT, tmp_path) as writer:
        writer.write(one_month.slice(0, 120))
        assert list(writer.files) == ["year=2010/month=01"]
        writer.write(one_month.slice(120))

    assert pq.read_table(writer.files["year=2010/month=01"]).num_rows == 250


def test_nothing_accepted_gives_no_file(tmp_path: Path) -> None:
    with PartitionedWriter(CONTRACT, tmp_path) as writer:
        writer.write(arrow_schema(CONTRACT).empty_table())

    assert writer.files == {}


def test_files_are_closed_when_reading_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "_MAX_BUFFERED_BYTES", 1)
    writer = PartitionedWriter(CONTRACT, tmp_path)

    def write_and_fail() -> None:
        with writer:
            writer.write(table(ROWS))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert sum(pq.read_metadata(path).num_rows for path in writer.files.values()) == len(ROWS)
