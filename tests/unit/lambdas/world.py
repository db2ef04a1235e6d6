"""What surrounds the functions, and what tests ask of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pyarrow.parquet
from moto.moto_api._internal.models import moto_api_backend

from lambdas.archive import handler as archive_handler
from lambdas.archive.settings import Settings as ArchiveSettings
from lambdas.ingest import handler as ingest_handler
from lambdas.ingest.settings import Settings as IngestSettings
from lambdas.shared import clients
from schemas.datasets import DatasetContract, by_name
from schemas.dead_letters import MESSAGE_KEY, DeadLetter
from schemas.ledger import HEAD, OBJECT, STATUS_INDEX, VERSION, LedgerEntry, LedgerStatus
from schemas.messages import ObjectVersion, message_key, normalize_sequencer, s3_event

RAW, CURATED, QUARANTINE = "raw-bucket", "curated-bucket", "quarantine-bucket"
LEDGER, FAILURES, DEAD_LETTERS = "ledger", "failures", "dead-letters"
QUEUE = "ingestion"
QUEUE_URL = f"https://sqs.eu-west-1.amazonaws.com/123456789012/{QUEUE}"

INGEST_ENVIRONMENT = {
    "RAW_BUCKET_NAME": RAW,
    "CURATED_BUCKET_NAME": CURATED,
    "QUARANTINE_BUCKET_NAME": QUARANTINE,
    "LEDGER_TABLE_NAME": LEDGER,
    "FAILURE_TABLE_NAME": FAILURES,
    "DEAD_LETTER_TABLE_NAME": DEAD_LETTERS,
    "QUEUE_URL": QUEUE_URL,
    "MAX_FILE_BYTES": str(2**20),
}
ARCHIVE_ENVIRONMENT = {
    "SPILL_BUCKET_NAME": QUARANTINE,
    "SPILL_PREFIX": "dead-letters/",
}


def forget_clients() -> None:
    """Drop the cached clients, so that the next ones are made under the mock."""
    for client in (
        clients.s3_client,
        clients.s3_copying_client,
        clients.s3_request_client,
        clients.sqs_client,
        clients.sqs_request_client,
        clients.dynamodb_resource,
        clients.sagemaker_client,
        clients.stepfunctions_client,
        clients.cloudformation_client,
        clients.cloudwatch_client,
        clients.logs_client,
        clients.sns_client,
    ):
        client.cache_clear()


def forget_settings() -> None:
    """Settings are cached per execution environment; each test is a new one."""
    for settings in (IngestSettings, ArchiveSettings):
        settings.from_environ.cache_clear()


def use_contracts(*contracts: DatasetContract) -> None:
    """Deploy the ingest function with other contracts."""
    vars(ingest_handler)["DATASETS"] = by_name(contracts)


def new_world() -> "World":
    """Forget every resource of AWS, and begin anew."""
    moto_api_backend.reset()
    return World()


@dataclass
class FakeContext:
    """A Lambda context whose remaining time is a list of answers; the last one is repeated."""

    remaining_ms: list[int] = field(default_factory=lambda: [60_000])
    function_name: str = "function"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:function"
    aws_request_id: str = "request"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms.pop(0) if len(self.remaining_ms) > 1 else self.remaining_ms[0]


def sqs_record(
    body: str,
    message_id: str,
    *,
    receipt_handle: str = "handle",
    attributes: dict[str, str] | None = None,
) -> dict[str, Any]:
    """One record of the event that Lambda gives a function."""
    return {
        "messageId": message_id,
        "receiptHandle": receipt_handle,
        "body": body,
        "attributes": attributes or {},
        "eventSource": "aws:sqs",
    }


def invoke(
    handler: Any, records: list[dict[str, Any]], context: FakeContext | None = None
) -> list[str]:
    """Invoke a function with a batch; return the ids of the messages that it reports as failed."""
    response = handler.lambda_handler({"Records": records}, context or FakeContext())
    assert set(response) == {"batchItemFailures"}
    return sorted(failure["itemIdentifier"] for failure in response["batchItemFailures"])


def create_table(name: str, *keys: str, index: tuple[str, ...] = ()) -> None:
    """Create a table whose keys are strings, and its index by status."""
    indexes: dict[str, Any] = {
        "GlobalSecondaryIndexes": [
            {
                "IndexName": STATUS_INDEX,
                "KeySchema": _key_schema(index),
                "Projection": {"ProjectionType": "ALL"},
            }
        ]
    }
    clients.dynamodb_resource().create_table(
        TableName=name,
        KeySchema=_key_schema(keys),
        AttributeDefinitions=[
            {"AttributeName": key, "AttributeType": "S"} for key in (*keys, *index)
        ],
        BillingMode="PAY_PER_REQUEST",
        **(indexes if index else {}),
    )


def _key_schema(keys: tuple[str, ...]) -> list[Any]:
    return [
        {"AttributeName": key, "KeyType": "RANGE" if number else "HASH"}
        for number, key in enumerate(keys)
    ]


class World:
    """Buckets, tables and queues, and the functions between them."""

    def __init__(self) -> None:
        self.s3 = clients.s3_client()
        self.sqs = clients.sqs_client()
        self.tables = clients.dynamodb_resource()
        for bucket in (RAW, CURATED, QUARANTINE):
            self.s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
        self.s3.put_bucket_versioning(Bucket=RAW, VersioningConfiguration={"Status": "Enabled"})
        create_table(LEDGER, OBJECT, VERSION)
        create_table(FAILURES, MESSAGE_KEY)
        create_table(DEAD_LETTERS, MESSAGE_KEY)
        self.sqs.create_queue(QueueName=QUEUE)
        self._sequence = 0
        self._handles: list[str] = []

    def upload(self, key: str, content: bytes) -> ObjectVersion:
        """Put a raw object; return the version that its notification would announce."""
        response = self.s3.put_object(Bucket=RAW, Key=key, Body=content)
        self._sequence += 1
        return ObjectVersion(
            bucket=RAW,
            key=key,
            version_id=response["VersionId"],
            etag=response["ETag"].strip('"'),
            size=len(content),
            sequencer=normalize_sequencer(f"{self._sequence:016X}"),
        )

    def ingest(
        self, *bodies: str, receive_count: int = 1, context: FakeContext | None = None
    ) -> list[str]:
        """Deliver messages in one batch; return the ids of those that failed, `m0`, `m1`, ...

        They really lie in the queue, so that `visible_bodies` tells what became of them.
        """
        for handle in self._handles:
            self.sqs.delete_message(QueueUrl=QUEUE_URL, ReceiptHandle=handle)
        for body in bodies:
            self.sqs.send_message(QueueUrl=QUEUE_URL, MessageBody=body)
        received = self.sqs.receive_message(
            QueueUrl=QUEUE_URL, MaxNumberOfMessages=10, VisibilityTimeout=600
        )
        self._handles = [message["ReceiptHandle"] for message in received["Messages"]]
        records = [
            sqs_record(
                body,
                f"m{index}",
                receipt_handle=self._handles[index],
                attributes={"ApproximateReceiveCount": str(receive_count)},
            )
            for index, body in enumerate(bodies)
        ]
        return invoke(ingest_handler, records, context)

    def visible_bodies(self) -> list[str]:
        """Bodies of the messages of the last batch that anybody may receive now."""
        received = self.sqs.receive_message(QueueUrl=QUEUE_URL, MaxNumberOfMessages=10)
        return [message["Body"] for message in received.get("Messages", [])]

    def archive(self, body: str, message_id: str = "m0", *, sent_ms: int = 0) -> list[str]:
        """Deliver a message of the dead-letter queue; return the ids that failed."""
        attributes = {"SentTimestamp": str(sent_ms)} if sent_ms else {}
        return invoke(archive_handler, [sqs_record(body, message_id, attributes=attributes)])

    def send(self, version: ObjectVersion, **options: Any) -> bool:
        """Deliver the notification of `version`; return whether it succeeded."""
        return not self.ingest(s3_event(version), **options)

    def entry(self, version: ObjectVersion) -> LedgerEntry:
        """The ledger's item of `version`."""
        key = {OBJECT: version.uri, VERSION: version.sequencer}
        return LedgerEntry.from_item(self.tables.Table(LEDGER).get_item(Key=key)["Item"])

    def head(self, version: ObjectVersion) -> str:
        """Sequencer of the version in force."""
        key = {OBJECT: version.uri, VERSION: HEAD}
        item = self.tables.Table(LEDGER).get_item(Key=key).get("Item", {})
        return str(item.get("sequencer", ""))

    def failure(self, body: str) -> dict[str, Any]:
        """The failure table's item of a message; empty without one."""
        key = {MESSAGE_KEY: message_key(body)}
        return self.tables.Table(FAILURES).get_item(Key=key).get("Item", {})

    def dead_letter(self, body: str) -> DeadLetter | None:
        """The dead letter of a message, if there is one."""
        return next(iter(self.dead_letters([message_key(body)])), None)

    def dead_letters(self, message_keys: Iterable[str]) -> list[DeadLetter]:
        """The dead letters that there are of those with these keys."""
        table = self.tables.Table(DEAD_LETTERS)
        found = [table.get_item(Key={MESSAGE_KEY: key}).get("Item") for key in message_keys]
        return [DeadLetter.from_item(item) for item in found if item is not None]

    def objects(self, bucket: str) -> set[str]:
        """URIs of all objects of `bucket`."""
        listed = self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {f"s3://{bucket}/{item['Key']}" for item in listed}

    def lake(self) -> set[str]:
        """URIs of everything that ingestion has written."""
        return self.objects(CURATED) | self.objects(QUARANTINE)

    def read(self, uri: str) -> bytes:
        """Content of an object."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def quarantined(self, version: ObjectVersion) -> list[dict[str, Any]]:
        """Lines of the quarantine file of a curated version."""
        uri = self.entry(version).quarantine_uri
        return [json.loads(line) for line in self.read(uri).splitlines()] if uri else []

    def curated_rows(self, version: ObjectVersion) -> list[dict[str, Any]]:
        """Rows of the Parquet files of a curated version."""
        tables = [
            pyarrow.parquet.read_table(BytesIO(self.read(uri)))
            for uri in self.entry(version).curated_uris
        ]
        return [row for table in tables for row in table.to_pylist()]

    def entries(self) -> list[LedgerEntry]:
        """Every object version in the ledger."""
        items = self.tables.Table(LEDGER).scan()["Items"]
        return [LedgerEntry.from_item(item) for item in items if item[VERSION] != HEAD]

    def assert_lawful(self) -> None:
        """Nothing lost, nothing twice: the lake holds what the ledger says, and nothing else."""
        curated = [entry for entry in self.entries() if entry.status is LedgerStatus.CURATED]
        in_force = [uri for entry in curated for uri in entry.in_force_uris]
        assert sorted(self.lake()) == sorted(in_force)
        assert len({entry.object for entry in curated}) == len(curated)
        for entry in curated:
            version = ObjectVersion(
                bucket=RAW,
                key=entry.object.removeprefix(f"s3://{RAW}/"),
                version_id=entry.version_id,
                etag=entry.etag,
                size=entry.size,
                sequencer=entry.version,
            )
            assert self.head(version) == entry.version
            assert len(self.curated_rows(version)) == entry.rows_accepted
            assert len(self.quarantined(version)) == entry.rows_quarantined
            assert entry.rows_in == entry.rows_accepted + entry.rows_quarantined
            assert sum(entry.quarantined_by_reason.values()) == entry.rows_quarantined
