"""What runs have left in the artifacts bucket, read back."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ops.deployment import Deployment
from ops.errors import OpsError, code_of
from ops.ledger import split_uri
from schemas.evaluations import Evaluation

if TYPE_CHECKING:
    from botocore.response import StreamingBody

_MISSING = frozenset({"404", "NoSuchKey", "NoSuchBucket"})
_CHUNK_BYTES = 2**20


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """An object that is there.

    Attributes:
        uri: Its address.
        size: Bytes.
        modified_at: When it was written.
    """

    uri: str
    size: int
    modified_at: datetime


def look(deployment: Deployment, uri: str) -> Found | None:
    """Return what is known of an object; None when there is none."""
    bucket, key = split_uri(uri)
    try:
        found = deployment.connection.s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if code_of(error) in _MISSING:
            return None
        raise
    return Found(uri=uri, size=found["ContentLength"], modified_at=found["LastModified"])


def digest(deployment: Deployment, uri: str) -> str | None:
    """Return the SHA-256 of an object's content, 64 hex digits; None when there is none."""
    content = _content(deployment, uri)
    if content is None:
        return None
    result = sha256()
    for chunk in content.iter_chunks(_CHUNK_BYTES):
        result.update(chunk)
    return result.hexdigest()


def read_text(deployment: Deployment, uri: str) -> str | None:
    """Return an object's text; None when there is none."""
    content = _content(deployment, uri)
    return None if content is None else content.read().decode()


def _content(deployment: Deployment, uri: str) -> "StreamingBody | None":
    bucket, key = split_uri(uri)
    try:
        return deployment.connection.s3.get_object(Bucket=bucket, Key=key)["Body"]
    except ClientError as error:
        if code_of(error) in _MISSING:
            return None
        raise


def read_evaluation(deployment: Deployment, uri: str) -> Evaluation | None:
    """Return the evaluation at `uri`; None when there is none.

    Raises:
        OpsError: what lies there is no evaluation.
    """
    text = read_text(deployment, uri) if uri else None
    if text is None:
        return None
    try:
        return Evaluation.from_text(text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OpsError(
            f"{uri} is no evaluation: {error!r}",
            "Bring its older version back, or train again",
        ) from error
