"""Curated data as a job finds them: `<folder>/<dataset>/year=YYYY/month=MM/*.parquet`."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from contracts.columns import arrow_schema
from ml.errors import UserError
from ml.records import to_frame
from schemas.catalog import DATASETS
from schemas.datasets import DatasetContract

_MONTHLY = {"year", "month"}
_REMEDY = "ingest them first (`ops ingest`), or check the job's input `data`"


def read_tables(
    folder: Path, names: Sequence[str], months: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Read the rows of some months, without duplicates, in an order that depends on them only.

    Datasets that are not partitioned by year and month are read whole.

    Args:
        folder: A snapshot, or the months of these datasets.
        names: Datasets to read.
        months: Months to read, `YYYY-MM`.

    Returns:
        A table per dataset with all columns of its contract.

    Raises:
        UserError: a dataset lacks files, or a month; or a file does not fit its contract.
    """
    return {name: _read(folder, DATASETS[name], months) for name in names}


def data_sha256(folder: Path) -> str:
    """Return the hash over the path and content of every file below `folder`, 64 hex digits."""
    digest = hashlib.sha256()
    for path in _files(folder):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()}\n{content}\n".encode())
    return digest.hexdigest()


def _read(folder: Path, contract: DatasetContract, months: Sequence[str]) -> pd.DataFrame:
    files = list(_files(folder / contract.name))
    if _MONTHLY.issubset(contract.partition_by):
        files = _of_months(files, contract, months)
    elif not files:
        raise UserError(f"dataset {contract.name!r} has no files; {_REMEDY}")
    tables = [_read_file(path, folder, contract) for path in files]
    frame = to_frame(pa.concat_tables(tables), contract)
    # The last file wins: of two files with the same row, the later day's corrects the earlier's.
    key = list(contract.primary_key)
    frame = frame.drop_duplicates(subset=key, keep="last")
    return frame.sort_values(key, kind="stable", ignore_index=True)


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _of_months(
    files: Sequence[Path], contract: DatasetContract, months: Sequence[str]
) -> list[Path]:
    by_month = [(_month(path), path) for path in files]
    if missing := sorted(set(months) - {month for month, _ in by_month}):
        raise UserError(
            f"dataset {contract.name!r} has no files of {', '.join(missing)}; {_REMEDY}, or choose "
            "other months"
        )
    return [path for month, path in by_month if month in months]


def _month(path: Path) -> str:
    partition = dict(_partitions(path))
    try:
        return f"{partition['year']:04d}-{partition['month']:02d}"
    except KeyError:
        raise UserError(
            f"{path} does not lie in a partition such as year=2013/month=01; "
            "objects keep the keys that ingestion gave them"
        ) from None


def _partitions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the columns that the path of a curated file holds."""
    for segment in path.parent.parts:
        name, equals, value = segment.partition("=")
        if equals and value.isdigit():
            yield name, int(value)


def _read_file(path: Path, folder: Path, contract: DatasetContract) -> pa.Table:
    try:
        table = pq.read_table(path, partitioning=None)
        for name, value in _partitions(path):
            if name in contract.partition_by:
                table = table.append_column(name, [pa.array([value] * table.num_rows, pa.int64())])
        return table.select(contract.column_names).cast(arrow_schema(contract))
    except (pa.ArrowException, KeyError, ValueError) as error:
        raise UserError(
            f"{path.relative_to(folder)} does not fit the contract of {contract.name!r}: {error}; "
            "if the contract has changed since, run `ops reprocess`"
        ) from error
