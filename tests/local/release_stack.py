"""A stack whose parameters choose models, as a release has it: for tests of its updates."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import LocalCloud
from local.environment import ACCOUNT
from tests.cloud import eventually
from tests.local import jobs
from tests.local.stacks import KEPT, resource

SERVING_ROLE = f"arn:aws:iam::{ACCOUNT}:role/serving"


def model(parameter: str) -> dict[str, Any]:
    """Return a model that exists when the parameter names its data."""
    data = {"Fn::Sub": f"s3://{jobs.BUCKET}/${{{parameter}}}.tar.gz"}
    properties = {"ExecutionRoleArn": jobs.ROLE, "PrimaryContainer": jobs.container(data)}
    return resource("AWS::SageMaker::Model", **properties) | KEPT | {"Condition": f"Has{parameter}"}


def variant(parameter: str) -> dict[str, Any]:
    return {
        "VariantName": parameter.lower(),
        "ModelName": {"Fn::GetAtt": [f"{parameter}Model", "ModelName"]},
        "InitialInstanceCount": 1,
        "InitialVariantWeight": {"Ref": f"{parameter}Weight"},
        "InstanceType": "ml.m5.large",
    }


def with_challenger(value: Any) -> dict[str, Any]:
    return {"Fn::If": ["HasChallenger", value, {"Ref": "AWS::NoValue"}]}


def condition(parameter: str, value: str) -> dict[str, Any]:
    return {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, value]}]}


TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "Champion": {"Type": "String", "Default": "none"},
        "Challenger": {"Type": "String", "Default": "none"},
        "ChampionWeight": {"Type": "Number", "Default": 100},
        "ChallengerWeight": {"Type": "Number", "Default": 0},
        "Endpoint": {"Type": "String", "Default": "none"},
    },
    "Conditions": {
        "HasChampion": condition("Champion", "none"),
        "HasChallenger": {
            "Fn::And": [{"Condition": "HasChampion"}, condition("Challenger", "none")]
        },
        "HasEndpoint": condition("Endpoint", "none"),
    },
    "Resources": {
        "Topic": resource("AWS::SNS::Topic", TopicName="releases"),
        "ChampionModel": model("Champion"),
        "ChallengerModel": model("Challenger"),
        "Config": resource(
            "AWS::SageMaker::EndpointConfig",
            ProductionVariants=[variant("Champion"), with_challenger(variant("Challenger"))],
        )
        | KEPT
        | {"Condition": "HasChampion"},
        # Of the configuration `Endpoint` names; it makes updates fail, or last.
        "Endpoint": resource(
            "AWS::SageMaker::Endpoint", EndpointName="slow", EndpointConfigName={"Ref": "Endpoint"}
        )
        | {"Condition": "HasEndpoint", "DependsOn": "Config"},
    },
    "Outputs": {
        "Config": {
            "Condition": "HasChampion",
            "Value": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
        }
    },
}


class ReleaseStack:
    """A stack of models and of a configuration that serves them."""

    name = "release"

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.client = cloud.client("cloudformation")
        self._sagemaker = cloud.client("sagemaker")

    def create(self) -> None:
        """Create it, every parameter at its default."""
        self.client.create_stack(StackName=self.name, TemplateBody=json.dumps(TEMPLATE))
        assert self.settled() == "CREATE_COMPLETE", self.reasons()

    def update(self, *kept: str, options: dict[str, Any] | None = None, **values: str) -> None:
        """Update it and wait until it has succeeded."""
        self.begin(*kept, options=options, **values)
        assert self.settled() == "UPDATE_COMPLETE", self.reasons()

    def begin(self, *kept: str, options: dict[str, Any] | None = None, **values: str) -> None:
        """Ask for an update of the parameters `values` that keeps `kept`."""
        self.client.update_stack(**self.request(*kept, **values), **(options or {}))

    def request(self, *kept: str, **values: str) -> dict[str, Any]:
        """Return an update's request."""
        return {
            "StackName": self.name,
            "UsePreviousTemplate": True,
            "Parameters": [
                *({"ParameterKey": name, "UsePreviousValue": True} for name in kept),
                *({"ParameterKey": n, "ParameterValue": value} for n, value in values.items()),
            ],
        }

    def settled(self) -> str:
        """Return the status in which what goes on ends."""

        def ended() -> str:
            status = str(self.describe()["StackStatus"])
            return "" if status.endswith("_IN_PROGRESS") else status

        return str(eventually(ended, "the stack settles", seconds=120))

    def events(self) -> list[Any]:
        """Return its events, the newest first."""
        return list(self.client.describe_stack_events(StackName=self.name)["StackEvents"])

    def reasons(self) -> list[str]:
        """Return all that its events give as a reason."""
        return [e["ResourceStatusReason"] for e in self.events() if "ResourceStatusReason" in e]

    def describe(self) -> Any:
        """Return its description."""
        (found,) = self.client.describe_stacks(StackName=self.name)["Stacks"]
        return found

    def parameters(self) -> dict[str, str]:
        """Return its parameters that are not at their defaults."""
        values = {p["ParameterKey"]: p["ParameterValue"] for p in self.describe()["Parameters"]}
        defaults = {name: str(p["Default"]) for name, p in TEMPLATE["Parameters"].items()}
        return dict(values.items() - defaults.items())

    def resources(self) -> dict[str, str]:
        """Return the name that each of its SageMaker resources has."""
        found = self.client.describe_stack_resources(StackName=self.name)["StackResources"]
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"].rpartition("/")[2]
            for each in found
            if each["ResourceType"].startswith("AWS::SageMaker::")
        }

    def weights(self) -> dict[str, Any]:
        """Return the weight of each variant of its configuration."""
        config = self._sagemaker.describe_endpoint_config(
            EndpointConfigName=self.resources()["Config"]
        )
        return {v["VariantName"]: v["InitialVariantWeight"] for v in config["ProductionVariants"]}

    def delete(self) -> None:
        """Delete it and wait."""
        self.client.delete_stack(StackName=self.name)
        self.client.get_waiter("stack_delete_complete").wait(
            StackName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )

    def left(self) -> set[str]:
        """Return the names of the models and configurations that exist because of it."""
        models = self._sagemaker.list_models(NameContains=self.name)["Models"]
        configs = self._sagemaker.list_endpoint_configs(NameContains=self.name)
        return {
            *(each["ModelName"] for each in models),
            *(each["EndpointConfigName"] for each in configs["EndpointConfigs"]),
        }

    def sweep(self) -> None:
        """Delete what it has retained."""
        for name in self.left():
            if "Model" in name:
                self._sagemaker.delete_model(ModelName=name)
            else:
                self._sagemaker.delete_endpoint_config(EndpointConfigName=name)


