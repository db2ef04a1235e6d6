"""What lies in the lake, counted: object versions, and the rows in files."""

import io
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.aws import MAX_CONNECTIONS
from ops.deployment import Deployment
from ops.ledger import split_uri
from ops.output import Advance, ignore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, kw_only=True, slots=True)
class RawVersion:
    """One version of a raw object.

    Attributes:
        uri: The object, without its version.
        version_id: The version.
        size: Bytes.
    """

    uri: str
    version_id: str
    size: int


def raw_versions(deployment: Deployment, bucket: str, prefix: str) -> Iterator[RawVersion]:
    """Yield every version of every object below `prefix`, delete markers left out."""
    pages = deployment.connection.s3.get_paginator("list_object_versions")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        for version in page.get("Versions", []):
            yield RawVersion(
                uri=f"s3://{bucket}/{version['Key']}",
                version_id=version["VersionId"],
                size=version["Size"],
            )


def object_sizes(deployment: Deployment, bucket: str, prefix: str) -> dict[str, int]:
    """Return the current objects below `prefix`: URI to bytes."""
    pages = deployment.connection.s3.get_paginator("list_objects_v2")
    return {
        f"s3://{bucket}/{found['Key']}": found["Size"]
        for page in pages.paginate(Bucket=bucket, Prefix=prefix)
        for found in page.get("Contents", [])
    }


def count_rows(
    deployment: Deployment, sizes: Mapping[str, int], *, advance: Advance = ignore
) -> dict[str, int]:
    """Count the rows of Parquet and JSON Lines files by reading the files themselves.

    Args:
        deployment: Where they lie.
        sizes: URIs and bytes of the files; of Parquet files only the footers are read.
        advance: Called after each file.

    Returns:
        URI to rows; -1 for a file that is not readable as what its name says.
    """
    client = deployment.connection.s3
    counts: dict[str, int] = {}
    with ThreadPoolExecutor(MAX_CONNECTIONS // 2) as pool:
        for uri, rows in pool.map(lambda file: (file[0], _rows(client, *file)), sizes.items()):
            counts[uri] = rows
            advance(1)
    return counts


def _rows(client: "S3Client", uri: str, size: int) -> int:
    bucket, key = split_uri(uri)
    if key.endswith(".parquet"):
        return _parquet_rows(ObjectFile(client, bucket, key, size))
    lines = client.get_object(Bucket=bucket, Key=key)["Body"].iter_lines()
    return sum(1 for line in lines if line)


def _parquet_rows(file: io.RawIOBase) -> int:
    # Imported here: no other command needs it, and it takes longer than all the rest.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        return int(pq.read_metadata(file).num_rows)
    except (pa.ArrowException, OSError):
        return -1


class ObjectFile(io.RawIOBase):
    """An S3 object as a seekable file; each read is a request for just that range.

    Args:
        client: Client of S3.
        bucket: Its bucket.
        key: Its key.
        size: Its bytes.
    """

    def __init__(self, client: "S3Client", bucket: str, key: str, size: int) -> None:
        super().__init__()
        self._client, self._bucket, self._key = client, bucket, key
        self._size, self._position = size, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read as much as fits into `buffer`, or up to the end."""
        end = min(self._position + len(buffer), self._size)
        if end <= self._position:
            return 0
        data = self._client.get_object(
            Bucket=self._bucket, Key=self._key, Range=f"bytes={self._position}-{end - 1}"
        )["Body"].read()
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
