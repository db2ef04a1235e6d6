"""The table of monitoring: runs, who may run, and what was decided, by conditional writes.

Beside an item per run and per decision there are two others: `CURRENT`, which whoever runs holds,
and `RETRAINING`, which tells when bad quality has begun a training last.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from lambdas.shared.errors import PermanentError
from lambdas.shared.objects import MissingObjectError, Objects
from lambdas.shared.transactions import put_together
from schemas.documents import known
from schemas.findings import Concern, Summary
from schemas.monitoring import (
    CURRENT,
    MONITORING_ID,
    SUMMARY_FILE,
    Decision,
    MonitoringRun,
    decision_key,
    output_prefix,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

RETRAINING: Final = "#retraining"
"""No execution, and so no run, can have a name with this character."""

_IS_NEW = f"attribute_not_exists({MONITORING_ID})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Current:
    """The item `CURRENT`.

    Attributes:
        held_by: Execution that runs; empty when none does.
        latest: The last run that ended well; empty before the first.
        judged: The last of those that had enough labels to judge quality; empty likewise.
    """

    held_by: str = ""
    latest: str = ""
    judged: str = ""

    def last_word(self, concern: Concern) -> str:
        """Return the run that counts for a concern: the last one that could say anything of it."""
        return self.latest if concern is Concern.DRIFT else self.judged


@dataclass(frozen=True, kw_only=True, slots=True)
class Retraining:
    """The item `RETRAINING`.

    Attributes:
        monitoring_id: Run whose findings began the training.
        begun_at: When, ISO 8601 in UTC.
    """

    monitoring_id: str
    begun_at: str


class MonitoringTable:
    """Reads and writes runs and decisions; every read is consistent."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def run(self, monitoring_id: str) -> MonitoringRun | None:
        """Return a run as it is now, if there is one."""
        item = self._item(monitoring_id)
        return None if item is None else MonitoringRun.from_item(item)

    def current(self) -> Current:
        """Return who runs, and which runs were the last."""
        return Current(**known(Current, self._item(CURRENT) or {}))

    def change(self, seen: Current, wanted: Current, *runs: MonitoringRun) -> bool:
        """Write who runs, and `runs`, unless somebody has changed the former meanwhile.

        Args:
            seen: The item as it was read.
            wanted: What it becomes.
            runs: Written with it, all or nothing.

        Returns:
            Whether they were written.

        Raises:
            TransientError: somebody else is writing at this moment.
        """
        current = {
            "Item": {MONITORING_ID: CURRENT, **asdict(wanted)},
            # An item that an earlier version of the code has written says nothing of `judged`.
            "ConditionExpression": "attribute_not_exists(judged) OR "
            "(held_by = :held_by AND latest = :latest AND judged = :judged)",
            "ExpressionAttributeValues": {
                f":{name}": value for name, value in asdict(seen).items()
            },
        }
        return put_together(self._table, [current, *({"Item": run.to_item()} for run in runs)])

    def record(self, run: MonitoringRun) -> None:
        """Write a run that nobody else writes."""
        self._table.put_item(Item=run.to_item())

    def decision(self, monitoring_id: str, concern: Concern) -> Decision | None:
        """Return what was decided about one concern of a run, if anything was."""
        item = self._item(decision_key(monitoring_id, concern))
        return None if item is None else Decision.from_item(item)

    def retraining(self) -> Retraining | None:
        """Return which training was the last that bad quality has begun, if there was one."""
        item = self._item(RETRAINING)
        if item is None:
            return None
        return Retraining(monitoring_id=item["by_run"], begun_at=item["begun_at"])

    def decide(
        self,
        decision: Decision,
        *,
        retraining: Retraining | None = None,
        seen: Retraining | None = None,
    ) -> bool:
        """Write what was decided, unless somebody else has decided meanwhile.

        Args:
            decision: The first about its concern of its run is the only one.
            retraining: Written with it, all or nothing; None when no training is to begin.
            seen: The last training as it was read; nobody must have begun another since.

        Returns:
            Whether it was written.

        Raises:
            TransientError: somebody else is writing at this moment.
        """
        puts: list[Mapping[str, Any]] = [
            {"Item": decision.to_item(), "ConditionExpression": _IS_NEW}
        ]
        if retraining is not None:
            puts.append(_retraining(retraining) | _is_unchanged(seen))
        return put_together(self._table, puts)

    def mark_announced(self, decision: Decision) -> None:
        """Write down that people were told of a decision."""
        self._table.update_item(
            Key={MONITORING_ID: decision.key},
            UpdateExpression="SET is_announced = :true",
            ExpressionAttributeValues={":true": True},
        )

    def _item(self, key: str) -> dict[str, Any] | None:
        return self._table.get_item(Key={MONITORING_ID: key}, ConsistentRead=True).get("Item")


def _retraining(retraining: Retraining) -> dict[str, Any]:
    item = {
        MONITORING_ID: RETRAINING,
        "by_run": retraining.monitoring_id,
        "begun_at": retraining.begun_at,
    }
    return {"Item": item}


def _is_unchanged(seen: Retraining | None) -> dict[str, Any]:
    if seen is None:
        return {"ConditionExpression": _IS_NEW}
    return {
        "ConditionExpression": "begun_at = :seen AND by_run = :run",
        "ExpressionAttributeValues": {":seen": seen.begun_at, ":run": seen.monitoring_id},
    }


def read_summary(monitoring_id: str, artifacts: Objects) -> Summary:
    """Return what the job of a run has found.

    Raises:
        PermanentError: `summary-missing` or `summary-unusable`.
    """
    key = f"{output_prefix(monitoring_id)}{SUMMARY_FILE}"
    uri = artifacts.uri(key)
    try:
        return Summary.from_text(artifacts.read(key))
    except MissingObjectError as error:
        raise PermanentError(
            "summary-missing",
            f"there is no {uri}: the monitoring job left none, see its log, or somebody has "
            "removed it; look again with `python -m ops monitor run`",
            uri,
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PermanentError("summary-unusable", f"{uri}: {error!r}", uri) from error
