"""What goes wrong in a deployed app, caused as it happens: by a change, a person, or silence."""

import json
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from botocore.config import Config

from ops import executions
from ops.consumers import Consumer
from ops.executions import TIMED_OUT
from tests.cloud import eventually
from tests.e2e.lake import Lake

# Nothing that a retry of the client's would make of it.
_ONCE = Config(retries={"total_max_attempts": 1})


def resource(lake: Lake, kind: str, construct: str) -> str:
    """Return the name of the deployed resource with this stack and construct path.

    Args:
        lake: Where.
        kind: Of CloudFormation, such as `AWS::Lambda::Function`.
        construct: Such as `ingestion-IngestionProcessor`.
    """
    (name,) = (
        each for each in lake.deployment.resources(kind) if f"mlops-local-{construct}" in each
    )
    return name


def function(lake: Lake, construct: str) -> str:
    """Return the name of a function, such as `ingestion-IngestionProcessor`."""
    return resource(lake, "AWS::Lambda::Function", construct)


@contextmanager
def broken(lake: Lake, *functions: str) -> Iterator[None]:
    """Let functions fail as a whole until the end of the block: their code lacks the handler."""
    client = lake.cloud.client("lambda")
    waiter = client.get_waiter("function_updated_v2")
    handlers = {
        each: client.get_function_configuration(FunctionName=each)["Handler"] for each in functions
    }

    def change(handler: str | None) -> None:
        for name, deployed in handlers.items():
            client.update_function_configuration(FunctionName=name, Handler=handler or deployed)
        for name in handlers:
            waiter.wait(FunctionName=name, WaiterConfig={"Delay": 1})

    change("gone.lambda_handler")
    try:
        yield
    finally:
        change(None)


@contextmanager
def denied(lake: Lake, *functions: str, actions: str) -> Iterator[None]:
    """Take permissions away from functions until the end of the block."""
    client, iam = lake.cloud.client("lambda"), lake.cloud.client("iam")
    roles = [
        client.get_function_configuration(FunctionName=each)["Role"].rpartition("/")[2]
        for each in functions
    ]
    statement = {"Effect": "Deny", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for each in roles:
        iam.put_role_policy(RoleName=each, PolicyName="Mishap", PolicyDocument=document)
    try:
        yield
    finally:
        for each in roles:
            iam.delete_role_policy(RoleName=each, PolicyName="Mishap")


def invoke(lake: Lake, *functions: str, event: Any, wait: bool = True) -> None:
    """Invoke functions, all at once, whatever becomes of it.

    Args:
        lake: Where.
        functions: Names.
        event: What they get.
        wait: Whether to wait for an answer; without it, failures are tried again.
    """
    client = lake.cloud.client("lambda", config=_ONCE)

    def call(name: str) -> None:
        with suppress(client.exceptions.TooManyRequestsException):
            client.invoke(
                FunctionName=name,
                InvocationType="RequestResponse" if wait else "Event",
                Payload=json.dumps(event).encode(),
            )

    with ThreadPoolExecutor() as workers:
        list(workers.map(call, functions))


@contextmanager
def stopped(lake: Lake, *functions: str) -> Iterator[None]:
    """Let somebody reserve no concurrency for functions; at the end they have theirs again."""
    client = lake.cloud.client("lambda")
    deployed = {each: reserved(lake, each) for each in functions}
    for each in functions:
        client.put_function_concurrency(FunctionName=each, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        for name, slots in deployed.items():
            if slots is None:
                client.delete_function_concurrency(FunctionName=name)
            else:
                client.put_function_concurrency(
                    FunctionName=name, ReservedConcurrentExecutions=slots
                )


def reserved(lake: Lake, name: str) -> int | None:
    """Return the concurrency that is reserved for a function; None when none is."""
    answer = lake.cloud.client("lambda").get_function_concurrency(FunctionName=name)
    slots: int | None = answer.get("ReservedConcurrentExecutions")
    return slots


def mapping_of(lake: Lake, name: str) -> str:
    """Return the id of what feeds a function from its queue."""
    (found,) = lake.cloud.client("lambda").list_event_source_mappings(FunctionName=name)[
        "EventSourceMappings"
    ]
    return str(found["UUID"])


@contextmanager
def not_fed(lake: Lake, name: str) -> Iterator[None]:
    """Let somebody disable what feeds a function from its queue, until the end of the block."""
    client, uuid = lake.cloud.client("lambda"), mapping_of(lake, name)
    client.update_event_source_mapping(UUID=uuid, Enabled=False)
    try:
        yield
    finally:
        client.update_event_source_mapping(UUID=uuid, Enabled=True)


@contextmanager
def changed_alarm(lake: Lake, name: str, **changes: Any) -> Iterator[None]:
    """Change some properties of a deployed alarm until the end of the block, and no other."""
    client = lake.cloud.client("cloudwatch")
    members = client.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    (found,) = client.describe_alarms(AlarmNames=[f"mlops-local-{name}"])["MetricAlarms"]
    deployed = {member: value for member, value in found.items() if member in members}
    client.put_metric_alarm(**deployed | changes)
    try:
        yield
    finally:
        client.put_metric_alarm(**deployed)


@contextmanager
def impatient(lake: Lake, *queue_urls: str) -> Iterator[None]:
    """Let failed messages of queues return at once, instead of after a minute or more."""
    sqs = lake.deployment.connection.sqs
    deployed = {
        url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
        for url in queue_urls
    }
    for url in deployed:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
    try:
        yield
    finally:
        for url, found in deployed.items():
            sqs.set_queue_attributes(QueueUrl=url, Attributes=found["Attributes"])


def gone_subscriber(lake: Lake, topic_arn: str, dead_letter_queue_url: str) -> str:
    """Let a queue listen to a topic, then somebody delete it; return the subscription's ARN."""
    sqs = lake.deployment.connection.sqs
    name = f"gone-{secrets.token_hex(4)}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn, dead_letters = (
        sqs.get_queue_attributes(QueueUrl=each, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        for each in (url, dead_letter_queue_url)
    )
    subscription = lake.cloud.client("sns").subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_letters})},
        ReturnSubscriptionArn=True,
    )
    sqs.delete_queue(QueueUrl=url)
    return str(subscription["SubscriptionArn"])


