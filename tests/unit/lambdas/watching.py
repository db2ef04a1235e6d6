"""What surrounds the watchdog: training jobs with their logs, runs, and what watches jobs."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.moto_api._internal.models import moto_api_backend

from lambdas.shared import clients
from lambdas.watchdog import handler
from lambdas.watchdog.settings import Settings
from schemas import runs
from schemas.runs import RunStatus, TrainingRun, Trigger, run_id
from schemas.watchdog import WatchdogLimits
from tests.unit.lambdas.pipeline import RUNS
from tests.unit.lambdas.services import RefusedError, Service
from tests.unit.lambdas.world import FakeContext, create_table

LIMITS = WatchdogLimits(
    max_gap=0.25, patience_lines=3, max_minutes=30, max_cost_usd=0.5, usd_per_hour=0.2
)
MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:mlops-test-watchdog"
WATCHDOG_ENVIRONMENT = {
    "RUNS_TABLE_NAME": RUNS,
    "JOB_NAME_PREFIX": "test",
    "STATE_MACHINE_ARN": MACHINE,
    "LIMITS": LIMITS.to_text(),
}
RUN = run_id("2013-03", "manifest", "code", "parameters")
JOB = f"test-{RUN}-2-train-0"
CLAIM = TrainingRun(
    run_id=RUN,
    status=RunStatus.RUNNING,
    trigger=Trigger.MANUAL,
    execution_arn="arn:aws:states:eu-west-1:123456789012:execution:training:e1",
    attempt=2,
    began_at="2026-01-01",
)


def line(number: int, train: str, validation: str, *, tab: str = "#011") -> str:
    """A line as XGBoost prints it, and SageMaker writes it: tabs are #011.

    Args:
        number: Of the round.
        train: AUC and loss of some training examples.
        validation: AUC and loss of the examples of validation.
        tab: What is between metrics.
    """
    (known_auc, known_loss), (auc, loss) = train.split(), validation.split()
    return tab.join(
        (
            f"[{number}]",
            *(f"train-auc:{known_auc}", f"train-logloss:{known_loss}"),
            *(f"validation-auc:{auc}", f"validation-logloss:{loss}"),
        )
    )


GOOD = line(0, "0.70 0.6", "0.68 0.61"), line(25, "0.75 0.5", "0.70 0.52")
OVERFITTED = line(50, "0.99 0.1", "0.61 0.6")
NAN = line(50, "nan nan", "nan nan")


@dataclass
class FakeTrainingJobs(Service):
    """Training jobs by name; one that is asked to stop is stopping, and logs no more."""

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    stops: list[str] = field(default_factory=list)

    def add(self, name: str, *, minutes: float | None = 1, **values: Any) -> None:
        """Let a job run since so many minutes; None while it waits for its machine."""
        now = datetime.now(UTC)
        started = {} if minutes is None else {"TrainingStartTime": now - timedelta(minutes=minutes)}
        self.jobs[name] = {
            "TrainingJobName": name,
            "TrainingJobArn": f"arn:aws:sagemaker:eu-west-1:123456789012:training-job/{name}",
            "ModelArtifacts": {"S3ModelArtifacts": "s3://artifacts/model.tar.gz"},
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Training",
            "AlgorithmSpecification": {"TrainingInputMode": "File"},
            "ResourceConfig": {"VolumeSizeInGB": 1},
            "StoppingCondition": {},
            "CreationTime": now,
            **started,
            **values,
        }

    def DescribeTrainingJob(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["TrainingJobName"]
        if name not in self.jobs:
            raise RefusedError("ValidationException", "Requested resource not found.")
        return self.jobs[name]

    def StopTrainingJob(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        job = self.jobs[request["TrainingJobName"]]
        status = job["TrainingJobStatus"]
        if status != "InProgress":
            raise RefusedError("ValidationException", f"the training job is in status {status}.")
        self.stops.append(request["TrainingJobName"])
        job |= {"TrainingJobStatus": "Stopping", "SecondaryStatus": "Stopping"}
        return {}


@dataclass
class FakeLogs(Service):
    """One group of log streams, given in pages of one event; no group before the first line."""

    streams: dict[str, list[str]] = field(default_factory=dict)

    def write(self, job: str, *messages: str) -> None:
        self.streams.setdefault(f"{job}/algo-1-1760000000", []).extend(messages)

    def FilterLogEvents(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert request["logGroupName"] == "/aws/sagemaker/TrainingJobs"
        if not self.streams:
            raise RefusedError(
                "ResourceNotFoundException", "The specified log group does not exist"
            )
        found = [
            message
            for stream, messages in self.streams.items()
            if stream.startswith(request["logStreamNamePrefix"])
            for message in messages
        ]
        start = int(request.get("nextToken", 0))
        # A page may be empty, and the last of them is found out by asking for it.
        more = {"nextToken": str(start + 1)} if start < len(found) else {}
        page = found[start - 1 : start] if start else []
        return {"events": [{"message": message} for message in page], **more}


@dataclass
class FakeMachine(Service):
    """A state machine, and the input of each execution by its name."""

    executions: dict[str, Any] = field(default_factory=dict)

    def StartExecution(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert request["stateMachineArn"] == MACHINE
        if request["name"] in self.executions:
            raise RefusedError("ExecutionAlreadyExists")
        self.executions[request["name"]] = json.loads(request["input"])
        return {
            "executionArn": f"arn:aws:states:eu-west-1:123456789012:execution:w:{request['name']}",
            "startDate": datetime.now(UTC),
        }


class Watching:
    """A job at work, the run that it is of, and the watchdog."""

    def __init__(self) -> None:
        moto_api_backend.reset()
        Settings.from_environ.cache_clear()
        self.sagemaker, self.logs, self.machine = FakeTrainingJobs(), FakeLogs(), FakeMachine()
        self.sagemaker.install(clients.sagemaker_client())
        self.logs.install(clients.logs_client())
        self.machine.install(clients.stepfunctions_client())
        create_table(RUNS, runs.RUN_ID, index=("status", "began_at"))
        self._table = clients.dynamodb_resource().Table(RUNS)
        self.claim()
        self.sagemaker.add(JOB)

    def claim(self, **values: Any) -> None:
        self._table.put_item(Item=replace(CLAIM, **values).to_item())

    def forget_run(self) -> None:
        self._table.delete_item(Key={runs.RUN_ID: RUN})

    @property
    def is_run_known(self) -> bool:
        return self._table.scan()["Count"] > 0

    @property
    def told(self) -> str:
        """What the run says of the watchdog."""
        item = self._table.get_item(Key={runs.RUN_ID: RUN})["Item"]
        return TrainingRun.from_item(item).watchdog

    def look(self, job: str = JOB) -> dict[str, str]:
        return invoke({"job_name": job})

    def happens(self, job: str = JOB, stage: str = "Training") -> dict[str, str]:
        """Let an event tell that a job is at a stage."""
        return invoke(
            {
                "source": "aws.sagemaker",
                "detail-type": "SageMaker Training Job State Change",
                "detail": {
                    "TrainingJobName": job,
                    "TrainingJobStatus": "InProgress",
                    "SecondaryStatus": stage,
                },
            }
        )


def invoke(event: dict[str, Any]) -> dict[str, str]:
    result: dict[str, str] = handler.lambda_handler(event, FakeContext())  # type: ignore[arg-type]
    assert json.loads(json.dumps(result)) == result
    return result
