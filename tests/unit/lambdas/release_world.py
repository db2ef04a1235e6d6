"""What surrounds a release: registry, stack, endpoint, table and executions."""

from dataclasses import replace
from hashlib import sha256
from typing import Any, Self

from lambdas.shared import clients
from lambdas.shared.releases import ReleaseTable
from schemas import releases
from schemas.keys import split_uri
from schemas.registry import ModelMetadata
from schemas.releases import Action, Current, Release, ReleaseStatus, ReleaseTrigger, Serving
from tests.unit.lambdas.endpoints import ALARM
from tests.unit.lambdas.hosting import Hosting
from tests.unit.lambdas.models import RUN
from tests.unit.lambdas.pipeline import ARTIFACTS, RELEASES, metadata
from tests.unit.lambdas.release_requests import arn_of, champion, execution_arn
from tests.unit.lambdas.services import FakeExecutions
from tests.unit.lambdas.world import create_table


class ReleaseWorld:
    """An endpoint, models for it, and who may change it."""

    def __init__(self) -> None:
        self.s3 = clients.s3_client()
        self.s3.create_bucket(
            Bucket=ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        self.cloudwatch = clients.cloudwatch_client()
        self.cloudwatch.put_metric_alarm(
            AlarmName=ALARM,
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        self.fire(is_firing=False)
        create_table(RELEASES, releases.RELEASE_ID, index=("status", "began_at"))
        self.table = ReleaseTable(clients.dynamodb_resource().Table(RELEASES))
        self.hosting = Hosting()
        self.hosting.install(clients.sagemaker_client())
        self.hosting.install(clients.cloudformation_client())
        self.executions = FakeExecutions()
        self.executions.install(clients.stepfunctions_client())

    def fire(self, *, is_firing: bool = True) -> None:
        """Let the alarm that undoes updates fire, or stop firing."""
        self.cloudwatch.set_alarm_state(
            AlarmName=ALARM, StateValue="ALARM" if is_firing else "OK", StateReason="test"
        )

    def register(
        self, *, approval: str = "Approved", parent: str | None = None, **changes: Any
    ) -> int:
        """Register a model whose archive is there; return its version.

        It was compared with `parent`, or with what serves now.
        """
        current = self.table.current()
        serving = current.serving.champion if current else ""
        version = len(self.hosting.packages) + 1
        archive = f"archive of version {version}".encode()
        prefix = f"s3://{ARTIFACTS}/runs/{version}/"
        found = metadata(
            replace(RUN, run_id=f"run-{version}", prefix_uri=prefix).to_json(),
            artifact_sha256=sha256(archive).hexdigest(),
            parent_package_arn=serving if parent is None else parent,
        )
        self.put(found.artifact_uri, archive)
        container = {
            "Image": found.image_uri,
            "ModelDataUrl": found.artifact_uri,
            "Environment": {"SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
        }
        values = {
            "CustomerMetadataProperties": found.to_properties(),
            "InferenceSpecification": {"Containers": [container]},
        }
        assert self.hosting.add(approval=approval, **values | changes) == arn_of(version)
        return version

    def serving(self, version: int) -> Self:
        """Let a version serve as if `first-<version>` had released it; return the world."""
        name, target = f"first-{version}", champion(version)
        seen = self.table.current()
        self.hosting.update(
            [
                {"ParameterKey": key, "ParameterValue": target.to_parameters().get(key, value)}
                for key, value in self.hosting.parameters.items()
            ],
            name,
        )
        current = Current(serving=target, release_id=name, since="2026-01-01")
        release = Release(
            release_id=name,
            status=ReleaseStatus.SUCCEEDED,
            action=Action.RELEASE,
            trigger=ReleaseTrigger.MANUAL,
            execution_arn=execution_arn(name),
            target=target,
            previous=seen.serving if seen else Serving(),
            began_at=f"2026-01-{version:02}",
        )
        assert self.table.change(seen, current, release)
        return self

    def metadata(self, version: int) -> ModelMetadata:
        """What a registered model says of itself."""
        properties = self.hosting.packages[arn_of(version)]["CustomerMetadataProperties"]
        return ModelMetadata.from_properties(properties)

    def change(self, version: int, **values: Any) -> None:
        """Change a package past its rules."""
        self.hosting.packages[arn_of(version)].update(values)

    def change_container(self, version: int, **values: Any) -> None:
        """Change what a package is served by."""
        (container,) = self.hosting.packages[arn_of(version)]["InferenceSpecification"][
            "Containers"
        ]
        self.change(version, InferenceSpecification={"Containers": [container | values]})

    def put(self, uri: str, content: bytes) -> None:
        bucket, key = split_uri(uri)
        self.s3.put_object(Bucket=bucket, Key=key, Body=content)

    def delete(self, uri: str) -> None:
        bucket, key = split_uri(uri)
        self.s3.delete_object(Bucket=bucket, Key=key)

    def begin(self, name: str) -> None:
        """Let an execution run."""
        self.executions.statuses[execution_arn(name)] = "RUNNING"

    def end(self, name: str, status: str = "ABORTED") -> None:
        """Let an execution end, whatever it was doing."""
        self.executions.statuses[execution_arn(name)] = status

    @property
    def current(self) -> Current:
        """What serves, as the table says."""
        current = self.table.current()
        assert current is not None
        return current

    def release(self, name: str = "e1") -> Release:
        """A release in the table."""
        release = self.table.get(name)
        assert release is not None
        return release

    def check_serves(self, serving: Serving) -> None:
        """Check that table, stack and endpoint all say `serving`, and that nobody holds it."""
        assert self.hosting.serving == serving.variants
        assert Serving.from_parameters(self.hosting.parameters) == serving
        assert self.hosting.parameters["Other"] == "kept"
        assert self.current.serving == serving
        assert self.current.held_by == ""
