"""What the watchdog writes to the run of a job that it stops, for whoever settles it."""

import re
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Attr

from lambdas.shared.failures import storable
from schemas.runs import RUN_ID, RunStatus
from schemas.watchdog import stopped

if TYPE_CHECKING:
    from boto3.dynamodb.conditions import ConditionBase
    from mypy_boto3_dynamodb.service_resource import Table


class RunNotes:
    """Writes why a job was stopped to the run that the job's name tells.

    Names are `<prefix>-<run>-<attempt>-<step>-<number>`, also of trainings that a tuning makes.
    """

    def __init__(self, table: "Table", job_name_prefix: str) -> None:
        self._table = table
        self._name = re.compile(rf"{re.escape(job_name_prefix)}-(\d{{6}}-[0-9a-f]{{8}})-(\d+)-.+")

    def write(self, job_name: str, why: str) -> bool:
        """Write why a job is stopped, once; return whether it was written now.

        Of several trainings of a tuning, the last counts. A run that has failed may have been
        taken up again where it failed.
        """
        if not (match := self._name.fullmatch(job_name)):
            return False
        run, attempt = match.groups()
        told = stopped(job_name)
        return self._set(
            run,
            storable(f"{told}{why}"),
            Attr("attempt").eq(int(attempt))
            & Attr("status").is_in([RunStatus.RUNNING, RunStatus.FAILED])
            & ~Attr("watchdog").begins_with(told),
        )

    def take_back(self, job_name: str) -> None:
        """Remove what was written of a job, which was not stopped after all."""
        if match := self._name.fullmatch(job_name):
            self._set(match[1], "", Attr("watchdog").begins_with(stopped(job_name)))

    def _set(self, run: str, text: str, condition: "ConditionBase") -> bool:
        try:
            self._table.update_item(
                Key={RUN_ID: run},
                UpdateExpression="SET watchdog = :text",
                ConditionExpression=condition,
                ExpressionAttributeValues={":text": text},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True
