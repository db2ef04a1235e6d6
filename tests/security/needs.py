"""Calls that no function makes itself, and that its role must be allowed all the same."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

from config.images import IMAGE, IMAGE_ACCOUNTS
from local.calls import Call
from local.environment import ACCOUNT, REGION
from tests.infrastructure.assembly import Resource, target
from tests.infrastructure.state_machines import StateMachine, state_machines
from tests.security.deployment import Deployment
from tests.security.hosting_needs import deployment_calls, model_calls, model_role

# What Lambda does with a function's role for a queue that feeds it.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
POLLING = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
LOGGING = ("logs:CreateLogStream", "logs:PutLogEvents")
TRACING = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")

# What Step Functions does with a state machine's role to deliver its logs, and to sample traces.
# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
LOG_DELIVERY = (
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Delete", "Get", "Update")),
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
)
SAMPLING = ("xray:GetSamplingRules", "xray:GetSamplingTargets")

# What SageMaker does with a job's role beside moving its data: pull the image, write logs and
# metrics, open the encrypted disk.
# https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
PULLING = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
JOB_LOGGING = (
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
)
DISK = ("kms:CreateGrant", "kms:DescribeKey")

# What services ask of the key with the caller's permissions.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html
KEY_USES = {
    "s3:GetObject": ("kms:Decrypt",),
    "s3:GetObjectVersion": ("kms:Decrypt",),
    "s3:PutObject": ("kms:GenerateDataKey",),
    "sns:Publish": ("kms:Decrypt", "kms:GenerateDataKey"),
    "sqs:ReceiveMessage": ("kms:Decrypt",),
    "sqs:SendMessage": ("kms:Decrypt", "kms:GenerateDataKey"),
}
TABLE_KEY_USES = ("kms:Decrypt",)  # of the table's key, every five minutes


def service_calls(deployment: Deployment) -> Iterator[Call]:
    """Yield what AWS does with the roles of functions, rules, state machines, jobs and models."""
    yield from _function_calls(deployment)
    yield from _destination_calls(deployment)
    yield from _target_calls(deployment)
    for machine in state_machines(deployment.assembly, deployment):
        yield from _machine_calls(deployment, machine)
    for key in _hosting_keys(deployment):
        yield from _container_calls(model_role(deployment), key, _hosting_logs(deployment))
    yield from model_calls(deployment)
    yield from deployment_calls(deployment)


def _function_calls(deployment: Deployment) -> Iterator[Call]:
    """Yield what Lambda does with the roles of functions: poll queues, write logs and traces."""
    assembly = deployment.assembly
    for mapping in assembly.resources("AWS::Lambda::EventSourceMapping"):
        function = _referenced(deployment, mapping, "FunctionName")
        queue = deployment.arn(_referenced(deployment, mapping, "EventSourceArn"))
        for action in POLLING:
            yield Call(deployment.role_of(function), action, queue)
    for function in assembly.resources("AWS::Lambda::Function"):
        role = deployment.role_of(function)
        if "LoggingConfig" in function.properties:
            group = target(function.properties["LoggingConfig"]["LogGroup"])
            assert group
            streams = deployment.arn(assembly.find(function.stack, group)).removesuffix("*")
            for action in LOGGING:
                yield Call(role, action, f"{streams}log-stream:any")
        if function.properties.get("TracingConfig") == {"Mode": "Active"}:
            for action in TRACING:
                yield Call(role, action, "*")
        if "KmsKeyArn" in function.properties:
            key = deployment.resolve(function.stack, function.properties["KmsKeyArn"])
            yield Call(role, "kms:Decrypt", key)


def _destination_calls(deployment: Deployment) -> Iterator[Call]:
    """Yield what Lambda does with a function's role when an asynchronous invocation has failed."""
    for each in deployment.assembly.resources("AWS::Lambda::EventInvokeConfig"):
        function = _referenced(deployment, each, "FunctionName")
        queue = each.properties["DestinationConfig"]["OnFailure"]["Destination"]
        arn = deployment.resolve(each.stack, queue)
        yield Call(deployment.role_of(function), "sqs:SendMessage", arn)


# Last part of a state machine's name to the beginning of its jobs' names.
_JOB_PREFIXES = {"scoring": "score-", "monitor": "monitor-"}


def _target_calls(deployment: Deployment) -> Iterator[Call]:
    """Yield what EventBridge does with the roles of rules' targets."""
    for rule in deployment.assembly.resources("AWS::Events::Rule"):
        for each in rule.properties["Targets"]:
            if "RoleArn" in each:
                role = deployment.resolve(rule.stack, each["RoleArn"]).rpartition("/")[2]
                machine = deployment.resolve(rule.stack, each["Arn"])
                yield Call(role, "states:StartExecution", machine)


