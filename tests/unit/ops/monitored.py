"""An environment whose model is watched, beside one that serves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ops.deployment import Deployment
from schemas.constraints import Document
from schemas.findings import Concern, Drift, Measure, Summary, Violation
from schemas.keys import uri_of
from schemas.monitoring import (
    MONITORING_ID,
    OVERRIDES_KEY,
    REPORT_FILE,
    SUMMARY_FILE,
    Decision,
    MonitoringRun,
    MonitoringStatus,
    MonitoringTrigger,
    Reaction,
    output_prefix,
)
from schemas.names import Output, StackName
from tests.unit.ops.lake import ENVIRONMENT
from tests.unit.ops.services import MONITORINGS
from tests.unit.ops.serving import MODEL_1, Platform
from tests.unit.ops.trained import ARTIFACTS, RUN_ID

MONITOR = StackName.MODEL_MONITOR.in_environment(ENVIRONMENT)
TABLE: Final = "monitoring"
SINCE, UNTIL = "2026-10-26T04:00:00+00:00", "2026-11-23T04:00:00+00:00"
OVERRIDES_URI = uri_of(ARTIFACTS, OVERRIDES_KEY)

CONSTRAINTS: Mapping[str, Any] = {
    "version": 0,
    "features": [
        {
            "name": name,
            "inferred_type": "Fractional",
            "completeness": 1.0,
            "num_constraints": {"is_non_negative": True},
        }
        for name in ("year", "month", "day", "distance")
    ]
    + [
        {
            "name": "carrier",
            "inferred_type": "String",
            "completeness": 0.5,
            "string_constraints": {"domains": ["AA", "UA"]},
        }
    ],
    "monitoring_config": {
        "evaluate_constraints": "Enabled",
        "distribution_constraints": {"perform_comparison": "Enabled", "comparison_threshold": 0.1},
    },
}


DRIFTED = Violation(
    feature_name="carrier",
    constraint_check_type="baseline_drift_check",
    description="carrier has moved",
    concern=Concern.DRIFT,
)


def found(**values: Any) -> Summary:
    """Return findings: `carrier` drifted, and quality is as it should be."""
    drift = {"missing": 0.25, "baseline_missing": 0.0, "distance": 0.5}
    measure = Measure(value=0.7012, low=0.69, high=0.7123, baseline=0.7)
    told: dict[str, Any] = {
        "model_package_arn": MODEL_1,
        "since": SINCE,
        "until": UNTIL,
        "predictions": 2_000,
        "judged": 1_900,
        "labelled": 1_500,
        "min_labels": 1_000,
        "drift": {
            "distance": Drift(psi=0.01, threshold=0.2, **drift),
            "carrier": Drift(psi=0.3456, threshold=0.2, **drift),
            "year": Drift(psi=9.0, threshold=None, **drift),
        },
        "prediction_drift": Drift(psi=0.05, threshold=0.2, **drift),
        "quality": {"auc": measure},
        "violations": (DRIFTED,),
    }
    return Summary(**told | values)


@dataclass
class Watched:
    """A deployment that watches its model, with ways to put it into any state."""

    platform: Platform
    deployment: Deployment

    def add_run(
        self, monitoring_id: str, *, summary: Summary | None = None, **values: Any
    ) -> MonitoringRun:
        """Let there be a run; with findings, it is done."""
        folder = uri_of(ARTIFACTS, output_prefix(monitoring_id))
        told: dict[str, Any] = {"status": MonitoringStatus.RUNNING}
        if summary:
            self.put(f"{folder}{SUMMARY_FILE}", summary.to_text())
            self.put(f"{folder}{REPORT_FILE}", f"<title>{monitoring_id} é</title>")
            told = {
                "status": MonitoringStatus.DONE,
                "summary_uri": f"{folder}{SUMMARY_FILE}",
                "report_uri": f"{folder}{REPORT_FILE}",
                "predictions": summary.predictions,
                "labelled": summary.labelled,
                "auc": "0.7012",
                "published_at": UNTIL,
                "violations": {each: len(summary.of(each)) for each in Concern},
            }
        run = MonitoringRun(
            monitoring_id=monitoring_id,
            **{
                "trigger": MonitoringTrigger.SCHEDULE,
                "execution_arn": self.arn_of(monitoring_id),
                "model_package_arn": MODEL_1,
                "since": SINCE,
                "until": UNTIL,
                "began_at": UNTIL,
                **told,
            }
            | values,
        )
        self.table.put_item(Item=run.to_item())
        return run

    def arn_of(self, monitoring_id: str) -> str:
        return f"{MONITORINGS.replace('stateMachine', 'execution')}:{monitoring_id}"

    def decide(self, monitoring_id: str, reaction: Reaction, **values: Any) -> None:
        told: dict[str, Any] = {
            "concern": Concern.DRIFT,
            "reason": "because",
            "decided_at": UNTIL,
            "is_announced": True,
        }
        decision = Decision(monitoring_id=monitoring_id, reaction=reaction, **told | values)
        self.table.put_item(Item=decision.to_item())

    @property
    def table(self) -> Any:
        return self.deployment.connection.table(TABLE)

    def put(self, uri: str, text: str) -> None:
        self.platform.training.put(uri, text)

    def baseline(self, constraints: Mapping[str, Any] = CONSTRAINTS) -> None:
        """Let the models of `RUN_ID` have these constraints."""
        uri = uri_of(ARTIFACTS, f"runs/{RUN_ID}/baseline/constraints.json")
        self.put(uri, json.dumps(constraints))

    def override(self, patch: Document) -> None:
        """Let somebody have changed thresholds."""
        self.put(OVERRIDES_URI, json.dumps(patch))

    def overrides(self) -> Document | None:
        """Return what is stored of people's changes; None when nothing is."""
        client = self.deployment.connection.s3
        listed = client.list_objects_v2(Bucket=ARTIFACTS, Prefix=OVERRIDES_KEY)
        if not listed.get("Contents"):
            return None
        body = client.get_object(Bucket=ARTIFACTS, Key=OVERRIDES_KEY)["Body"].read()
        document: Document = json.loads(body)
        return document


def deploy_monitor(platform: Platform) -> Watched:
    """Deploy the model monitor beside what serves."""
    connection, fake = platform.deployment.connection, platform.lake.cloudformation
    connection.session.resource("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": MONITORING_ID, "AttributeType": "S"}],
        KeySchema=[{"AttributeName": MONITORING_ID, "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    fake.stacks[MONITOR] = {
        Output.MONITORING_TABLE_NAME: TABLE,
        Output.MONITORING_STATE_MACHINE_ARN: MONITORINGS,
    }
    fake.resources[MONITOR] = [("AWS::StepFunctions::StateMachine", MONITORINGS)]
    return Watched(
        platform=platform, deployment=Deployment.find(ENVIRONMENT, platform.deployment.connection)
    )
