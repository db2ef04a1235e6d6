import json
from collections.abc import Iterator
from typing import Any

import pytest

from local import LocalCloud
from local.environment import ACCOUNT, REGION
from tests.cloud import eventually
from tests.local import jobs
from tests.local.stacks import resource

pytestmark = pytest.mark.local_cloud

NAME = "scaled"
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "ResourceId": f"endpoint/{NAME}/variant/only",
}


@pytest.fixture(scope="module")
def endpoint(job_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """A cloud whose endpoint `scaled` has the variant `only`."""
    files = {"answer": "any", "code/inference.py": jobs.SERVING}
    job_cloud.client("s3").put_object(
        Bucket=jobs.BUCKET, Key=f"{NAME}.tar.gz", Body=jobs.archive(files)
    )
    client = job_cloud.client("sagemaker")
    client.create_model(
        ModelName=NAME,
        ExecutionRoleArn=jobs.ROLE,
        PrimaryContainer=jobs.container(f"s3://{jobs.BUCKET}/{NAME}.tar.gz"),
    )
    variant = {"VariantName": "only", "ModelName": NAME, "InitialInstanceCount": 1}
    client.create_endpoint_config(
        EndpointConfigName=NAME, ProductionVariants=[variant | {"InstanceType": "ml.m5.large"}]
    )
    client.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
    client.get_waiter("endpoint_in_service").wait(EndpointName=NAME, WaiterConfig={"Delay": 1})
    yield job_cloud
    client.delete_endpoint(EndpointName=NAME)
    client.delete_endpoint_config(EndpointConfigName=NAME)
    client.delete_model(ModelName=NAME)


@pytest.fixture
def stack(endpoint: LocalCloud) -> Iterator["Stack"]:
    """A stack that is deleted at the end."""
    made = Stack(endpoint)
    yield made
    made.delete()


class Stack:
    """A stack of a target and its policy."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._client = cloud.client("cloudformation")
        self._exists = False
        # The cloud is shared: a stack of the endpoint's name may be another test's.
        self._name = jobs.new_name(NAME)
        self._scaling = cloud.client("application-autoscaling")

    def apply(self, **changes: Any) -> str:
        """Create or update it with changed properties of the target, and return how that ends."""
        properties = TARGET | {"MinCapacity": 1, "MaxCapacity": "2"} | changes
        tracking = {
            "TargetValue": "50",
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
        }
        policy = resource(
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            PolicyName="requests",
            PolicyType="TargetTrackingScaling",
            ScalingTargetId={"Ref": "Target"},
            TargetTrackingScalingPolicyConfiguration=tracking,
        )
        target = resource("AWS::ApplicationAutoScaling::ScalableTarget", **properties)
        template = json.dumps(
            {
                "Resources": {"Target": target, "Policy": policy},
                "Outputs": {
                    "Target": {"Value": {"Ref": "Target"}},
                    "Policy": {"Value": {"Ref": "Policy"}},
                },
            }
        )
        operate = self._client.update_stack if self._exists else self._client.create_stack
        operate(StackName=self._name, TemplateBody=template)
        self._exists = True
        return str(eventually(self._ended, "the stack settles"))

    def _ended(self) -> str:
        status = str(self._describe()["StackStatus"])
        return "" if status.endswith("_IN_PROGRESS") else status

    def _describe(self) -> Any:
        return self._client.describe_stacks(StackName=self._name)["Stacks"][0]

    def outputs(self) -> dict[str, str]:
        return {each["OutputKey"]: each["OutputValue"] for each in self._describe()["Outputs"]}

    def reasons(self) -> str:
        events = self._client.describe_stack_events(StackName=self._name)["StackEvents"]
        return "\n".join(event.get("ResourceStatusReason", "") for event in events)

    def targets(self, **wanted: Any) -> list[Any]:
        found = self._scaling.describe_scalable_targets(ServiceNamespace="sagemaker", **wanted)
        return list(found["ScalableTargets"])

    def policies(self, **wanted: Any) -> list[Any]:
        found = self._scaling.describe_scaling_policies(ServiceNamespace="sagemaker", **wanted)
        return list(found["ScalingPolicies"])

    def delete(self) -> None:
        """Delete it and wait."""
        self._client.delete_stack(StackName=self._name)
        self._client.get_waiter("stack_delete_complete").wait(
            StackName=self._name, WaiterConfig={"Delay": 1}
        )


def test_a_variant_becomes_a_target_with_a_policy_and_both_end_with_the_stack(
    stack: Stack,
) -> None:
    assert stack.apply() == "CREATE_COMPLETE", stack.reasons()

    (target,) = stack.targets(ResourceIds=[TARGET["ResourceId"]])
    assert TARGET.items() <= target.items()
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 2)
    assert stack.targets(ResourceIds=["endpoint/other/variant/only"]) == []
    (policy,) = stack.policies(ResourceId=TARGET["ResourceId"])
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 50.0
    outputs = stack.outputs()
    assert outputs["Target"] == (
        f"{TARGET['ResourceId']}|{TARGET['ScalableDimension']}|{TARGET['ServiceNamespace']}"
    )
    assert outputs["Policy"] == policy["PolicyARN"]
    assert policy["PolicyARN"].startswith(f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:")

    stack.delete()
    assert (stack.targets(), stack.policies()) == ([], [])


def test_limits_change_in_place(stack: Stack) -> None:
    stack.apply()
    before = stack.outputs()

    assert stack.apply(MaxCapacity=5) == "UPDATE_COMPLETE"

    assert stack.outputs() == before
    assert stack.targets()[0]["MaxCapacity"] == 5


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ResourceId": f"endpoint/{NAME}/variant/another"}, "No endpoint variant exists"),
        ({"ResourceId": "endpoint/absent/variant/only"}, "No endpoint variant exists"),
        ({"MinCapacity": 3}, "Maximum capacity cannot be less than minimum capacity"),
        ({"ServiceNamespace": "ecs"}, "alone"),
    ],
)
def test_what_cannot_be_scaled_fails_the_stack(
    stack: Stack, changes: dict[str, Any], reason: str
) -> None:
    assert stack.apply(**changes) == "ROLLBACK_COMPLETE"
    assert reason in stack.reasons()


def test_only_templates_make_targets(endpoint: LocalCloud) -> None:
    client = endpoint.client("application-autoscaling")

    with pytest.raises(client.exceptions.ClientError, match="does not support"):
        client.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2)
