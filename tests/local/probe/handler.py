import json
import os
from typing import Any

import boto3


class ProbeError(Exception):
    """An exception with a name of its own."""


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    if event.get("raise"):
        raise ProbeError(event["raise"])
    if event.get("metric"):
        print(json.dumps(event["metric"]))  # noqa: T201 -- how embedded metrics are published
    return {"pid": os.getpid()} if "Records" not in event else consume(event["Records"])


def consume(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Store each message; a body that contains `poison` fails."""
    table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
    failures = []
    for record in records:
        if "poison" in record["body"]:
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        table.put_item(Item={"id": record["messageId"], "body": record["body"]})
    return {"batchItemFailures": failures}
