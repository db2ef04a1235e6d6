"""A deployed environment proves that it works: one small file, twice, and people who listen."""

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ops import alarms, dead_letters, ledger
from ops.deployment import Deployment
from ops.errors import OpsError
from ops.ingest import Upload, upload
from ops.outcomes import FileOutcome, Outcome, wait_for_outcomes
from ops.reprocess import object_version, wait_until_processed
from schemas.catalog import DATASETS, MODEL_DATASETS
from schemas.ledger import LedgerEntry
from schemas.messages import message_key, s3_event
from schemas.names import LANDING_PREFIX, Output

_CONTRACT = DATASETS[MODEL_DATASETS[0]]
# One key: each run supersedes the last, so the lake never holds more than one smoke file. The row
# is a true one, so de-duplication by primary key merges it with the file that brings it anyway.
KEY = f"{LANDING_PREFIX}{_CONTRACT.name}/smoke/smoke.csv"
CONTENT = f"{','.join(_CONTRACT.column_names)}\n{_CONTRACT.example}\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class SmokeStep:
    """One thing that the smoke test looked at.

    Attributes:
        name: What had to hold.
        is_ok: Whether it did.
        finding: What was found.
    """

    name: str
    is_ok: bool
    finding: str


def smoke(deployment: Deployment, *, timeout_seconds: float = 300) -> list[SmokeStep]:
    """Ask who hears of alarms, ingest one file, and announce it again; say what happened.

    Without an outcome nothing is announced again. The file stays in the lake, under its own key.

    Args:
        deployment: What to try.
        timeout_seconds: Longest time for each of the two deliveries.
    """
    outcome = _ingest(deployment, timeout_seconds)
    steps = [_check_listeners(deployment), _check_outcome(outcome)]
    if steps[-1].is_ok:
        steps.append(_deliver_again(deployment, outcome.version_id, timeout_seconds))
    return steps


def _check_listeners(deployment: Deployment) -> SmokeStep:
    """Look for somebody to tell: AWS forgets who does not confirm, and no alarm can say so."""
    found = alarms.listeners(deployment)
    finding = f"{found.confirmed} confirmed, {found.unconfirmed} unconfirmed subscriptions"
    if not found.confirmed:
        finding += (
            ": alarms reach nobody. Confirm by the link in AWS's mail; where it came more than two "
            "days ago, subscribe anew: aws sns subscribe --protocol email --topic-arn "
            f"{deployment[Output.ALARM_TOPIC_ARN]} --notification-endpoint ADDRESS"
        )
    return SmokeStep(
        name="alarms reach people",
        is_ok=found.confirmed > 0 or deployment.environment.is_ephemeral,
        finding=finding,
    )


def _ingest(deployment: Deployment, timeout_seconds: float) -> FileOutcome:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "smoke.csv")
        path.write_text(CONTENT)
        uploaded = upload(deployment, [Upload(path=path, key=KEY)])
    return wait_for_outcomes(deployment, uploaded, timeout_seconds=timeout_seconds)[0]


def _check_outcome(outcome: FileOutcome) -> SmokeStep:
    name = "a valid file is curated"
    if outcome.outcome is Outcome.PENDING:
        return SmokeStep(
            name=name,
            is_ok=False,
            finding=f"{outcome.uri} has no outcome yet; see `python -m ops status`",
        )
    return SmokeStep(
        name=name,
        is_ok=outcome.outcome is Outcome.CURATED and outcome.rows_accepted == 1,
        finding=f"{outcome.uri} is {outcome.outcome}, {outcome.rows_accepted} row accepted"
        + (f": {outcome.error_message}" if outcome.error_message else ""),
    )


def _deliver_again(deployment: Deployment, version_id: str, timeout_seconds: float) -> SmokeStep:
    """Send the event of a curated version once more: nothing may change."""
    name = "the same event again changes nothing"
    before = _entry(deployment, version_id)
    body = s3_event(object_version(before))
    sent_at = datetime.now(UTC)
    deployment.connection.sqs.send_message(
        QueueUrl=deployment[Output.INGESTION_QUEUE_URL], MessageBody=body
    )
    if not wait_until_processed(
        deployment, [before], since=sent_at, timeout_seconds=timeout_seconds
    ):
        finding = "it was not processed in time; see `python -m ops status`"
        return SmokeStep(name=name, is_ok=False, finding=finding)
    after = _entry(deployment, version_id)
    refused = _was_refused(deployment, message_key(body))
    return SmokeStep(
        name=name,
        is_ok=_result(before) == _result(after) and not refused,
        finding="the message was dead-lettered" if refused else f"it is {after.status} as before",
    )


def _entry(deployment: Deployment, version_id: str) -> LedgerEntry:
    entries = ledger.entries_of(deployment, KEY)
    return next(entry for entry in entries if entry.version_id == version_id)


def _result(entry: LedgerEntry) -> tuple[object, ...]:
    """Return what a second delivery must not change."""
    return entry.status, entry.rows_accepted, entry.curated_uris, entry.quarantine_uri


def _was_refused(deployment: Deployment, key: str) -> bool:
    try:
        return dead_letters.find(deployment, key).status in dead_letters.REPLAYABLE
    except OpsError:
        return False
