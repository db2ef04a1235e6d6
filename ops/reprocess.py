"""Objects that are in the lake already, run again after a contract change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ops import ledger, queues
from ops.deployment import Deployment
from ops.output import Advance, ignore
from ops.pacing import Pacer, Poll
from schemas.catalog import DATASETS
from schemas.ledger import LedgerEntry, LedgerStatus
from schemas.messages import ObjectVersion, message_key, s3_event
from schemas.names import Output

DEFAULT_RATE = 20.0
DEFAULT_LIMIT = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Reprocessing:
    """One version that is (or would be) run again.

    Attributes:
        uri: The raw object.
        version_id: Its version.
        status: Its status before.
        contract_hash: Contract it was last checked against.
        message_key: Key of the message that asks for it, and of its dead letter if it is refused.
    """

    uri: str
    version_id: str
    status: LedgerStatus
    contract_hash: str
    message_key: str


def select(
    deployment: Deployment,
    *,
    dataset: str | None = None,
    key: str | None = None,
    outdated_only: bool = False,
) -> list[LedgerEntry]:
    """Return the versions that reprocessing makes sense for.

    These are the versions in force, and rejected ones that were checked against another contract
    than the one in this tree: under the same contract they would be rejected again.

    Args:
        deployment: Where to look.
        dataset: Only this dataset.
        key: Only this object: key or URI.
        outdated_only: Leave out versions in force under the contract in this tree.

    Raises:
        OpsError: the ledger knows nothing of `key`.
    """
    if key is not None:
        found = ledger.entries_of(deployment, key)
    else:
        found = ledger.entries(deployment, dataset=dataset)
    return [
        entry
        for entry in found
        if (entry.status is LedgerStatus.CURATED and (_is_outdated(entry) or not outdated_only))
        or (entry.status is LedgerStatus.REJECTED and _is_outdated(entry))
    ]


def _is_outdated(entry: LedgerEntry) -> bool:
    contract = DATASETS.get(entry.dataset)
    return contract is not None and contract.content_hash != entry.contract_hash


def object_version(entry: LedgerEntry) -> ObjectVersion:
    """Return the object version that `entry` is about, for `s3_event`."""
    bucket, key = ledger.split_uri(entry.object)
    return ObjectVersion(
        bucket=bucket,
        key=key,
        version_id=entry.version_id,
        etag=entry.etag,
        size=entry.size,
        sequencer=entry.version,
    )


def reprocess(
    deployment: Deployment,
    entries: Sequence[LedgerEntry],
    *,
    rate_per_second: float = DEFAULT_RATE,
    dry_run: bool = False,
    advance: Advance = ignore,
) -> list[Reprocessing]:
    """Ask ingestion to run versions again, paced.

    Args:
        deployment: Whose versions.
        entries: Which, from `select`.
        rate_per_second: Most messages in a second.
        dry_run: Say what would be sent and send nothing.
        advance: Called after each version.
    """
    pacer = Pacer(rate_per_second)
    results = []
    for entry in entries:
        body = s3_event(replace(object_version(entry), reprocess=True))
        if not dry_run:
            pacer.wait()
            deployment.connection.sqs.send_message(
                QueueUrl=deployment[Output.INGESTION_QUEUE_URL], MessageBody=body
            )
        results.append(
            Reprocessing(
                uri=entry.object,
                version_id=entry.version_id,
                status=entry.status,
                contract_hash=entry.contract_hash,
                message_key=message_key(body),
            )
        )
        advance(1)
    return results


def wait_until_processed(
    deployment: Deployment,
    entries: Sequence[LedgerEntry],
    *,
    since: datetime,
    timeout_seconds: float = 600,
    poll_seconds: float = 1,
    advance: Advance = ignore,
) -> bool:
    """Wait until each version was begun again, and then until no message is under way.

    Args:
        deployment: Whose versions.
        entries: The versions as they were before their messages were sent.
        since: When the first message was sent, in UTC.
        timeout_seconds: Longest time for each of the two.
        poll_seconds: Time between two looks.
        advance: Called with the number of versions that were begun.

    Returns:
        Whether both happened in time.
    """
    pending = {(entry.object, entry.version): entry.attempts for entry in entries}
    for _ in Poll(timeout_seconds, poll_seconds):
        begun = [
            (entry.object, entry.version)
            for entry in ledger.entries(deployment, changed_since=ledger.moment(since))
            if entry.attempts > pending.get((entry.object, entry.version), entry.attempts)
        ]
        for identity in begun:
            del pending[identity]
        advance(len(begun))
        if not pending:
            return queues.wait_until_idle(
                deployment, timeout_seconds=timeout_seconds, poll_seconds=poll_seconds
            )
    return False
