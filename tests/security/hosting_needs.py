"""What AWS does with the roles of serving: the models', and the one that releases deploy with.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
and https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
"""

from collections.abc import Iterator
from itertools import product

from config import MODEL
from local.calls import Call
from local.environment import ACCOUNT, REGION
from schemas.names import CAPTURE_PREFIX, RUNS_PREFIX, SCORING_PREFIX, StackName
from tests.infrastructure.assembly import Resource
from tests.security.contexts import SCALING, deployment_role
from tests.security.deployment import Deployment

KINDS = {"AWS::SageMaker::Model": "model", "AWS::SageMaker::EndpointConfig": "endpoint-config"}
ACTIONS = {"model": "Model", "endpoint-config": "EndpointConfig"}
SERVICE_ROLE = (
    f"aws-service-role/{SCALING}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)


def model_calls(deployment: Deployment) -> Iterator[Call]:
    """Yield what SageMaker does with the role of models beside what it does for every container."""
    assembly = deployment.assembly
    role = model_role(deployment)
    (bucket,) = (
        deployment.arn(each)
        for each in assembly.resources("AWS::S3::Bucket")
        if each.logical_id.startswith("Artifacts")
    )
    yield Call(role, "s3:GetObject", f"{bucket}/{RUNS_PREFIX}1/model.tar.gz")
    yield Call(role, "s3:GetObject", f"{bucket}/{SCORING_PREFIX}2013-06/1/requests/part-0.jsonl")
    yield Call(role, "s3:PutObject", f"{bucket}/{SCORING_PREFIX}2013-06/1/scores/part-0.jsonl.out")
    if assembly.environment.serving.is_guarded:
        yield Call(role, "s3:PutObject", f"{bucket}/{CAPTURE_PREFIX}endpoint/champion/1.jsonl")
    for alarm in assembly.resources("AWS::CloudWatch::Alarm"):
        if alarm.stack == _stack(deployment):
            # CloudFormation puts its stack's name, and something random, around the logical id.
            name = f"{alarm.stack}-{alarm.logical_id}-1"
            yield Call(role, "cloudwatch:DescribeAlarms", _arn("cloudwatch", f"alarm:{name}"))


def model_role(deployment: Deployment) -> str:
    """Return the name of the role that models run as."""
    (name,) = {
        deployment.resolve(each.stack, each.properties["ExecutionRoleArn"]).rpartition("/")[2]
        for each in deployment.assembly.resources("AWS::SageMaker::Model")
    }
    return str(name)


def deployment_calls(deployment: Deployment) -> Iterator[Call]:
    """Yield what CloudFormation does with the deployment role when a release updates the stack."""
    role = deployment_role(deployment).rpartition("/")[2]
    for resource in deployment.assembly.resources(*KINDS):
        yield from _created(deployment, role, resource)
    endpoint = _endpoint(deployment)
    config = _arn("sagemaker", "endpoint-config/EndpointConfig-1")
    for action, arn in product(("CreateEndpoint", "UpdateEndpoint"), (endpoint, config)):
        yield Call(role, f"sagemaker:{action}", arn)
    for action in ("DescribeEndpoint", "DeleteEndpoint", "AddTags", "ListTags"):
        yield Call(role, f"sagemaker:{action}", endpoint)
    if deployment.assembly.environment.serving.is_guarded:
        yield from _scaling_calls(role, endpoint)


def _created(deployment: Deployment, role: str, resource: Resource) -> Iterator[Call]:
    kind = KINDS[resource.body["Type"]]
    arn = _arn("sagemaker", f"{kind}/{resource.logical_id}-1")
    for verb in ("Create", "Describe", "Delete"):
        yield Call(role, f"sagemaker:{verb}{ACTIONS[kind]}", arn)
    for action in ("AddTags", "ListTags"):
        yield Call(role, f"sagemaker:{action}", arn)
    if kind == "model":
        passed = deployment.resolve(resource.stack, resource.properties["ExecutionRoleArn"])
        yield Call(role, "iam:PassRole", passed)
        group = f"mlops-{deployment.assembly.environment.name}-{MODEL.name}"
        for action in ("CreateModel", "DescribeModelPackage"):
            package = _arn("sagemaker", f"model-package/{group}/1")
            yield Call(role, f"sagemaker:{action}", package)
    elif "KmsKeyId" in resource.properties:
        key = deployment.resolve(resource.stack, resource.properties["KmsKeyId"])
        for action in ("kms:CreateGrant", "kms:DescribeKey"):
            yield Call(role, action, key)


def _scaling_calls(role: str, endpoint: str) -> Iterator[Call]:
    target = _arn("application-autoscaling", "scalable-target/1")
    for verb in ("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy",
                 "DeleteScalingPolicy", "TagResource", "ListTagsForResource"):  # fmt: skip
        yield Call(role, f"application-autoscaling:{verb}", target)
    for noun in ("ScalableTargets", "ScalingPolicies", "ScheduledActions"):
        yield Call(role, f"application-autoscaling:Describe{noun}", "*")
    yield Call(role, "cloudwatch:GetMetricData", "*")
    name = endpoint.rpartition("/")[2]
    alarm = f"alarm:TargetTracking-endpoint/{name}/variant/champion-AlarmHigh-1"
    for action in ("PutMetricAlarm", "DescribeAlarms", "DeleteAlarms"):
        yield Call(role, f"cloudwatch:{action}", _arn("cloudwatch", alarm))
    yield Call(role, "sagemaker:UpdateEndpointWeightsAndCapacities", endpoint)
    own = _arn("sagemaker", "endpoint-config/7f4e1944")
    yield Call(role, "sagemaker:DescribeEndpointConfig", own)
    yield Call(role, "iam:CreateServiceLinkedRole", f"arn:aws:iam::{ACCOUNT}:role/{SERVICE_ROLE}")


def _endpoint(deployment: Deployment) -> str:
    (endpoint,) = deployment.assembly.resources("AWS::SageMaker::Endpoint")
    return _arn("sagemaker", f"endpoint/{endpoint.properties['EndpointName']}")


def _stack(deployment: Deployment) -> str:
    return StackName.INFERENCE.in_environment(deployment.assembly.environment.name)


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"
