"""Objects: the raw file that is read, and the files that are written and removed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from contracts.errors import FileRejectedError, FileRejection
from lambdas.shared.deadline import Deadline
from lambdas.shared.errors import TransientError
from schemas.keys import split_uri, uri_of
from schemas.messages import ObjectVersion

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

# Answers to GetObject that no retry changes: this version of the object is not there.
# `PreconditionFailed`: an unversioned object was replaced, so the bytes announced are gone.
_MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "NoSuchBucket", "PreconditionFailed"})

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
_MAX_DELETED_AT_ONCE = 1_000


class RawFile:
    """The bytes of one object version, as they arrive.

    An error on the way is transient and never looks like the file's end.

    Attributes:
        size: All its bytes. A message says a size, too, but anybody can write a message.
    """

    def __init__(self, body: "StreamingBody", size: int, subject: str, deadline: Deadline) -> None:
        self.size = size
        self._body = body
        self._subject = subject
        self._deadline = deadline

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end only.

        Raises:
            TransientError: the time is nearly up, or the connection failed.
        """
        self._deadline.check()
        try:
            return self._body.read(size)
        except (BotoCoreError, HTTPError, OSError) as error:
            raise TransientError(
                "read-interrupted",
                f"reading stopped half way ({error}); it is tried again from the start",
                self._subject,
            ) from error


class Lake:
    """Reads raw objects, and writes and removes what they become."""

    def __init__(self, s3: "S3Client") -> None:
        self._s3 = s3

    @contextmanager
    def open(self, version: ObjectVersion, deadline: Deadline) -> Iterator[RawFile]:
        """Open exactly the bytes that the message announced.

        Raises:
            FileRejectedError: `object-missing`.
        """
        request: dict[str, Any] = {"Bucket": version.bucket, "Key": version.key}
        if version.version_id:
            request["VersionId"] = version.version_id
        if version.etag:
            request["IfMatch"] = version.etag
        try:
            response = self._s3.get_object(**request)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in _MISSING:
                raise
            raise FileRejectedError(
                FileRejection.OBJECT_MISSING,
                f"this version of the object is not there any more ({code}): it was deleted, or "
                "replaced in a bucket without versions. Upload the file again under the same key",
            ) from error
        with closing(response["Body"]) as body:
            yield RawFile(body, response["ContentLength"], version.uri, deadline)

    def put(self, uri: str, path: Path) -> None:
        """Write the local file `path` as the object `uri`, whole or not at all."""
        bucket, key = split_uri(uri)
        with path.open("rb") as content:
            self._s3.put_object(Bucket=bucket, Key=key, Body=content)

    def delete(self, uris: Iterable[str]) -> None:
        """Remove objects, those that do not exist included.

        Raises:
            TransientError: one could not be removed.
        """
        keys_by_bucket: dict[str, list[str]] = defaultdict(list)
        for uri in sorted(uris):
            bucket, key = split_uri(uri)
            keys_by_bucket[bucket].append(key)
        for bucket, keys in keys_by_bucket.items():
            for start in range(0, len(keys), _MAX_DELETED_AT_ONCE):
                self._delete(bucket, keys[start : start + _MAX_DELETED_AT_ONCE])

    def _delete(self, bucket: str, keys: list[str]) -> None:
        response = self._s3.delete_objects(
            Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
        )
        if errors := response.get("Errors"):
            first = errors[0]
            raise TransientError(
                "delete-failed",
                f"{len(errors)} of {len(keys)} objects could not be removed; "
                f"{first.get('Key')}: {first.get('Code')} {first.get('Message')}",
                uri_of(bucket, first.get("Key", "")),
            )
