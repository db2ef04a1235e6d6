"""The artifacts bucket: texts, listings and copies."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code
from schemas.keys import split_uri, uri_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef

JSON = "application/json"
_MISSING = frozenset({"404", "NoSuchKey", "NoSuchVersion"})


class MissingObjectError(Exception):
    """There is no such object.

    Attributes:
        uri: Its address.
    """

    def __init__(self, uri: str) -> None:
        super().__init__(f"there is no object {uri}")
        self.uri = uri


class Objects:
    """The objects of one bucket.

    Args:
        s3: Client.
        bucket: The bucket's name.
    """

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def uri(self, key: str) -> str:
        """Return the address of an object of this bucket."""
        return uri_of(self.bucket, key)

    def read(self, key: str) -> str:
        """Return the text of an object.

        Raises:
            MissingObjectError: there is none.
        """
        try:
            with self._s3.get_object(Bucket=self.bucket, Key=key)["Body"] as body:
                return body.read().decode()
        except ClientError as error:
            raise self._explained(error, self.uri(key)) from error

    def write(self, key: str, text: str, content_type: str = JSON) -> str:
        """Write an object whole; return its address."""
        self._s3.put_object(
            Bucket=self.bucket, Key=key, Body=text.encode(), ContentType=content_type
        )
        return self.uri(key)

    def exists(self, key: str) -> bool:
        """Return whether there is an object."""
        return key in self.keys(key)

    def keys(self, prefix: str) -> frozenset[str]:
        """Return the keys that begin with `prefix`."""
        return frozenset(self._keys(prefix))

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        for page in pages:
            for each in page.get("Contents", ()):
                yield each["Key"]

    def copy(self, source_uri: str, key: str, *, version_id: str = "") -> None:
        """Copy an object, of any bucket, to `key`, whole or not at all.

        Args:
            source_uri: Address of what is copied.
            key: Where to, in this bucket.
            version_id: Exactly this version; empty copies the latest.

        Raises:
            MissingObjectError: it is not there.
        """
        bucket, source_key = split_uri(source_uri)
        source: CopySourceTypeDef = {"Bucket": bucket, "Key": source_key}
        if version_id:
            source["VersionId"] = version_id
        try:
            self._s3.copy_object(Bucket=self.bucket, Key=key, CopySource=source)
        except ClientError as error:
            raise self._explained(error, source_uri) from error

    def _explained(self, error: ClientError, uri: str) -> Exception:
        return MissingObjectError(uri) if error_code(error) in _MISSING else error
