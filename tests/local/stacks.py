"""Small stacks for tests, created with CloudFormation alone: seconds faster than the CDK CLI."""

import json
from typing import Any

from local import LocalCloud

ECHO = "def handle(event, context):\n    return event\n"
# Of a resource that outlives its replacement, its removal and its stack.
KEPT = {"UpdateReplacePolicy": "Retain", "DeletionPolicy": "Retain"}


def apply(cloud: LocalCloud, name: str, resources: dict[str, Any]) -> None:
    """Create the stack, or update it when it exists, and wait for the end."""
    client = cloud.client("cloudformation")
    template = json.dumps({"Resources": resources})
    try:
        client.create_stack(StackName=name, TemplateBody=template)
        waiter = "stack_create_complete"
    except client.exceptions.AlreadyExistsException:
        client.update_stack(StackName=name, TemplateBody=template)
        waiter = "stack_update_complete"
    client.get_waiter(waiter).wait(StackName=name, WaiterConfig={"Delay": 1})


def resource(resource_type: str, **properties: Any) -> dict[str, Any]:
    """Return a resource of a template."""
    return {"Type": resource_type, "Properties": properties}


def function(name: str, code: str = ECHO, **properties: Any) -> dict[str, Any]:
    """Return a Python function with its code inline."""
    return resource(
        "AWS::Lambda::Function",
        FunctionName=name,
        Code={"ZipFile": code},
        Handler="index.handle",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/any",
        **{"Timeout": 5} | properties,
    )


def mapping(queue: str, function_name: str, **properties: Any) -> dict[str, Any]:
    """Return the event source mapping of a queue (its logical id) to a function."""
    return resource(
        "AWS::Lambda::EventSourceMapping",
        EventSourceArn={"Fn::GetAtt": [queue, "Arn"]},
        FunctionName=function_name,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **properties,
    )


def invoke(cloud: LocalCloud, name: str, event: Any) -> Any:
    """Invoke a function and return its result, decoded; an error is a result, too."""
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read())


def send(cloud: LocalCloud, queue_name: str, *bodies: str) -> None:
    """Send one message after the other to a queue."""
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=queue_name)["QueueUrl"]
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body)


def send_batch(cloud: LocalCloud, queue_name: str, *bodies: str) -> None:
    """Send up to ten messages at once to a queue."""
    sqs = cloud.client("sqs")
    sqs.send_message_batch(
        QueueUrl=sqs.get_queue_url(QueueName=queue_name)["QueueUrl"],
        Entries=[{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies)],
    )


def seen(cloud: LocalCloud) -> list[dict[str, Any]]:
    """Return what the probe's worker has stored: `id` and `body` of each message."""
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName="probe-seen")
    return [
        {name: next(iter(value.values())) for name, value in item.items()}
        for page in pages
        for item in page["Items"]
    ]
