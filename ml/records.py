"""Records: what a prediction request carries, as a table.

Every one is made here, so that the same record gives the same features whether it comes from a file
or from a request.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from contracts.columns import arrow_schema, make_array
from contracts.values import JsonValue, Value, to_json
from ml.errors import UserError
from schemas.catalog import MODEL_INPUT
from schemas.datasets import DatasetContract

LABEL = "example_label"
"""Column of the answer, true or false."""

DATE = "example_date"
"""Column of the day by which examples are split into training and holdout."""

FILE = "records.parquet"

Request = Mapping[str, JsonValue]

_BATCH_ROWS = 10_000  # of Python's objects at a time

_SCHEMA = arrow_schema(MODEL_INPUT)
_LABELLED_SCHEMA = pa.schema(
    [*_SCHEMA, pa.field(LABEL, pa.bool_(), nullable=False),
     pa.field(DATE, pa.date32(), nullable=False)]
)  # fmt: skip


def from_values(rows: Sequence[Sequence[Value]]) -> pd.DataFrame:
    """Return records from rows of values in the order of `MODEL_INPUT`'s columns."""
    columns = zip(*rows, strict=True) if rows else [()] * len(MODEL_INPUT.columns)
    arrays = [
        make_array(values, column.type)
        for column, values in zip(MODEL_INPUT.columns, columns, strict=True)
    ]
    return to_frame(pa.Table.from_arrays(arrays, schema=_SCHEMA), MODEL_INPUT)


def to_frame(table: pa.Table, contract: DatasetContract) -> pd.DataFrame:
    """Return `table` with the same type per column whether or not values are missing in it."""
    frame = table.to_pandas(date_as_object=False)
    optional = {
        column.name: "float64"
        for column in contract.columns
        if column.nullable and pa.types.is_primitive(table.schema.field(column.name).type)
        if not pa.types.is_temporal(table.schema.field(column.name).type)
    }
    return frame.astype(optional, copy=False)


def write(examples: pd.DataFrame, folder: Path) -> None:
    """Write labelled records to `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(examples, schema=_LABELLED_SCHEMA, preserve_index=False)
    # Without pandas' notes, so that the file depends on its content only.
    pq.write_table(table.replace_schema_metadata(None), folder / FILE)


def read(folder: Path) -> pd.DataFrame:
    """Read records from `folder`, with label and date where the file has them.

    The file may be of another version of the code: columns that are unknown now are left out, and
    optional ones that it lacks are missing values.

    Raises:
        UserError: there is no file, or it lacks a column.
    """
    path = folder / FILE
    if not path.is_file():
        raise UserError(f"there is no {FILE} in {folder}; name the output folder of `preprocess`")
    table = pq.read_table(path, partitioning=None)
    columns = []
    for field in _SCHEMA:
        if field.name in table.column_names:
            columns.append(table[field.name].cast(field.type))
        elif field.nullable:
            columns.append(pa.nulls(table.num_rows, field.type))
        else:
            raise UserError(f"{path} has no column {field.name!r}, which the model requires")
    frame = to_frame(pa.table(columns, schema=_SCHEMA), MODEL_INPUT)
    for name in (LABEL, DATE):
        if name in table.column_names:
            frame[name] = table[name].to_pandas(date_as_object=False)
    return frame


def months(examples: pd.DataFrame) -> pd.Series:
    """Return the month of each example, `YYYY-MM`, as a category."""
    # Each month is spelt once, not once per example.
    return examples[DATE].dt.to_period("M").astype("category").cat.rename_categories(str)


def to_requests(frame: pd.DataFrame) -> Iterator[Request]:
    """Yield each record as a client would send it, whether or not it honours the contract.

    Columns have the order of `MODEL_INPUT`'s; what is missing is null.
    """
    # What is missing and must not be is the contract's to refuse, with row and column.
    schema = pa.schema([field.with_nullable(True) for field in _SCHEMA])
    columns = frame[list(MODEL_INPUT.column_names)]
    table = pa.Table.from_pandas(columns, schema=schema, preserve_index=False)
    for batch in table.to_batches(max_chunksize=_BATCH_ROWS):
        for row in batch.to_pylist():
            yield {name: to_json(value) for name, value in row.items()}
