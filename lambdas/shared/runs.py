"""The table of training runs: who may run what, decided by conditional writes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from schemas.runs import RUN_ID, STATUS_INDEX, RunStatus, TrainingRun

if TYPE_CHECKING:
    from boto3.dynamodb.conditions import ConditionBase
    from mypy_boto3_dynamodb.service_resource import Table


class RunTable:
    """Reads and writes training runs."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def get(self, run_id: str) -> TrainingRun | None:
        """Return a run as it is now, if there is one."""
        item = self._table.get_item(Key={RUN_ID: run_id}, ConsistentRead=True).get("Item")
        return None if item is None else TrainingRun.from_item(item)

    def replace(self, seen: TrainingRun | None, wanted: TrainingRun) -> bool:
        """Write `wanted` unless somebody has changed the run since it was `seen`.

        Args:
            seen: The run as it was read; None when there was none.
            wanted: What it becomes.

        Returns:
            Whether it was written.
        """
        try:
            self._table.put_item(Item=wanted.to_item(), ConditionExpression=_is_unchanged(seen))
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def newest(self, status: RunStatus) -> TrainingRun | None:
        """Return the run with `status` that was begun last, as of a moment ago."""
        return next(self._with_status(status, Limit=1), None)

    def claimed_by(self, execution_arn: str) -> TrainingRun | None:
        """Return the run that an execution holds, as of a moment ago."""
        return next(
            self._with_status(
                RunStatus.RUNNING, FilterExpression=Attr("execution_arn").eq(execution_arn)
            ),
            None,
        )

    def _with_status(self, status: RunStatus, **options: Any) -> Iterator[TrainingRun]:
        query = options | {
            "IndexName": STATUS_INDEX,
            "KeyConditionExpression": Key("status").eq(status),
            "ScanIndexForward": False,
        }
        while True:
            page = self._table.query(**query)
            yield from map(TrainingRun.from_item, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _is_unchanged(seen: TrainingRun | None) -> "ConditionBase":
    if seen is None:
        return Attr(RUN_ID).not_exists()
    return (
        Attr("status").eq(seen.status)
        & Attr("attempt").eq(seen.attempt)
        & Attr("execution_arn").eq(seen.execution_arn)
    )
