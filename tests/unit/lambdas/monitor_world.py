"""What surrounds the model monitor, and what tests ask of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal.models import moto_api_backend
from moto.sns.models import sns_backends

from lambdas.monitor import handler as monitor_handler
from lambdas.monitor.settings import Settings as MonitorSettings
from lambdas.respond import handler as respond_handler
from lambdas.respond.settings import Settings as RespondSettings
from lambdas.shared import clients
from lambdas.shared.monitoring import Current, MonitoringTable
from schemas.constraints import deployment_patch
from schemas.findings import Concern, Measure, Summary, Violation
from schemas.keys import uri_of
from schemas.monitoring import MONITORING_ID, SUMMARY_FILE, Decision, MonitoringRun, output_prefix
from schemas.names import MODEL_DIMENSION, MONITORING_METRICS_NAMESPACE
from schemas.predictions import predictions_prefix
from schemas.releases import Serving
from tests.unit.lambdas.models import RUN
from tests.unit.lambdas.monitor_machines import FakeMachines
from tests.unit.lambdas.pipeline import ARTIFACTS, Pipeline, metadata
from tests.unit.lambdas.world import CURATED, FakeContext, create_table

MONITORING = "monitoring"
TOPIC = f"arn:aws:sns:eu-west-1:{DEFAULT_ACCOUNT_ID}:alarms"
_STATES = "arn:aws:states:eu-west-1:123456789012"
TRAINING, RELEASE = (
    f"{_STATES}:stateMachine:mlops-test-{name}" for name in ("training", "release")
)
ALARMS = {f"mlops-test-{each}": each.value for each in Concern}
MIN_LABELS = 1_000
COOLDOWN = timedelta(hours=72)
WINDOW = timedelta(days=28)

MONITOR_ENVIRONMENT = {
    "MONITORING_TABLE_NAME": MONITORING,
    "WINDOW_DAYS": str(WINDOW.days),
    "MIN_LABELS": str(MIN_LABELS),
    "MAX_AUC_LOSS": "0.02",
    "CONSTRAINTS": json.dumps(deployment_patch(max_psi=0.2, min_auc=0.55, unwatched=("year",))),
    "ALARMS": json.dumps(ALARMS),
    "TRAINING_STATE_MACHINE_ARN": TRAINING,
    "RELEASE_STATE_MACHINE_ARN": RELEASE,
    "ALARM_TOPIC_ARN": TOPIC,
    "COOLDOWN_HOURS": str(COOLDOWN // timedelta(hours=1)),
    "ENVIRONMENT": "test",
}

BASELINE = {
    "version": 0,
    "features": [
        {"name": name, "inferred_type": "Integral", "completeness": 1.0}
        for name in ("year", "distance")
    ],
    "monitoring_config": {"distribution_constraints": {"perform_comparison": "Enabled"}},
}
AUC = Measure(value=0.6512, low=0.64, high=0.66, baseline=0.7)


class Clock:
    """What the functions take for the time.

    Attributes:
        now: That.
    """

    now: datetime


CLOCK = Clock()


def monitor_execution(name: str) -> str:
    """ARN of an execution of the monitor."""
    return f"{_STATES}:execution:mlops-test-monitor:{name}"


def violation(concern: Concern, **values: Any) -> Violation:
    """A violation of a concern."""
    told: dict[str, Any] = {
        "feature_name": "distance",
        "constraint_check_type": "baseline_drift_check",
        "description": "distance has moved",
    }
    return Violation(concern=concern, **told | values)


def forget_monitor_settings() -> None:
    """Settings are cached per execution environment; each test is a new one."""
    for settings in (MonitorSettings, RespondSettings):
        settings.from_environ.cache_clear()


def new_monitored() -> "Monitored":
    """Forget every resource of AWS, and begin anew."""
    moto_api_backend.reset()
    return Monitored()


class Monitored(Pipeline):
    """A model that serves, predictions, labels, and a topic that people listen to.

    Attributes:
        model: ARN of the model that serves.
    """

    def __init__(self) -> None:
        super().__init__()
        CLOCK.now = datetime.now(UTC)
        create_table(MONITORING, MONITORING_ID)
        self.table = MonitoringTable(self.tables.Table(MONITORING))
        self.machines = FakeMachines()
        self.machines.install(clients.stepfunctions_client())
        self.executions = self.machines
        self.cloudwatch = clients.cloudwatch_client()
        clients.sns_client().create_topic(Name=TOPIC.rpartition(":")[2])
        self.model = self.register()
        self.serve(Serving(champion=self.model))

    @property
    def now(self) -> datetime:
        """What the functions take for the time."""
        return CLOCK.now

    def later(self, **span: float) -> None:
        """Let time pass."""
        CLOCK.now += timedelta(**span)

    def register(self, *, auc: str = "0.700000", has_scores: bool = True) -> str:
        """Register a model with its baseline; return its ARN."""
        prefix = f"s3://{ARTIFACTS}/runs/{len(self.sagemaker.packages) + 1}/"
        found = metadata(RUN.to_json() | {"prefix_uri": prefix}, auc=auc)
        self.put(f"{found.baseline_uri}constraints.json", json.dumps(BASELINE))
        self.put(f"{found.baseline_uri}statistics.json", f"statistics of {prefix}")
        self.put(found.evaluation_uri, f"evaluation of {prefix}")
        if has_scores:
            self.put(f"{prefix}evaluation/score-statistics.json", f"scores of {prefix}")
        return self.add_model(found)

    def predict(self, moment: datetime | None = None, name: str = "1") -> str:
        """Let predictions be in the log; return their key."""
        day = (moment or self.now).astimezone(UTC).date().isoformat()
        key = f"{predictions_prefix(day)}{name}.parquet"
        self.put(uri_of(CURATED, key), f"predictions {day} {name}")
        return key

    def take(self, step: str, name: str = "m1", **payload: Any) -> dict[str, Any]:
        """Call the monitor function once."""
        event = {
            "step": step,
            "execution_arn": monitor_execution(name),
            "execution_name": name,
            **payload,
        }
        result = monitor_handler.lambda_handler(
            json.loads(json.dumps(event)),
            FakeContext(),  # type: ignore[arg-type]
        )
        return dict(json.loads(json.dumps(result)))

    def plan(self, name: str = "m1", **document: Any) -> dict[str, Any]:
        """Begin an execution, and let it plan; return `$.run`."""
        self.machines.statuses[monitor_execution(name)] = "RUNNING"
        return self.take("plan", name, input=document)

    def find(self, *violations: Violation, name: str = "m1", **values: Any) -> Summary:
        """Let the job of a run find something."""
        told: dict[str, Any] = {
            "model_package_arn": self.model,
            "since": "2026-10-26T04:00:00+00:00",
            "until": "2026-11-23T04:00:00+00:00",
            "predictions": 3_000,
            "judged": 2_500,
            "labelled": 2_000,
            "min_labels": MIN_LABELS,
            "quality": {"auc": AUC},
        }
        summary = Summary(**told | values | {"violations": violations})
        key = f"{output_prefix(name)}{SUMMARY_FILE}"
        self.put(uri_of(ARTIFACTS, key), summary.to_text())
        return summary

    def done(self, *violations: Violation, name: str = "m1", **values: Any) -> Summary:
        """Let a run find something, and publish it."""
        self.predict()
        assert self.plan(name)["decision"] == "run"
        summary = self.find(*violations, name=name, **values)
        self.take("publish", name)
        self.end_monitor(name, "SUCCEEDED")
        return summary

    def end_monitor(self, name: str, status: str = "ABORTED") -> None:
        """Let an execution end."""
        self.machines.statuses[monitor_execution(name)] = status

    def respond(self, concern: Concern) -> dict[str, str]:
        """Let the alarm of a concern go off once, and be delivered once."""
        return self.hear(f"mlops-test-{concern}")

    def hear(self, alarm: str) -> dict[str, str]:
        """Deliver the event of an alarm once."""
        detail = {"alarmName": alarm, "state": {"value": "ALARM", "reason": "test"}}
        event = {"source": "aws.cloudwatch", "detail": detail}
        result: dict[str, str] = respond_handler.lambda_handler(event, FakeContext())  # type: ignore[arg-type]
        assert json.loads(json.dumps(result)) == result
        return result

    def watched(self, name: str = "m1") -> MonitoringRun:
        """A run in the table."""
        run = self.table.run(name)
        assert run is not None
        return run

    def decision(self, concern: Concern, name: str = "m1") -> Decision:
        """What was decided about a run."""
        decision = self.table.decision(name, concern)
        assert decision is not None
        return decision

    @property
    def current(self) -> Current:
        """Who runs, and which run was the last."""
        return self.table.current()

    def started(self, machine: str) -> dict[str, Any]:
        """Names and inputs of the executions that were started of a state machine."""
        prefix = machine.replace(":stateMachine:", ":execution:") + ":"
        return {
            arn.removeprefix(prefix): given
            for arn, given in self.machines.inputs.items()
            if arn.startswith(prefix)
        }

    @property
    def messages(self) -> list[tuple[str, str]]:
        """Subject and text of everything that people were told."""
        topic = sns_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].topics[TOPIC]
        return [(subject or "", text) for _, text, subject, *_ in topic.sent_notifications]

    def metric(self, name: str) -> list[float]:
        """Values of a metric, each as often as it was published."""
        found = self.cloudwatch.get_metric_statistics(
            Namespace=MONITORING_METRICS_NAMESPACE,
            MetricName=name,
            Dimensions=[{"Name": MODEL_DIMENSION, "Value": "models"}],
            StartTime=self.now - timedelta(hours=1),
            EndTime=self.now + timedelta(hours=1),
            Period=7_200,
            Statistics=["Average", "SampleCount"],
        )["Datapoints"]
        return [each["Average"] for each in found for _ in range(int(each["SampleCount"]))]

    def request(self, name: str = "m1") -> dict[str, Any]:
        """What the job of a run is told."""
        document: dict[str, Any] = json.loads(self.input_file("request.json", name))
        return document

    def input_file(self, file: str, name: str = "m1") -> str:
        """A file that the job of a run reads."""
        return self.read(f"s3://{ARTIFACTS}/monitoring/{name}/input/{file}")

    def manifest(self, name: str = "m1") -> list[str]:
        """Keys that the job of a run reads, below their prefix."""
        keys: list[str]
        prefix, *keys = json.loads(self.read(f"s3://{ARTIFACTS}/monitoring/{name}/data.manifest"))
        assert prefix == {"prefix": f"s3://{CURATED}/"}
        return keys
