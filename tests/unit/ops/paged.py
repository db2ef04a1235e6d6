"""An environment with a history: what the platform's page tells of."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from ops.deployment import Deployment
from schemas.findings import Concern, Drift, Measure
from schemas.monitoring import CONSTRAINTS_FILE, Reaction, input_prefix
from schemas.names import PREDICTION_METRICS_NAMESPACE, PredictionMetric
from schemas.releases import Action, ReleaseStatus, Serving
from schemas.runs import RunStatus, Trigger
from tests.unit.costs import billed
from tests.unit.ops.lake import Lake
from tests.unit.ops.monitored import Watched, found
from tests.unit.ops.serving import MODEL_1, MODEL_2
from tests.unit.ops.trained import ARTIFACTS
from tests.unit.ops.versions import KEY, LETTER, curated, raw_version

NOW = datetime.now(UTC)
CONSTRAINTS = (
    '{"binary_classification_constraints": {"auc": {"threshold": 0.68, "comparison_operator": '
    '"LessThanThreshold"}}, "champion_floor": {"auc": {"threshold": 0.55}}}'
)


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


def deploy_templates(lake: Lake, templates: dict[str, Any]) -> None:
    """Let CloudFormation know the templates of what is deployed; others are empty."""

    def get_template(StackName: str) -> dict[str, Any]:  # noqa: N803
        name = StackName.removeprefix("mlops-local-")
        return {"TemplateBody": templates.get(name, {"Resources": {}})}

    lake.cloudformation.__dict__["get_template"] = get_template
    remember(lake)


def remember(lake: Lake, *changes: tuple[str, str, float]) -> None:
    """Let CloudWatch, of which moto has no history, know names, states and days ago."""
    items = [
        {
            "AlarmName": name,
            "Timestamp": NOW - timedelta(days=days),
            "HistoryData": json.dumps({"newState": {"stateValue": state}}),
        }
        for name, state, days in changes
    ]

    def answer(**_: Any) -> Any:
        return SimpleNamespace(status_code=200), {"AlarmHistoryItems": items}

    events = lake.connection.cloudwatch.meta.events
    # Whoever answers a call before it is made is believed.
    event = "before-call.cloudwatch.DescribeAlarmHistory"
    events.unregister(event, unique_id="history")
    events.register(event, answer, unique_id="history")


def fill(lake: Lake) -> None:
    """Let there be a lake that keeps the law: three versions, of which one is rejected."""
    table = lake.connection.table("ledger")
    # What models were trained on is copied; here the lake itself is looked at.
    for item in table.scan()["Items"]:
        table.delete_item(Key={"object": item["object"], "version": item["version"]})
    lake.ledger_entry(KEY, "A1", "superseded", version_id=raw_version(lake), received_at=ago(40))
    curated(lake, received_at=ago(2))
    lake.ledger_entry("landing/flights/b.csv", "A1", "rejected", error_code="empty",
                      version_id=raw_version(lake, "landing/flights/b.csv"),
                      message_keys={LETTER}, received_at=ago(1))  # fmt: skip
    lake.dead_letter(LETTER)


def live_through(watched: Watched) -> Deployment:
    """Let models be trained, refused, released, rolled back, watched and decided about."""
    platform, training = watched.platform, watched.platform.training
    deploy_templates(platform.lake, {**billed.instances(), **billed.ingesting()})
    fill(platform.lake)
    for number, (status, values) in enumerate(
        (
            (RunStatus.REGISTERED, {"model_package_arn": MODEL_1}),
            (RunStatus.REGISTERED, {"model_package_arn": MODEL_2, "trigger": Trigger.QUALITY}),
            (RunStatus.REFUSED, {"reason": "worse than the champion"}),
            (RunStatus.FAILED, {"watchdog": "the loss is no number"}),
        )
    ):
        training.add_run(f"20130{number}-00000000", status=status, began_at=ago(9 - number),
                         ended_at=ago(8.9 - number), **values)  # fmt: skip
    # Before the last month, and so part of the history, but not of the month's bill.
    training.add_run("201209-00000000", status=RunStatus.REPRODUCED, began_at=ago(41),
                     ended_at=ago(40))  # fmt: skip
    platform.add_release("r1", target=Serving(champion=MODEL_1), began_at=ago(8))
    platform.add_release("r2", target=Serving(champion=MODEL_2), began_at=ago(6),
                         status=ReleaseStatus.FAILED, reason="an alarm fired")  # fmt: skip
    platform.add_release("r3", target=Serving(champion=MODEL_1), began_at=ago(5),
                         action=Action.ROLLBACK)  # fmt: skip
    for number, auc in enumerate((0.71, 0.69, 0.66)):
        look(watched, f"monitor-{number}", auc, days_ago=4 - number)
    look(watched, "monitor-3", None, days_ago=1)
    watched.decide("monitor-1", Reaction.WARNED, decided_at=ago(3))
    watched.decide("monitor-2", Reaction.RETRAINING, decided_at=ago(2), concern=Concern.QUALITY)
    count_predictions(platform.lake, 1200, flawed=3)
    return watched.deployment


def look(watched: Watched, name: str, auc: float | None, *, days_ago: float, **values: Any) -> None:
    """Let the monitor have looked."""
    measure = {} if auc is None else {"auc": Measure(value=auc, low=auc - 0.01, high=auc + 0.01,
                                                     baseline=0.7)}  # fmt: skip
    drift = {
        each: Drift(psi=psi, distance=0.1, missing=0, baseline_missing=0, threshold=threshold)
        for each, psi, threshold in (("calm", 0.01, 0.2), ("carrier", 0.35, 0.2),
                                     ("year", 9.0, None))
    }  # fmt: skip
    summary = found(quality=measure, drift=drift, labelled=1500 if auc else 3)
    told = {"summary": summary} | values
    watched.add_run(name, began_at=ago(days_ago), ended_at=ago(days_ago - 0.01), **told)
    watched.put(f"s3://{ARTIFACTS}/{input_prefix(name)}{CONSTRAINTS_FILE}", CONSTRAINTS)


def count_predictions(lake: Lake, logged: int, *, flawed: int = 0) -> None:
    """Let the log have counted predictions of the champion today."""
    for metric, value in (
        (PredictionMetric.PREDICTIONS_LOGGED, logged),
        (PredictionMetric.PREDICTIONS_FLAWED, flawed),
    ):
        lake.connection.cloudwatch.put_metric_data(
            Namespace=f"{PREDICTION_METRICS_NAMESPACE}/local",
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": "variant", "Value": "champion"}],
                    "Timestamp": NOW,
                    "Value": value,
                }
            ],
        )
