"""Rows that were refused."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ops import ledger
from ops.deployment import Deployment
from ops.errors import OpsError
from schemas.ledger import LedgerStatus
from schemas.names import Output

DEFAULT_LIMIT = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class QuarantinedRow:
    """One refused row.

    Attributes:
        line: Line in the raw file where it begins, from 1.
        reason: Reason code.
        column: Offending column; empty when the whole row is.
        message: The reason in words.
        text: The row as it stood in the file.
    """

    line: int
    reason: str
    column: str
    message: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Quarantine:
    """Refused rows of one object version.

    Attributes:
        uri: The quarantine file; empty when no row was refused.
        rows: The first of its rows.
        is_complete: Whether these are all.
    """

    uri: str
    rows: tuple[QuarantinedRow, ...]
    is_complete: bool


def show(deployment: Deployment, key_or_uri: str, *, limit: int = DEFAULT_LIMIT) -> Quarantine:
    """Return the first `limit` refused rows of a raw object's version in force.

    Args:
        deployment: Where to look.
        key_or_uri: Key or URI of the raw object, or URI of a quarantine file.
        limit: Most rows.

    Raises:
        OpsError: there is no such object, or none of its versions is in force.
    """
    uri = _quarantine_uri(deployment, key_or_uri)
    if not uri:
        return Quarantine(uri="", rows=(), is_complete=True)
    rows = list(islice(_rows(deployment, uri), limit + 1))
    return Quarantine(uri=uri, rows=tuple(rows[:limit]), is_complete=len(rows) <= limit)


def _quarantine_uri(deployment: Deployment, key_or_uri: str) -> str:
    if key_or_uri.startswith(f"s3://{deployment[Output.QUARANTINE_BUCKET_NAME]}/"):
        return key_or_uri
    versions = ledger.entries_of(deployment, key_or_uri)
    in_force = [entry for entry in versions if entry.status is LedgerStatus.CURATED]
    if in_force:
        return in_force[-1].quarantine_uri
    latest = versions[-1]
    raise OpsError(
        f"{latest.object} has no version in force: the latest is {latest.status}"
        + (f" ({latest.error_code}: {latest.error_message})" if latest.error_code else ""),
        f"Rows are quarantined only of curated files; see `python -m ops ledger show {key_or_uri}`",
    )


def _rows(deployment: Deployment, uri: str) -> Iterator[QuarantinedRow]:
    bucket, key = ledger.split_uri(uri)
    client = deployment.connection.s3
    try:
        body = client.get_object(Bucket=bucket, Key=key)["Body"]
    except client.exceptions.NoSuchKey:
        raise OpsError(
            f"{uri} does not exist",
            "Quarantined rows expire after the environment's quarantine_days; "
            "`python -m ops audit` tells whether this one should be there",
        ) from None
    for line in body.iter_lines():
        yield _row(json.loads(line))


def _row(record: dict[str, Any]) -> QuarantinedRow:
    return QuarantinedRow(
        line=int(record["line"]),
        reason=str(record["reason"]),
        column=str(record["column"] or ""),
        message=str(record["message"]),
        text=str(record["text"]),
    )