def _machine_calls(deployment: Deployment, machine: StateMachine) -> Iterator[Call]:
    """Yield what a state machine's role, and the roles of its jobs, are used for by AWS."""
    role = deployment.role_of_state_machine(machine.resource)
    for action in (*LOG_DELIVERY, *TRACING, *SAMPLING):
        yield Call(role, action, "*")
    for _, task in machine.tasks():
        noun = task["Resource"].rpartition(":create")[2].removesuffix(".sync")
        if noun == task["Resource"]:
            continue
        # It stops the job of an execution that is stopped.
        kind = re.sub(r"(?<!^)(?=[A-Z])", "-", noun).lower()
        # Within the prefix of the machine's jobs.
        machine_name = str(machine.resource.properties["StateMachineName"])
        prefix = _JOB_PREFIXES.get(machine_name.rpartition("-")[2], "")
        name = f"{deployment.assembly.environment.name}-{prefix}any"
        jobs = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}"
        yield Call(role, f"sagemaker:Stop{noun}", f"{jobs}/{name}")
        # A transform job runs as its model's role.
        if noun != "TransformJob":
            yield from _job_calls(task["Parameters"])


def _job_calls(parameters: Mapping[str, Any]) -> Iterator[Call]:
    job = parameters.get("TrainingJobDefinition", parameters)
    cluster = job.get("ResourceConfig") or job["ProcessingResources"]["ClusterConfig"]
    role = job["RoleArn"].rpartition("/")[2]
    kind = "ProcessingJobs" if "ProcessingJobName.$" in parameters else "TrainingJobs"
    yield from _container_calls(role, cluster["VolumeKmsKeyId"], (kind,))


def _container_calls(role: str, key: str, log_groups: Iterable[str]) -> Iterator[Call]:
    repository = IMAGE.partition(":")[0]
    for action in PULLING:
        registry = IMAGE_ACCOUNTS[REGION]
        yield Call(role, action, f"arn:aws:ecr:{REGION}:{registry}:repository/{repository}")
    for action in ("ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"):
        yield Call(role, action, "*")
    for action in DISK:
        yield Call(role, action, key)
    for group, action in product(log_groups, JOB_LOGGING):
        log_group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/{group}"
        yield Call(role, action, f"{log_group}:log-stream:any")


def _hosting_keys(deployment: Deployment) -> set[str]:
    """Return the keys of the disks that models run beside: of endpoints, and of transform jobs."""
    endpoints = {
        deployment.resolve(each.stack, each.properties["KmsKeyId"])
        for each in deployment.assembly.resources("AWS::SageMaker::EndpointConfig")
        if "KmsKeyId" in each.properties
    }
    transforms = {
        task["Parameters"]["TransformResources"]["VolumeKmsKeyId"]
        for machine in state_machines(deployment.assembly, deployment)
        for _, task in machine.tasks()
        if "TransformResources" in task.get("Parameters", {})
    }
    return endpoints | transforms


def _hosting_logs(deployment: Deployment) -> Iterator[str]:
    yield "TransformJobs"
    for endpoint in deployment.assembly.resources("AWS::SageMaker::Endpoint"):
        yield f"Endpoints/{endpoint.properties['EndpointName']}"


def key_calls(deployment: Deployment, calls: Iterable[Call]) -> Iterator[Call]:
    """Yield what `calls` on encrypted resources ask of their keys."""
    keys = dict(_keys(deployment))
    for call in calls:
        container = _container(call.resource)
        if container in keys:
            is_table = call.action.startswith("dynamodb:")
            for action in TABLE_KEY_USES if is_table else KEY_USES.get(call.action, ()):
                yield Call(call.role, action, keys[container])


def _keys(deployment: Deployment) -> Iterator[tuple[str, str]]:
    """Yield the ARN of each encrypted bucket, queue and table with its key's."""
    for resource in deployment.assembly.resources(
        "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::SNS::Topic"
    ):
        match resource.properties:
            case {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {"ServerSideEncryptionByDefault": {"KMSMasterKeyID": key}}
                    ]
                }
            }:
                pass
            case {"KmsMasterKeyId": key} | {"SSESpecification": {"KMSMasterKeyId": key}}:
                pass
            case _:
                continue
        yield deployment.arn(resource), deployment.resolve(resource.stack, key)


def _container(resource: str) -> str:
    """Return the ARN of an object's bucket, or of an index's table."""
    if resource.startswith("arn:aws:s3:::"):
        return resource.partition("/")[0]
    return resource.partition("/index/")[0]


def _referenced(deployment: Deployment, resource: Resource, name: str) -> Resource:
    logical_id = target(resource.properties[name])
    assert logical_id, f"{resource}: {name} is of another stack"
    return deployment.assembly.find(resource.stack, logical_id)
