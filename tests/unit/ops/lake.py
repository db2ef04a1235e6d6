"""A deployed environment on moto, whose stacks are described by a fake CloudFormation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from ops.aws import Connection
from ops.deployment import Deployment
from schemas import dead_letters, ledger
from schemas.messages import SEQUENCER_LENGTH
from schemas.names import Output, StackName

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import KeySchemaElementTypeDef

REGION: Final = "eu-central-1"
ENVIRONMENT = "local"
RAW, CURATED, QUARANTINE = "raw-bucket", "curated-bucket", "quarantine-bucket"
NOW = "2026-11-23T04:00:00+00:00"


@dataclass
class FakeCloudFormation:
    """Answers what `ops.deployment` asks; moto's CloudFormation needs every other service."""

    stacks: dict[str, dict[str, str]] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    resources: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    parameters: dict[str, dict[str, str]] = field(default_factory=dict)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """The latest first."""

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        if StackName not in self.stacks:
            described = {
                "Code": "ValidationError",
                "Message": f"Stack with id {StackName} does not exist",
            }
            raise ClientError({"Error": described}, "DescribeStacks")  # type: ignore[typeddict-item]
        outputs = [
            {"OutputKey": key, "OutputValue": value}
            for key, value in self.stacks[StackName].items()
        ]
        status = self.statuses.get(StackName, "CREATE_COMPLETE")
        parameters = [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in self.parameters.get(StackName, {}).items()
        ]
        stack = {"StackName": StackName, "StackStatus": status, "Outputs": outputs}
        return {"Stacks": [{**stack, "Parameters": parameters}]}

    def get_paginator(self, operation: str) -> "Pages":
        return Pages(
            {"list_stack_resources": self._resources, "describe_stack_events": self._events}[
                operation
            ]
        )

    def _events(self, stack: str) -> Iterator[dict[str, Any]]:
        for event in self.events.get(stack, []):
            yield {"StackEvents": [event]}

    def _resources(self, stack: str) -> Iterator[dict[str, Any]]:
        for resource_type, physical_id in self.resources.get(stack, []):
            resource = {
                "ResourceType": resource_type,
                "PhysicalResourceId": physical_id,
                "ResourceStatus": "CREATE_COMPLETE",
            }
            yield {"StackResourceSummaries": [resource]}


@dataclass
class Pages:
    """A paginator."""

    of: Callable[[str], Iterator[dict[str, Any]]]

    def paginate(self, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        return self.of(StackName)


@dataclass
class Lake:
    """A deployment with ways to put it into any state."""

    deployment: Deployment
    cloudformation: FakeCloudFormation

    @property
    def connection(self) -> Connection:
        return self.deployment.connection

    def ledger_entry(self, key: str, version: str, status: str, **values: Any) -> dict[str, Any]:
        item: dict[str, Any] = {
            ledger.OBJECT: f"s3://{RAW}/{key}",
            ledger.VERSION: sequencer(version),
            "status": status,
            "dataset": "flights",
            "version_id": f"v{version}",
            "updated_at": NOW,
            **values,
        }
        self.connection.table("ledger").put_item(Item=item)
        if status == "curated":
            head = {"object": item["object"], "version": "HEAD", "sequencer": item["version"]}
            self.connection.table("ledger").put_item(Item=head)
        return item

    def dead_letter(
        self, key: str, status: str = "open", *, table: str = "dead-letters", **values: Any
    ) -> None:
        item = {
            "message_key": key,
            "status": status,
            "body": f"body of {key}",
            "error_code": "wrong-columns",
            "error_message": "column `year` is missing",
            "subject": f"s3://{RAW}/landing/flights/{key[:4]}.csv",
            "archived_at": NOW,
            **values,
        }
        self.connection.table(table).put_item(Item=item)

    def letter_status(self, key: str) -> str:
        item = self.connection.table("dead-letters").get_item(Key={"message_key": key})["Item"]
        return str(item["status"])

    def send(self, output: Output, body: str) -> None:
        self.connection.sqs.send_message(QueueUrl=self.deployment[output], MessageBody=body)

    def waiting(self, output: Output) -> list[str]:
        """Return the bodies on a queue, and take them from it."""
        bodies = []
        while messages := self.connection.sqs.receive_message(
            QueueUrl=self.deployment[output], MaxNumberOfMessages=10
        ).get("Messages"):
            bodies += [message["Body"] for message in messages]
        return sorted(bodies)

    def objects(self, bucket: str) -> list[str]:
        answer = self.connection.s3.list_objects_v2(Bucket=bucket)
        return [each["Key"] for each in answer.get("Contents", [])]


def sequencer(version: str) -> str:
    return version.ljust(SEQUENCER_LENGTH, "0")


def deploy(connection: Connection, fake: FakeCloudFormation) -> None:
    for bucket in (RAW, CURATED, QUARANTINE):
        connection.s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        connection.s3.put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
        )
    create_table(connection, "ledger", (ledger.OBJECT, ledger.VERSION), "updated_at")
    create_table(connection, "dead-letters", (dead_letters.MESSAGE_KEY,), "archived_at")
    queues: dict[str, str] = {
        output: connection.sqs.create_queue(QueueName=name)["QueueUrl"]
        for output, name in (
            (Output.INGESTION_QUEUE_URL, "ingestion"),
            (Output.DEAD_LETTER_QUEUE_URL, "dead-letter"),
            (Output.PARKING_QUEUE_URL, "parking"),
        )
    }
    data_lake = StackName.DATA_LAKE.in_environment(ENVIRONMENT)
    ingestion = StackName.INGESTION.in_environment(ENVIRONMENT)
    fake.stacks = {
        data_lake: {
            Output.RAW_BUCKET_NAME: RAW,
            Output.CURATED_BUCKET_NAME: CURATED,
            Output.QUARANTINE_BUCKET_NAME: QUARANTINE,
            Output.LEDGER_TABLE_NAME: "ledger",
            Output.ALARM_TOPIC_ARN: connection.sns.create_topic(Name="alarms")["TopicArn"],
        },
        ingestion: {**queues, Output.DEAD_LETTER_TABLE_NAME: "dead-letters"},
    }
    fake.resources = {
        data_lake: [("AWS::S3::Bucket", name) for name in (RAW, CURATED, QUARANTINE)],
        ingestion: [("AWS::SQS::Queue", url) for url in queues.values()],
    }


def create_table(connection: Connection, name: str, keys: tuple[str, ...], index_key: str) -> None:
    key_schema: list[KeySchemaElementTypeDef] = [{"AttributeName": keys[0], "KeyType": "HASH"}]
    key_schema += [{"AttributeName": key, "KeyType": "RANGE"} for key in keys[1:]]
    connection.session.resource("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"} for each in (*keys, "status", index_key)
        ],
        KeySchema=key_schema,
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-status",
                "KeySchema": [
                    {"AttributeName": "status", "KeyType": "HASH"},
                    {"AttributeName": index_key, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
