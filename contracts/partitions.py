"""Writes accepted rows as Parquet, one file per Hive partition, streaming."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from contracts.columns import arrow_schema, make_array
from schemas.datasets import ColumnType, DatasetContract

# Rows wait in memory until a row group is worth writing, but never more than this in all.
_MAX_BUFFERED_BYTES = 32 * 2**20
_ROW_GROUP_ROWS = 128 * 1024
_COMPRESSION = "zstd"


def file_schema(contract: DatasetContract) -> pa.Schema:
    """The schema of curated files: without the partition columns, which the path holds."""
    names = {column.name for column in contract.file_columns}
    return pa.schema([field for field in arrow_schema(contract) if field.name in names])


def split_partitions(table: pa.Table, contract: DatasetContract) -> Iterator[tuple[str, pa.Table]]:
    """Split accepted rows by partition.

    Args:
        table: Rows in the contract's schema.
        contract: Names the partition columns.

    Yields:
        The Hive path of each partition, for example `year=2013/month=03` (empty if the dataset
        has no partitions), in ascending order, with its rows in `file_schema`.
    """
    names = file_schema(contract).names
    yield from _split(table, names, contract, ())


def _split(
    table: pa.Table, names: list[str], contract: DatasetContract, segments: tuple[str, ...]
) -> Iterator[tuple[str, pa.Table]]:
    """Split `table`, whose rows share the partitions `segments`, by the next partition column."""
    if len(segments) == len(contract.partition_columns):
        yield "/".join(segments), table.select(names)
        return
    partition = contract.partition_columns[len(segments)]
    column = table.column(partition.name)
    values = sorted(pc.unique(column).to_pylist())
    for value in values:
        rows = table
        if len(values) > 1:
            rows = table.filter(pc.equal(column, make_array([value], ColumnType.INT64)[0]))
        yield from _split(rows, names, contract, (*segments, partition.segment(value)))


class PartitionedWriter:
    """Streams tables into one local Parquet file per partition.

    Use it as a context manager: files are complete when it has been left without an error. The
    same tables give the same bytes. A contract bounds its partitions, and so the open files.

    Args:
        contract: The dataset's contract.
        directory: Where the files go: `<directory>/<Hive path>/part.parquet`.
    """

    def __init__(self, contract: DatasetContract, directory: Path) -> None:
        self._contract = contract
        self._directory = directory
        self._schema = file_schema(contract)
        self._writers: dict[str, pyarrow.parquet.ParquetWriter] = {}
        self._buffers: dict[str, list[pa.Table]] = {}
        self._buffered_bytes = 0

    @property
    def files(self) -> dict[str, Path]:
        """Path of the file of each partition, by Hive path, in ascending order."""
        return {partition: self._path(partition) for partition in sorted(self._writers)}

    def write(self, table: pa.Table) -> None:
        """Add rows in the contract's schema."""
        for partition, rows in split_partitions(table, self._contract):
            buffer = self._buffers.setdefault(partition, [])
            buffer.append(rows)
            self._buffered_bytes += rows.nbytes
            if sum(part.num_rows for part in buffer) >= _ROW_GROUP_ROWS:
                self._flush(partition)
        if self._buffered_bytes >= _MAX_BUFFERED_BYTES:
            self._flush_all()

    def _flush_all(self) -> None:
        for partition in sorted(self._buffers):
            self._flush(partition)

    def _flush(self, partition: str) -> None:
        rows = pa.concat_tables(self._buffers.pop(partition))
        self._buffered_bytes -= rows.nbytes
        if partition not in self._writers:
            path = self._path(partition)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writers[partition] = pyarrow.parquet.ParquetWriter(
                path, self._schema, compression=_COMPRESSION
            )
        self._writers[partition].write_table(rows, row_group_size=_ROW_GROUP_ROWS)

    def _path(self, partition: str) -> Path:
        return self._directory / partition / "part.parquet"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Write what is buffered, unless an error made it worthless, and close every file."""
        try:
            if error is None:
                self._flush_all()
        finally:
            for writer in self._writers.values():
                writer.close()
