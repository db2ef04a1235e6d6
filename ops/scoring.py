"""Scores a month as a batch: begins it, and sums up what it has come to."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ops import following, lake
from ops.deployment import Deployment
from ops.errors import OpsError
from ops.executions import SUCCEEDED, Execution
from ops.following import Started
from ops.ledger import split_uri
from schemas.names import Output


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """The scores of a month.

    Attributes:
        month: `YYYY-MM`.
        output_uri: Where they lie: an object per object of requests, with a line per row.
        rows: How many there are.
        mean_score: Their mean, 0 to 1; None without one that is a number.
    """

    month: str
    output_uri: str
    rows: int
    mean_score: float | None


def begin(deployment: Deployment, month: str) -> Started:
    """Start to score a month.

    Raises:
        OpsError: it is no month.
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise OpsError(f"{month!r} is no month", "Write it as YYYY-MM, for example 2013-04")
    return following.begin(
        deployment, month, {"month": month}, machine=Output.SCORING_STATE_MACHINE_ARN
    )


def conclude(deployment: Deployment, execution: Execution) -> Scored:
    """Return what an execution that has ended has come to.

    Raises:
        OpsError: it failed.
    """
    if execution.status != SUCCEEDED:
        reason = execution.cause or execution.error or execution.status
        raise OpsError(f"scoring failed: {reason}", "Remove the cause, and score the month again")
    uri = str(execution.output["scoring"]["output_uri"])
    scores = list(_scores(deployment, uri))
    numbers = [each for each in scores if each is not None]
    return Scored(
        month=str(execution.input.get("month", "")),
        output_uri=uri,
        rows=len(scores),
        mean_score=sum(numbers) / len(numbers) if numbers else None,
    )


def _scores(deployment: Deployment, uri: str) -> Iterator[float | None]:
    bucket, prefix = split_uri(uri)
    for found in sorted(lake.object_sizes(deployment, bucket, prefix)):
        _, key = split_uri(found)
        body = deployment.connection.s3.get_object(Bucket=bucket, Key=key)["Body"]
        for line in body.iter_lines():
            if line:
                yield json.loads(line)["score"]
