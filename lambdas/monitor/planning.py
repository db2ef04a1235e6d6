"""What a run begins with: the claim, what it looks at, and the files that its job reads."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from lambdas.monitor.baseline import Baseline, Baselines
from lambdas.monitor.claims import Claims, Execution
from lambdas.monitor.lake import DataLake, DataObject
from lambdas.monitor.request import Request, parse_request
from lambdas.shared.clock import Clock
from lambdas.shared.code import code_key, keep_code
from lambdas.shared.errors import InvalidInputError
from lambdas.shared.monitoring import MonitoringTable
from lambdas.shared.objects import Objects
from lambdas.shared.releases import ReleaseTable
from schemas.findings import Concern
from schemas.monitoring import (
    CURRENT,
    REQUEST_FILE,
    MonitoringRequest,
    MonitoringRun,
    MonitoringStatus,
    MonitoringTrigger,
    input_prefix,
    manifest_key,
    output_prefix,
)
from schemas.training import CODE_FILE

RUN, SKIP = "run", "skip"
"""What an execution does next."""
_DIGITS = 8


class NothingToDoError(Exception):
    """There is nothing to look at; the text says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Defaults:
    """What the deployment says of every run.

    Attributes:
        code_asset_uri: Where the deployment has put the code of the jobs.
        code_sha256: Its version.
        image_uri: Container image of all jobs.
        job_name_prefix: First part of the names of all jobs.
        window_days: Days of predictions that a run looks at.
        min_labels: Fewest labelled predictions that say anything about quality.
    """

    code_asset_uri: str
    code_sha256: str
    image_uri: str
    job_name_prefix: str
    window_days: int
    min_labels: int


class Planning:
    """Plans runs.

    Args:
        table: The runs.
        claims: Decides who may run.
        releases: What serves.
        lake: Predictions and labels.
        baselines: What they are compared with.
        artifacts: Where code and files of a run lie.
        defaults: What the deployment says.
        clock: Tells the time.
    """

    def __init__(
        self,
        *,
        table: MonitoringTable,
        claims: Claims,
        releases: ReleaseTable,
        lake: DataLake,
        baselines: Baselines,
        artifacts: Objects,
        defaults: Defaults,
        clock: Clock,
    ) -> None:
        self._table = table
        self._claims = claims
        self._releases = releases
        self._lake = lake
        self._baselines = baselines
        self._artifacts = artifacts
        self._defaults = defaults
        self._clock = clock

    def plan(self, document: object, execution: Execution) -> dict[str, Any]:
        """Return `$.run` of an execution, however often it asks.

        Raises:
            InvalidInputError: the input asks for what is not possible.
            PermanentError: something is missing that no retry brings.
            TransientError: it is to be tried again.
        """
        if execution.name == CURRENT:
            raise InvalidInputError(
                f"an execution must not have the name {CURRENT!r}, which the table of monitoring "
                "needs; give it another one, or none"
            )
        request = parse_request(document, window_days=self._defaults.window_days, now=self._clock())
        run = self._claims.claim(execution, request)
        if run.status is not MonitoringStatus.RUNNING:
            return _skipped(run)
        try:
            return self._begin(run, request, execution)
        except NothingToDoError as error:
            return _skipped(self._claims.end(execution, run, MonitoringStatus.SKIPPED, str(error)))

    def _begin(self, run: MonitoringRun, request: Request, execution: Execution) -> dict[str, Any]:
        arn = self._champion()
        objects = self._objects(run, request)
        baseline = self._baselines.read(arn)
        digest = self._digest(baseline, objects)
        if run.trigger is MonitoringTrigger.SCHEDULE:
            self._check_news(digest)
        planned = replace(run, model_package_arn=arn, digest=digest)
        self._claims.keep(execution, planned)
        self._write(planned, baseline, objects)
        return self._plan(planned)

    def _champion(self) -> str:
        current = self._releases.current()
        if current is None or not current.serving.champion:
            raise NothingToDoError("no model serves, so there is none to look at; release one")
        return current.serving.champion

    def _objects(self, run: MonitoringRun, request: Request) -> list[DataObject]:
        # As the claim has them: an attempt that is cut off is repeated later, about the same time.
        since, until = datetime.fromisoformat(run.since), datetime.fromisoformat(run.until)
        predictions = self._lake.predictions(since, until)
        if not predictions:
            raise NothingToDoError(f"no prediction is in the log from {run.since} to {run.until}")
        return predictions + self._lake.labels(since, request.label_months)

    def _digest(self, baseline: Baseline, objects: Sequence[DataObject]) -> str:
        deciding = {
            "objects": [[each.key, each.etag] for each in objects],
            "model": baseline.arn,
            "constraints": baseline.constraints_text,
            "code": self._defaults.code_sha256,
            "min_labels": self._defaults.min_labels,
        }
        return sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()

    def _check_news(self, digest: str) -> None:
        latest = self._table.current().latest
        last = self._table.run(latest) if latest else None
        if last and last.digest == digest and self._is_settled(last):
            raise NothingToDoError(
                f"nothing is new since run {last.monitoring_id}: predictions, labels, model, "
                "thresholds and code are the same"
            )

    def _is_settled(self, run: MonitoringRun) -> bool:
        """Return whether people were told of all that a run has found, and nothing was put off.

        An alarm that is on already stays silent, and what it would have said is lost; an event may
        be, too. Another look says it again.
        """
        found = [concern for concern in Concern if run.violations.get(concern)]
        decisions = [self._table.decision(run.monitoring_id, concern) for concern in found]
        return bool(run.published_at) and all(each and each.is_settled for each in decisions)

    def _write(self, run: MonitoringRun, baseline: Baseline, objects: Sequence[DataObject]) -> None:
        defaults, prefix = self._defaults, input_prefix(run.monitoring_id)
        keep_code(defaults.code_asset_uri, defaults.code_sha256, self._artifacts)
        baseline.write(prefix, self._artifacts)
        request = MonitoringRequest(
            monitoring_id=run.monitoring_id,
            model_package_arn=run.model_package_arn,
            since=run.since,
            until=run.until,
            min_labels=defaults.min_labels,
        )
        self._artifacts.write(f"{prefix}{REQUEST_FILE}", request.to_text())
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingS3Input.html
        listed = [{"prefix": f"s3://{self._lake.bucket}/"}, *(each.key for each in objects)]
        self._artifacts.write(manifest_key(run.monitoring_id), json.dumps(listed))

    def _plan(self, run: MonitoringRun) -> dict[str, Any]:
        defaults, uri = self._defaults, self._artifacts.uri
        # A run that begins anew, after it failed, needs new names of jobs.
        attempt = f"{run.execution_arn}\n{run.began_at}"
        digits = sha256(attempt.encode()).hexdigest()[:_DIGITS]
        return {
            "decision": RUN,
            "reason": "",
            "monitoring_id": run.monitoring_id,
            "job_prefix": f"{defaults.job_name_prefix}-monitor-{digits}",
            "code_prefix_uri": uri(code_key(defaults.code_sha256)).removesuffix(CODE_FILE),
            "image_uri": defaults.image_uri,
            "input_uri": uri(manifest_key(run.monitoring_id)),
            "baseline_uri": uri(input_prefix(run.monitoring_id)),
            "output_uri": uri(output_prefix(run.monitoring_id)),
        }


def _skipped(run: MonitoringRun) -> dict[str, Any]:
    return {"decision": SKIP, "reason": run.reason, "monitoring_id": run.monitoring_id}