@pytest.fixture
def release(job_cloud: LocalCloud) -> Iterator[ReleaseStack]:
    """A stack without champion, and models for it. What it makes is deleted at the end."""
    for name in ("one", "two", "three"):
        job_cloud.client("s3").put_object(Bucket=jobs.BUCKET, Key=f"{name}.tar.gz", Body=b"")
    made = ReleaseStack(job_cloud)
    made.create()
    yield made
    made.delete()
    made.sweep()


@pytest.fixture
def slow_gate(release: ReleaseStack, tmp_path: Path) -> Iterator[Path]:
    """The configuration `slow`, whose model loads once the file that this returns exists."""
    gate, sagemaker = tmp_path / "open", release.cloud.client("sagemaker")
    waiting = (
        f"import time\nwhile not pathlib.Path({str(gate)!r}).exists():\n    time.sleep(0.05)\n"
    )
    serving = jobs.SERVING.replace("import pathlib\n", f"import pathlib\n{waiting}")
    files = {"answer": "slow", "code/inference.py": serving}
    release.cloud.client("s3").put_object(
        Bucket=jobs.BUCKET, Key="slow.tar.gz", Body=jobs.archive(files)
    )
    sagemaker.create_model(
        ModelName="slow",
        ExecutionRoleArn=jobs.ROLE,
        PrimaryContainer=jobs.container(f"s3://{jobs.BUCKET}/slow.tar.gz"),
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName="slow",
        ProductionVariants=[
            {"VariantName": "only", "ModelName": "slow", "InitialInstanceCount": 1,
             "InstanceType": "ml.m5.large"}
        ],
    )  # fmt: skip
    yield gate
    gate.touch()
    sagemaker.delete_endpoint_config(EndpointConfigName="slow")
    sagemaker.delete_model(ModelName="slow")
