"""The same job done in the ways that people would otherwise choose."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from contracts.arrow import arrow_schema
from schemas.datasets import Column, ColumnType
from schemas.flights import FLIGHTS


def plain_pyarrow(source: Path, folder: Path) -> None:
    """Read a file whose rows are all good into one Parquet file; nothing is checked but types.

    The practical ceiling: whoever validates does this and more. One bad row makes it raise.
    """
    table = pa.csv.read_csv(
        source,
        pa.csv.ReadOptions(use_threads=False),
        convert_options=pa.csv.ConvertOptions(
            column_types=arrow_schema(FLIGHTS),
            null_values=sorted(FLIGHTS.null_values),
            strings_can_be_null=True,
        ),
    )
    pa.parquet.write_table(table, folder / "part.parquet", compression="zstd")


def pandas_path(source: Path, folder: Path) -> None:
    """Read with pandas, apply the contract's rules, write partitions of good rows and the bad rows.

    Where pandas is laxer, it is left at that, which makes it faster: `1.0` passes as a whole
    number, rows with too few fields are padded, rows with too many are dropped without a trace.
    """
    frame = pd.read_csv(
        source,
        dtype=str,
        keep_default_na=False,
        na_values=sorted(FLIGHTS.null_values),
        on_bad_lines="skip",
        encoding_errors="replace",
    )
    typed = pd.DataFrame({column.name: _typed(frame, column) for column in FLIGHTS.columns})
    bad = pd.Series(data=False, index=frame.index)
    for column in FLIGHTS.columns:
        bad |= _breaks_rules(typed[column.name], column)
        bad |= frame[column.name].notna() & typed[column.name].isna()
    good = typed[~bad]
    for values, rows in good.groupby(list(FLIGHTS.partition_by)):
        pairs = zip(FLIGHTS.partition_by, values, strict=True)
        part = folder.joinpath(*(f"{name}={value}" for name, value in pairs), "part.parquet")
        part.parent.mkdir(parents=True, exist_ok=True)
        rows.drop(columns=list(FLIGHTS.partition_by)).to_parquet(
            part, index=False, compression="zstd"
        )
    frame[bad].to_json(folder / "quarantine.jsonl", orient="records", lines=True)


def _typed(frame: pd.DataFrame, column: Column) -> "pd.Series[object]":
    texts = frame[column.name]
    if column.type is ColumnType.INT64:
        numbers = pd.to_numeric(texts, errors="coerce")
        return numbers.where(numbers % 1 == 0).astype("Int64")
    if column.type is ColumnType.TIMESTAMP:
        return pd.to_datetime(texts, errors="coerce", utc=True, format="%Y-%m-%dT%H:%M:%SZ")
    return texts


def _breaks_rules(values: "pd.Series[object]", column: Column) -> "pd.Series[bool]":
    bad = values.isna() if not column.nullable else pd.Series(data=False, index=values.index)
    if column.minimum is not None:
        bad |= (values < column.minimum).fillna(value=False)
    if column.maximum is not None:
        bad |= (values > column.maximum).fillna(value=False)
    if column.domain:
        bad |= values.notna() & ~values.isin(column.domain)
    if column.max_length is not None:
        bad |= (values.str.len() > column.max_length).fillna(value=False)
    return bad
