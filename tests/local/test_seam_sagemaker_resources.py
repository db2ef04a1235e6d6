import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from local import LocalCloud
from local.environment import ACCOUNT, REGION
from tests.local import jobs
from tests.local.stacks import resource

pytestmark = pytest.mark.local_cloud

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:"
BROKEN = "raise OSError('the model is broken')\n"
Resources = dict[str, Any]


@pytest.fixture(scope="module")
def models(job_cloud: LocalCloud) -> str:
    """Where models lie: `good`, `better` and `broken`."""
    s3 = job_cloud.client("s3")
    for name, code in (("good", jobs.SERVING), ("better", jobs.SERVING), ("broken", BROKEN)):
        files = {"answer": name, "code/inference.py": code}
        s3.put_object(Bucket=jobs.BUCKET, Key=f"{name}.tar.gz", Body=jobs.archive(files))
    return f"s3://{jobs.BUCKET}"


@pytest.fixture
def stack(job_cloud: LocalCloud, models: str) -> Iterator["Stack"]:
    """A stack that is deleted at the end."""
    made = Stack(job_cloud, models)
    yield made
    made.delete()


class Stack:
    """A stack of an endpoint and what it needs."""

    name = "serving"

    def __init__(self, cloud: LocalCloud, models: str) -> None:
        self.cloud = cloud
        self._client = cloud.client("cloudformation")
        self._models = models

    def apply(self, model: str = "good", *, weight: str = "1", **changes: Resources) -> None:
        """Create or update it and wait for the end.

        Raises:
            WaiterError: it does not succeed.
        """
        template = {
            "Parameters": {"Weight": {"Type": "Number", "Default": 0.5}},
            "Resources": self._resources(model) | changes,
            "Outputs": {
                "Model": {"Value": {"Ref": "Model"}},
                "ModelName": {"Value": {"Fn::GetAtt": ["Model", "ModelName"]}},
                "Config": {"Value": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}},
                "Endpoint": {"Value": {"Ref": "Endpoint"}},
            },
        }
        request = {
            "StackName": self.name,
            "TemplateBody": json.dumps(template),
            "Parameters": [{"ParameterKey": "Weight", "ParameterValue": weight}],
        }
        try:
            self._client.create_stack(**request)
            waiter = "stack_create_complete"
        except self._client.exceptions.AlreadyExistsException:
            self._client.update_stack(**request)
            waiter = "stack_update_complete"
        self._client.get_waiter(waiter).wait(
            StackName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )

    def _resources(self, model: str) -> Resources:
        container = {
            "Image": jobs.URI,
            "ModelDataUrl": f"{self._models}/{model}.tar.gz",
            "Environment": {
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            },
        }
        variant = {
            "VariantName": "only",
            "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
            "InitialInstanceCount": "1",
            "InitialVariantWeight": {"Ref": "Weight"},
            "InstanceType": "ml.m5.large",
        }
        config = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
        return {
            "Model": resource(
                "AWS::SageMaker::Model", ExecutionRoleArn=jobs.ROLE, PrimaryContainer=container
            ),
            "Config": resource("AWS::SageMaker::EndpointConfig", ProductionVariants=[variant]),
            "Endpoint": resource(
                "AWS::SageMaker::Endpoint", EndpointName="asked", EndpointConfigName=config
            ),
        }

    @property
    def outputs(self) -> dict[str, str]:
        """Its outputs by name."""
        (found,) = self._client.describe_stacks(StackName=self.name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}

    @property
    def status(self) -> str:
        """Its status."""
        return str(self._client.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"])

    def reasons(self) -> str:
        """Return all that its events give as a reason."""
        events = self._client.describe_stack_events(StackName=self.name)["StackEvents"]
        return "\n".join(event.get("ResourceStatusReason", "") for event in events)

    def delete(self) -> None:
        """Delete it and wait."""
        self._client.delete_stack(StackName=self.name)
        self._client.get_waiter("stack_delete_complete").wait(
            StackName=self.name, WaiterConfig={"Delay": 1}
        )

    def ask(self) -> tuple[str, str]:
        """Return what the endpoint answers, and which variant did."""
        answer = self.cloud.client("sagemaker-runtime").invoke_endpoint(
            EndpointName="asked", Body=b"question", ContentType="text/csv", Accept="text/csv"
        )
        return answer["Body"].read().decode(), answer["InvokedProductionVariant"]

    def left(self) -> list[str]:
        """Return the names of its resources that exist."""
        client = self.cloud.client("sagemaker")
        return [
            *(each["ModelName"] for each in client.list_models()["Models"]),
            *(e["EndpointConfigName"] for e in client.list_endpoint_configs()["EndpointConfigs"]),
            *(each["EndpointName"] for each in client.list_endpoints()["Endpoints"]),
        ]


def test_a_stack_is_done_when_its_endpoint_serves_and_leaves_nothing(stack: Stack) -> None:
    stack.apply()

    assert stack.ask() == ("good to question", "only")
    outputs = stack.outputs
    assert outputs["Endpoint"] == f"{ARN}endpoint/asked"
    assert outputs["Model"] == f"{ARN}model/{outputs['ModelName']}"
    assert sorted(stack.left()) == sorted([outputs["ModelName"], outputs["Config"], "asked"])

    stack.delete()
    assert stack.left() == []


def test_another_model_replaces_model_and_configuration_and_updates_the_endpoint(
    stack: Stack,
) -> None:
    stack.apply()
    before = stack.outputs

    stack.apply("better")

    after = stack.outputs
    assert stack.ask()[0] == "better to question"
    assert after["Endpoint"] == before["Endpoint"]
    assert after["ModelName"] != before["ModelName"]
    assert after["Config"] != before["Config"]
    assert sorted(stack.left()) == sorted([after["ModelName"], after["Config"], "asked"])


def test_a_parameter_alone_replaces_the_configuration_too(stack: Stack) -> None:
    stack.apply()
    before = stack.outputs["Config"]

    stack.apply(weight="0.25")

    config = stack.outputs["Config"]
    assert config != before
    client = stack.cloud.client("sagemaker")
    (variant,) = client.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    assert variant["InitialVariantWeight"] == 0.25
    assert client.describe_endpoint(EndpointName="asked")["EndpointConfigName"] == config


def test_an_endpoint_that_does_not_start_fails_the_stack_with_the_reason(stack: Stack) -> None:
    with pytest.raises(WaiterError):
        stack.apply("broken")

    assert stack.status == "ROLLBACK_COMPLETE"
    assert "the model is broken" in stack.reasons()
    assert stack.left() == []


def test_an_update_that_does_not_start_goes_back_and_goes_on_serving(stack: Stack) -> None:
    stack.apply()
    before = stack.outputs

    with pytest.raises(WaiterError):
        stack.apply("broken")

    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.ask()[0] == "good to question"
    assert stack.outputs == before


def test_what_sagemaker_refuses_is_the_reason_of_the_stack(stack: Stack) -> None:
    wrong = resource("AWS::SageMaker::Endpoint", EndpointConfigName="absent")

    with pytest.raises(WaiterError):
        stack.apply(Endpoint=wrong)

    assert "Could not find endpoint configuration" in stack.reasons()


def test_a_group_keeps_its_packages_changes_its_tags_and_has_a_policy(
    job_cloud: LocalCloud,
) -> None:
    name, client = "flights", job_cloud.client("sagemaker")
    cloudformation = job_cloud.client("cloudformation")

    def apply(waiter: str, apply_: Any, **properties: Any) -> None:
        group = resource(
            "AWS::SageMaker::ModelPackageGroup", ModelPackageGroupName=name, **properties
        )
        apply_(StackName="group", TemplateBody=json.dumps({"Resources": {"G": group}}))
        cloudformation.get_waiter(waiter).wait(StackName="group", WaiterConfig={"Delay": 1})

    policy = {"Version": "2012-10-17", "Statement": []}
    apply(
        "stack_create_complete", cloudformation.create_stack,
        Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}],
        ModelPackageGroupPolicy=policy,
    )  # fmt: skip
    got = client.get_model_package_group_policy(ModelPackageGroupName=name)["ResourcePolicy"]
    assert json.loads(got) == policy
    client.create_model_package(ModelPackageGroupName=name)

    apply("stack_update_complete", cloudformation.update_stack,
          Tags=[{"Key": "b", "Value": "2"}])  # fmt: skip

    tags = client.list_tags(ResourceArn=f"{ARN}model-package-group/{name}")["Tags"]
    assert {t["Key"]: t["Value"] for t in tags if not t["Key"].startswith("aws:")} == {"b": "2"}
    with pytest.raises(ClientError):
        client.get_model_package_group_policy(ModelPackageGroupName=name)

    with pytest.raises(WaiterError):
        apply("stack_update_complete", cloudformation.update_stack,
              ModelPackageGroupDescription="another")  # fmt: skip
    cloudformation.delete_stack(StackName="group")
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName="group", WaiterConfig={"Delay": 1}
        )
    events = cloudformation.describe_stack_events(StackName="group")["StackEvents"]
    reasons = str([event.get("ResourceStatusReason") for event in events])
    assert "custom-named resource requires replacing" in reasons
    assert "contains Model Packages" in reasons
