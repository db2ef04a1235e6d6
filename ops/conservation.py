"""The conservation law, proven by counting what lies in the lake.

Every object version that entered is exactly one of curated, superseded, rejected (or failed) and
archived, or in flight; of each version in force the rows in are those accepted and quarantined.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ops.deployment import Deployment
from ops.evidence import Evidence, collect
from ops.ledger import split_uri
from ops.output import Advance, ignore
from ops.violations import Fate, Violation, fate, find_violations
from schemas.ledger import LedgerStatus
from schemas.names import CURATED_PREFIX, QUARANTINE_PREFIX


@dataclass(frozen=True, kw_only=True, slots=True)
class Conservation:
    """What lies in the lake, and every breach of the law.

    Attributes:
        received: Object versions in the raw bucket.
        curated: Of those, in force.
        superseded: Of those, replaced by a newer version.
        rejected: Of those, rejected and archived.
        failed: Of those, archived after failures that are not a rejection.
        in_flight: Of those, without an outcome while messages are under way.
        lost: Of those, without an outcome and without a message; each is a violation.
        under_way: Messages in the ingestion and the dead-letter queue.
        parked: Messages in the parking queue.
        rows_in: Records of the versions in force, as the ledger says; so are the next two.
        rows_accepted: Those in curated files.
        rows_quarantined: Those in quarantine files.
        accepted_in_files: Rows of all curated files that there are, counted in them; 0 when that
            was not asked for.
        quarantined_in_files: The same of all quarantine files, some of which may have expired.
        quarantined_by_reason: Reason code to number of records.
        rejected_by_code: Error code to number of rejected versions.
        dead_letters: Dead-letter status to number.
        files_counted: Files whose rows were counted; 0 when that was not asked for.
        violations: Every breach; empty when the law holds.
    """

    received: int
    curated: int
    superseded: int
    rejected: int
    failed: int
    in_flight: int
    lost: int
    under_way: int
    parked: int
    rows_in: int
    rows_accepted: int
    rows_quarantined: int
    accepted_in_files: int
    quarantined_in_files: int
    quarantined_by_reason: Mapping[str, int]
    rejected_by_code: Mapping[str, int]
    dead_letters: Mapping[str, int]
    files_counted: int
    violations: tuple[Violation, ...]

    @property
    def holds(self) -> bool:
        """Whether there is no violation."""
        return not self.violations


def conservation(
    deployment: Deployment, *, count_rows: bool = True, advance: Advance = ignore
) -> Conservation:
    """Count everything that lies in the lake and judge it.

    While messages are under way, versions without an outcome count as in flight and unfinished
    runs are forgiven; the proof is complete only for a lake at rest (`queues.wait_until_idle`).

    Args:
        deployment: The lake.
        count_rows: Whether to read the files and count their rows too.
        advance: Called after each file read.
    """
    return judge(collect(deployment, count_rows=count_rows, advance=advance))


def judge(evidence: Evidence) -> Conservation:
    """Apply the law; a pure function of what was collected."""
    entries = evidence.ledger.entries
    by_version = {(entry.object, entry.version_id): entry for entry in entries}
    fates = Counter(
        fate(evidence, raw, by_version.get((raw.uri, raw.version_id))) for raw in evidence.raw
    )
    in_force = [entry for entry in entries if entry.status is LedgerStatus.CURATED]
    rejected = [entry for entry in entries if entry.status is LedgerStatus.REJECTED]
    reasons: Counter[str] = Counter()
    for entry in in_force:
        reasons.update(entry.quarantined_by_reason)
    return Conservation(
        received=len(evidence.raw),
        curated=fates[Fate.CURATED],
        superseded=fates[Fate.SUPERSEDED],
        rejected=fates[Fate.REJECTED],
        failed=fates[Fate.FAILED],
        in_flight=fates[Fate.IN_FLIGHT],
        lost=fates[Fate.LOST],
        under_way=evidence.under_way,
        parked=evidence.parked,
        rows_in=sum(entry.rows_in for entry in in_force),
        rows_accepted=sum(entry.rows_accepted for entry in in_force),
        rows_quarantined=sum(entry.rows_quarantined for entry in in_force),
        accepted_in_files=_rows_below(CURATED_PREFIX, evidence.rows),
        quarantined_in_files=_rows_below(QUARANTINE_PREFIX, evidence.rows),
        quarantined_by_reason=dict(sorted(reasons.items())),
        rejected_by_code=dict(sorted(Counter(entry.error_code for entry in rejected).items())),
        dead_letters=dict(
            sorted(Counter(letter.status.value for letter in evidence.letters.values()).items())
        ),
        files_counted=len(evidence.rows or {}),
        violations=tuple(find_violations(evidence)),
    )


def _rows_below(prefix: str, rows: Mapping[str, int] | None) -> int:
    """Return the rows of all files below `prefix`; one that cannot be read has none."""
    counted = (rows or {}).items()
    return sum(max(count, 0) for uri, count in counted if split_uri(uri)[1].startswith(prefix))
