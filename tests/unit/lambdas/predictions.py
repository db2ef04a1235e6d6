"""What surrounds the predict function and the prediction log, and what tests ask of them."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
import pyarrow.parquet
from botocore.response import StreamingBody
from moto.moto_api._internal.models import moto_api_backend

from lambdas.predict.settings import Settings as PredictSettings
from lambdas.prediction_log import handler as log_handler
from lambdas.prediction_log.settings import Settings as LogSettings
from lambdas.shared import clients
from lambdas.shared.clients import SageMakerRuntimeClient
from schemas.dead_letters import MESSAGE_KEY
from schemas.messages import message_key
from schemas.names import PREDICTIONS_PREFIX
from schemas.predictions import REQUEST_KEY, PredictionRecord, request_key
from tests.unit.lambdas.models import RUN
from tests.unit.lambdas.pipeline import metadata
from tests.unit.lambdas.services import FakeSageMaker, Service
from tests.unit.lambdas.world import (
    CURATED,
    DEAD_LETTERS,
    FAILURES,
    QUARANTINE,
    QUEUE,
    QUEUE_URL,
    FakeContext,
    create_table,
    invoke,
    sqs_record,
)

INDEX = "index"
ENDPOINT = "mlops-test-flight-delay"
MAX_MESSAGE_BYTES = 20_000
MODEL_SHA = "5" * 64

PREDICTION_ENVIRONMENT = {
    "ENDPOINT_NAME": ENDPOINT,
    "LOG_QUEUE_URL": QUEUE_URL,
    "SPILL_BUCKET_NAME": QUARANTINE,
    "MAX_MESSAGE_BYTES": str(MAX_MESSAGE_BYTES),
    "LATENCY_BUDGET_SECONDS": "20",
    "CURATED_BUCKET_NAME": CURATED,
    "INDEX_TABLE_NAME": INDEX,
    "FAILURE_TABLE_NAME": FAILURES,
    "DEAD_LETTER_TABLE_NAME": DEAD_LETTERS,
    "QUEUE_URL": QUEUE_URL,
}

ROW: Mapping[str, Any] = {
    "year": 2013, "month": 1, "day": 1, "sched_dep_time": 515, "sched_arr_time": 819,
    "carrier": "UA", "flight": 1545, "origin": "EWR", "dest": "IAH", "distance": 1400,
    "temp": 39.02, "dewp": 28.04, "humid": 64.43, "wind_dir": 260, "wind_speed": 12.7,
    "wind_gust": None, "precip": 0.0, "pressure": 1011.9, "visib": 10.0,
}  # fmt: skip


def row(**values: Any) -> dict[str, Any]:
    """One row that honours the contract, but for `values`."""
    return {**ROW, **values}


def forget_prediction_settings() -> None:
    """Settings and models are cached per execution environment; each test is a new one."""
    for cached in (PredictSettings.from_environ, LogSettings.from_environ, log_handler.provenances):
        cached.cache_clear()


@cache
def _runtime_client() -> Any:
    # Takes long to create, and no test gets past the fake behind it.
    return boto3.client("sagemaker-runtime")


@dataclass
class FakeEndpoint(Service):
    """An endpoint that answers `score` to every row, after what `answers` says.

    Attributes:
        answers: What becomes of the next invocations: an error that is raised, or a body.
        asked: The rows, headers and seconds of each invocation.
    """

    package_arn: str = ""
    score: float = 0.25
    answers: list[Exception | bytes] = field(default_factory=list)
    asked: list[tuple[list[Any], Mapping[str, str], int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._client = _runtime_client()
        self._seconds = 0
        self.install(self._client)

    def clients(self, seconds: int) -> SageMakerRuntimeClient:
        """See `lambdas.shared.clients.sagemaker_runtime_client`."""
        self._seconds = seconds
        client: SageMakerRuntimeClient = self._client
        return client

    def answer_of(self, rows: int) -> bytes:
        document = {
            "predictions": [{"score": self.score}] * rows,
            "model": {"package_arn": self.package_arn, "sha256": MODEL_SHA},
        }
        return json.dumps(document).encode()

    def _answer(self, model: Any, params: Mapping[str, Any], **_: Any) -> Any:
        assert model.name == "InvokeEndpoint"
        assert params["url_path"] == f"/endpoints/{ENDPOINT}/invocations"
        rows = [json.loads(line) for line in params["body"].splitlines()]
        self.asked.append((rows, dict(params["headers"]), self._seconds))
        planned = self.answers.pop(0) if self.answers else self.answer_of(len(rows))
        if isinstance(planned, Exception):
            raise planned
        body = StreamingBody(io.BytesIO(planned), len(planned))
        return _Ok(), {"Body": body, "InvokedProductionVariant": "champion"}


@dataclass(frozen=True)
class _Ok:
    status_code: int = 200


def record(request_id: str = "r", *rows: Mapping[str, Any], **changes: Any) -> PredictionRecord:
    """What the predict function logs of a request, but for `changes`."""
    values: dict[str, Any] = {
        "request_id": request_id,
        "predicted_at": "2026-03-01T12:00:00.000000+00:00",
        "variant": "champion",
        "model_package_arn": "",
        "model_sha256": MODEL_SHA,
        "rows": rows or (ROW,),
        "scores": (0.25,) * (len(rows) or 1),
        **changes,
    }
    answer = (values["rows"], values["model_package_arn"], values["scores"])
    return PredictionRecord(**{"key": request_key(request_id, *answer)} | values)


def new_predictions() -> "Predictions":
    """Forget every resource of AWS, and begin anew."""
    moto_api_backend.reset()
    forget_prediction_settings()
    return Predictions()


class Predictions:
    """An endpoint, the queue of the log, the table that it becomes, and the functions between."""

    def __init__(self) -> None:
        self.s3 = clients.s3_client()
        self.sqs = clients.sqs_client()
        self.tables = clients.dynamodb_resource()
        for bucket in (CURATED, QUARANTINE):
            self.s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
        create_table(INDEX, REQUEST_KEY)
        create_table(FAILURES, MESSAGE_KEY)
        create_table(DEAD_LETTERS, MESSAGE_KEY)
        self.sqs.create_queue(QueueName=QUEUE)
        self.registry = FakeSageMaker()
        self.registry.install(clients.sagemaker_client())

    def add_model(self) -> str:
        """Register a model that says where it comes from; return its ARN."""
        properties = metadata(RUN.to_json()).to_properties()
        return self.registry.add(CustomerMetadataProperties=properties)

    def lose_registry(self) -> None:
        """Let the registry know no package any more."""
        self.registry.packages.clear()

    def logged_messages(self) -> list[str]:
        """Take the messages from the log's queue."""
        received = self.sqs.receive_message(QueueUrl=QUEUE_URL, MaxNumberOfMessages=10)
        return [message["Body"] for message in received.get("Messages", [])]

    def deliver(
        self, *bodies: str, receive_count: int = 1, context: FakeContext | None = None
    ) -> list[str]:
        """Deliver messages in one batch to the log; return the ids that failed: `m0`, `m1`, ..."""
        attributes = {"ApproximateReceiveCount": str(receive_count)}
        records = [
            sqs_record(body, f"m{index}", attributes=attributes)
            for index, body in enumerate(bodies)
        ]
        return invoke(log_handler, records, context)

    def files(self) -> list[str]:
        """Keys of the table's files."""
        listed = self.s3.list_objects_v2(Bucket=CURATED, Prefix=PREDICTIONS_PREFIX)
        return [each["Key"] for each in listed.get("Contents", [])]

    def rows_in(self, key: str) -> list[dict[str, Any]]:
        """Rows of one file of the table."""
        content = self.s3.get_object(Bucket=CURATED, Key=key)["Body"].read()
        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()
        return rows

    def rows(self) -> list[dict[str, Any]]:
        """Rows of the table, in the order of their ids."""
        found = [row for key in self.files() for row in self.rows_in(key)]
        return sorted(found, key=lambda each: str(each["prediction_id"]))

    def index(self, key: str) -> dict[str, Any]:
        """What the index knows of a request."""
        return self.tables.Table(INDEX).get_item(Key={REQUEST_KEY: key}).get("Item", {})

    def failure(self, body: str) -> dict[str, Any]:
        """The failure table's item of a message; empty without one."""
        key = {MESSAGE_KEY: message_key(body)}
        return self.tables.Table(FAILURES).get_item(Key=key).get("Item", {})

    def assert_logged_once(self, *records: PredictionRecord) -> None:
        """Each request is in exactly the file that the index names, and nothing else is."""
        ids = [row["prediction_id"] for row in self.rows()]
        expected = [f"{each.key}.{n}" for each in records for n in range(len(each.rows))]
        assert ids == sorted(expected)
        for each in records:
            held = self.rows_in(self.index(each.key)["object_key"])
            assert f"{each.key}.0" in [row["prediction_id"] for row in held]
