"""The deployed app on a local cloud, as tests use it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from local import LocalCloud
from local.environment import ROOT
from ops import dead_letters, ledger
from ops.aws import connect
from ops.deployment import Deployment, find_environment
from ops.errors import OpsError
from ops.outcomes import versions_in
from ops.parquet import Row
from ops.queues import depths, wait_until_idle
from schemas.dead_letters import DeadLetter
from schemas.ledger import LedgerEntry, LedgerStatus
from schemas.names import Output
from tests.cloud import eventually

ENVIRONMENT = "local"
# What a function's cold start, two engineers' builds and a slow disk may take together.
PATIENCE_SECONDS = 60

POISON = b"a;b;c\n1;2;3\n"
"""No column of any contract."""


@dataclass(slots=True)
class Lake:
    """The app of environment `local`, deployed.

    Attributes:
        cloud: Where it is deployed.
        deployment: Its stacks.
        logged: Rows of the log of predictions, read so far, by address and size of the file.
    """

    cloud: LocalCloud
    deployment: Deployment
    logged: dict[tuple[str, int], list[Row]] = field(default_factory=dict)

    @classmethod
    def deploy(cls, cloud: LocalCloud) -> "Lake":
        """Deploy the working tree with the real CDK CLI; S3's test event is processed, too."""
        cloud.deploy(ROOT, env=ENVIRONMENT)
        lake = cls(cloud, find(cloud))
        lake.come_to_rest()
        return lake

    @property
    def function_name(self) -> str:
        """The ingest function."""
        return self.deployment[Output.INGEST_FUNCTION_NAME]

    def uri(self, key: str) -> str:
        """Return the address of a raw object."""
        return f"s3://{self.deployment[Output.RAW_BUCKET_NAME]}/{key}"

    def put(self, key: str, body: bytes) -> str:
        """Upload a raw file and return its version id."""
        bucket = self.deployment[Output.RAW_BUCKET_NAME]
        answer = self.deployment.connection.s3.put_object(Bucket=bucket, Key=key, Body=body)
        return answer["VersionId"]

    def send(self, *bodies: str) -> None:
        """Send messages to the ingestion queue, in this order."""
        for body in bodies:
            self.deployment.connection.sqs.send_message(
                QueueUrl=self.deployment[Output.INGESTION_QUEUE_URL], MessageBody=body
            )

    def versions(self, key: str) -> list[LedgerEntry]:
        """Return what the ledger says of the versions of a raw object, oldest first."""
        try:
            return ledger.entries_of(self.deployment, key)
        except OpsError:
            return []

    def in_force(self, key: str) -> LedgerEntry:
        """Return the one version of a raw object that is in force."""
        (entry,) = (e for e in self.versions(key) if e.status is LedgerStatus.CURATED)
        return entry

    def await_outcome(self, key: str, *, versions: int = 1) -> list[LedgerEntry]:
        """Wait until as many versions of a raw object have an outcome, and return them."""

        def finished() -> list[LedgerEntry]:
            return [e for e in self.versions(key) if e.status is not LedgerStatus.PROCESSING]

        eventually(
            lambda: len(finished()) >= versions,
            f"{versions} version(s) of {key} have an outcome; the ledger has {self.versions(key)}",
            seconds=PATIENCE_SECONDS,
        )
        return finished()

    def letters(self, key: str) -> list[DeadLetter]:
        """Return the dead letters whose message is about a raw object."""
        uri = self.uri(key)
        return [
            letter
            for letter in dead_letters.list_dead_letters(self.deployment)
            if any(
                version.uri == uri
                for version in versions_in(dead_letters.body_of(self.deployment, letter))
            )
        ]

    def await_letter(self, key: str, *, deaths: int = 1) -> DeadLetter:
        """Wait until the message about a raw object has died so often; return its dead letter."""

        def dead() -> DeadLetter | None:
            return next((each for each in self.letters(key) if each.deaths >= deaths), None)

        letter = eventually(
            dead, f"the message about {key} is dead-lettered", seconds=PATIENCE_SECONDS
        )
        assert isinstance(letter, DeadLetter)
        return letter

    def failures(self, key: str) -> list[dict[str, Any]]:
        """Return the last failures of the messages about a raw object."""
        (name,) = (
            table
            for table in self.deployment.resources("AWS::DynamoDB::Table")
            if "IngestionFailures" in table
        )
        items = self.deployment.connection.table(name).scan()["Items"]
        return [item for item in items if item["subject"] == self.uri(key)]

    def alarm(self, construct_id: str) -> dict[str, Any]:
        """Return the deployed alarm with this construct id, as CloudWatch describes it."""
        pages = self.cloud.client("cloudwatch").get_paginator("describe_alarms").paginate()
        (found,) = (
            each
            for page in pages
            for each in page["MetricAlarms"]
            if f"-{construct_id}" in each["AlarmName"]
        )
        return dict(found)

    def await_alarm(self, construct_id: str, state: str) -> None:
        """Wait until the alarm with this construct id is in a state."""
        eventually(
            lambda: self.alarm(construct_id)["StateValue"] == state,
            f"{construct_id} is {state}",
            seconds=PATIENCE_SECONDS,
        )

    def existing(self, uris: frozenset[str]) -> frozenset[str]:
        """Return those of `uris` that are objects."""
        s3 = self.deployment.connection.s3
        found = set()
        for uri in uris:
            bucket, key = ledger.split_uri(uri)
            if s3.list_objects_v2(Bucket=bucket, Prefix=key).get("KeyCount"):
                found.add(uri)
        return frozenset(found)

    def queue(self) -> Any:
        """Return how full the ingestion queue is."""
        return next(d for d in depths(self.deployment, with_age=False) if d.name == "ingestion")

    @property
    def visibility_seconds(self) -> int:
        """Time after which a message that was received and not answered reappears."""
        return int(self._queue_attributes()["VisibilityTimeout"])

    @property
    def last_receive_seconds(self) -> int:
        """Time from a message's first receive until its last one has failed, too."""
        policy = json.loads(self._queue_attributes()["RedrivePolicy"])
        return int(policy["maxReceiveCount"]) * self.visibility_seconds

    def _queue_attributes(self) -> Mapping[Any, str]:
        answer = self.deployment.connection.sqs.get_queue_attributes(
            QueueUrl=self.deployment[Output.INGESTION_QUEUE_URL], AttributeNames=["All"]
        )
        return answer["Attributes"]

    def come_to_rest(self) -> None:
        """Wait until no message is under way, those that must reappear first included."""
        longest = self.last_receive_seconds + PATIENCE_SECONDS
        # What must reappear first takes more than a minute; most tests leave nothing behind.
        assert any(
            wait_until_idle(self.deployment, timeout_seconds=seconds, poll_seconds=poll_seconds)
            for seconds, poll_seconds in ((2, 0.1), (longest, 0.5))
        ), f"messages are still under way: {depths(self.deployment, with_age=False)}"

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let messages gather: the queue feeds the function only after the block."""
        client = self.cloud.client("lambda")
        (mapping,) = client.list_event_source_mappings(FunctionName=self.function_name)[
            "EventSourceMappings"
        ]
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    def await_waiting(self, messages: int) -> None:
        """Wait, while paused, until so many messages have gathered."""
        eventually(
            lambda: self.queue().waiting == messages,
            f"{messages} messages wait; {self.queue()}",
        )

    def take_waiting(self, messages: int) -> list[str]:
        """Take so many messages off the queue, while paused, and return their bodies."""
        sqs, url = self.deployment.connection.sqs, self.deployment[Output.INGESTION_QUEUE_URL]
        bodies: list[str] = []
        self.await_waiting(messages)
        while len(bodies) < messages:
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                bodies.append(message["Body"])
        return bodies


def find(cloud: LocalCloud) -> Deployment:
    """Look the deployed app up."""
    connection = connect(find_environment(ENVIRONMENT), cloud.environment)
    return Deployment.find(ENVIRONMENT, connection)
