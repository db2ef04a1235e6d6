"""Everything that the conservation law is judged by, read from the lake."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ops import lake, ledger, queues
from ops.dead_letters import body_of, list_dead_letters
from ops.deployment import Deployment
from ops.ledger import Ledger
from ops.outcomes import Version, versions_in
from ops.output import Advance, ignore
from schemas.dead_letters import DeadLetter, DeadLetterStatus
from schemas.names import CURATED_PREFIX, LANDING_PREFIX, QUARANTINE_PREFIX, Output

KEPT = frozenset({DeadLetterStatus.OPEN, DeadLetterStatus.REPLAYING, DeadLetterStatus.CLOSED})
"""Dead letters that are where a version's message is. After `replayed` it is on its way again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What lies in the lake.

    Attributes:
        raw: Versions in the raw bucket.
        ledger: The whole ledger.
        letters: The whole dead-letter table, by message key.
        archived: Versions whose message is kept in the dead-letter table.
        objects: Curated and quarantine files: URI to bytes.
        rows: Rows counted in them; None when that was not asked for.
        under_way: Messages in the ingestion and the dead-letter queue.
        parked: Messages in the parking queue.
        quarantine_kept_since: Quarantine files written before may have expired; ISO 8601.
    """

    raw: tuple[lake.RawVersion, ...]
    ledger: Ledger
    letters: Mapping[str, DeadLetter] = field(default_factory=dict)
    archived: frozenset[Version] = frozenset()
    objects: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] | None = None
    under_way: int = 0
    parked: int = 0
    quarantine_kept_since: str = ""

    @property
    def is_still(self) -> bool:
        """Whether nothing changes by itself any more; what is parked waits for an operator."""
        return self.under_way == 0

    @property
    def is_at_rest(self) -> bool:
        """Whether no message is anywhere, so that everything must have its outcome."""
        return self.is_still and self.parked == 0


def collect(
    deployment: Deployment, *, count_rows: bool = True, advance: Advance = ignore
) -> Evidence:
    """Read everything that the law is judged by.

    Args:
        deployment: The lake.
        count_rows: Whether to read the files and count their rows too.
        advance: Called after each file read.
    """
    # The queues first: what finishes while the rest is read is then no false alarm.
    depth = {each.name: each.total for each in queues.depths(deployment, with_age=False)}
    letters = list_dead_letters(deployment)
    objects = lake.object_sizes(
        deployment, deployment[Output.CURATED_BUCKET_NAME], CURATED_PREFIX
    ) | lake.object_sizes(deployment, deployment[Output.QUARANTINE_BUCKET_NAME], QUARANTINE_PREFIX)
    rows = lake.count_rows(deployment, objects, advance=advance) if count_rows else None
    raw_bucket = deployment[Output.RAW_BUCKET_NAME]
    kept_for = timedelta(days=deployment.environment.quarantine_days)
    return Evidence(
        raw=tuple(lake.raw_versions(deployment, raw_bucket, LANDING_PREFIX)),
        ledger=ledger.read(deployment),
        letters={letter.message_key: letter for letter in letters},
        archived=frozenset(
            (version.uri, version.version_id)
            for letter in letters
            if letter.status in KEPT
            for version in versions_in(body_of(deployment, letter))
        ),
        objects=objects,
        rows=rows,
        under_way=depth["ingestion"] + depth["dead-letter"],
        parked=depth["parking"],
        quarantine_kept_since=(datetime.now(UTC) - kept_for).isoformat(timespec="seconds"),
    )
