"""Rows of Parquet files in S3."""

import io
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from ops.aws import MAX_CONNECTIONS
from ops.deployment import Deployment
from ops.errors import code_of
from ops.ledger import split_uri

Row = dict[str, Any]
Filter = tuple[str, str, object]
"""Column, comparison as pyarrow spells it, and value."""

_MISSING = frozenset({"404", "NoSuchKey"})


def read(deployment: Deployment, uri: str, filters: Sequence[Filter] = ()) -> list[Row] | None:
    """Return the rows of a file that pass all filters; None when there is no such object."""
    # Imported here: it takes longer than all the rest of most commands.
    import pyarrow.parquet as pq  # noqa: PLC0415

    bucket, key = split_uri(uri)
    try:
        body = deployment.connection.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if code_of(error) in _MISSING:
            return None
        raise
    rows: list[Row] = pq.read_table(io.BytesIO(body), filters=list(filters) or None).to_pylist()
    return rows


def read_all(deployment: Deployment, uris: Iterable[str]) -> Iterator[tuple[str, list[Row]]]:
    """Yield each file, in the order of their addresses, with its rows; none of one that is gone."""
    ordered = sorted(uris)
    with ThreadPoolExecutor(MAX_CONNECTIONS // 2) as pool:
        files = pool.map(lambda uri: read(deployment, uri), ordered)
        for uri, rows in zip(ordered, files, strict=True):
            yield uri, rows or []