def send_to(lake: Lake, consumer: Consumer, body: str) -> None:
    """Send a message to a consumer's queue."""
    lake.deployment.connection.sqs.send_message(
        QueueUrl=lake.deployment[consumer.outputs.queue], MessageBody=body
    )


def misuse(lake: Lake, machines: Sequence[str], request: Any) -> None:
    """Let executions of state machines run out of time, then others ask for something strange.

    The state machines are the deployed ones, but for a wait before their first state, and for hours
    that are a second, while the first executions run.

    Args:
        lake: Where.
        machines: ARNs.
        request: Input of the others.
    """
    client = lake.deployment.connection.stepfunctions
    deployed = {
        each: client.describe_state_machine(stateMachineArn=each)["definition"] for each in machines
    }
    try:
        for arn, definition in deployed.items():
            client.update_state_machine(stateMachineArn=arn, definition=_hanging(definition))
        hanging = [_start(lake, each, "hangs", request) for each in machines]
        eventually(
            lambda: all(
                executions.describe(lake.deployment, each).status == TIMED_OUT for each in hanging
            ),
            "the executions run out of time",
        )
    finally:
        for arn, definition in deployed.items():
            client.update_state_machine(stateMachineArn=arn, definition=definition)
    for each in machines:
        _start(lake, each, "nonsense", request)


def _hanging(definition: str) -> str:
    document = json.loads(definition)
    wait = {"Type": "Wait", "Seconds": 3600, "Next": document["StartAt"]}
    document["States"]["Hang"] = wait
    return json.dumps(document | {"StartAt": "Hang", "TimeoutSeconds": 1})


def _start(lake: Lake, machine: str, label: str, request: Any) -> str:
    return lake.deployment.connection.stepfunctions.start_execution(
        stateMachineArn=machine,
        name=f"{label}-{secrets.token_hex(4)}",
        input=json.dumps(request),
    )["executionArn"]
