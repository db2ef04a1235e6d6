"""Parquet files of predictions: written once each, and never changed."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet
from botocore.exceptions import ClientError

from contracts.columns import arrow_schema, make_array
from contracts.values import Value
from lambdas.shared.aws_errors import error_code
from schemas.predictions import PREDICTIONS, split_prediction_id

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_COMPRESSION = "zstd"
_ID = "prediction_id"
_EXISTS = "PreconditionFailed"
_MISSING = "NoSuchKey"


class PredictionFiles:
    """The files of the table.

    Args:
        s3: Client.
        bucket: Bucket of the table.
    """

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def create(self, key: str, rows: Sequence[Sequence[Value]]) -> bool:
        """Write a file unless there is one; return whether it was written.

        Args:
            key: Its key.
            rows: Values of `PREDICTIONS`'s columns; none makes a file that holds nothing.
        """
        try:
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=_parquet(rows), IfNoneMatch="*")
        except ClientError as error:
            if error_code(error) == _EXISTS:
                return False
            raise
        return True

    def requests_in(self, key: str) -> frozenset[str] | None:
        """Return the keys of the requests whose predictions a file holds; None without a file."""
        try:
            with self._s3.get_object(Bucket=self._bucket, Key=key)["Body"] as body:
                content = body.read()
        except ClientError as error:
            if error_code(error) == _MISSING:
                return None
            raise
        # Not `read_table`, which imports much more than it takes to read one file.
        file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
        ids = file.read(columns=[_ID]).column(_ID).to_pylist()
        return frozenset(split_prediction_id(each)[0] for each in ids)


def _parquet(rows: Sequence[Sequence[Value]]) -> bytes:
    columns = zip(*rows, strict=True) if rows else [()] * len(PREDICTIONS.columns)
    arrays = [
        make_array(values, column.type)
        for column, values in zip(PREDICTIONS.columns, columns, strict=True)
    ]
    table = pa.Table.from_arrays(arrays, schema=arrow_schema(PREDICTIONS))
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table, buffer, compression=_COMPRESSION)
    return buffer.getvalue()
