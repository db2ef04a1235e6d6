"""An environment that releases and predicts, beside one that trains."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from contracts.arrow import arrow_schema
from lambdas.predict.http import RefusedError, Request, response
from lambdas.predict.question import Question, read_question
from ops.deployment import Deployment
from schemas.names import Output, StackName
from schemas.predictions import (
    OBJECT_KEY,
    PREDICTIONS,
    REQUEST_KEY,
    prediction_id,
    predictions_prefix,
    request_key,
)
from schemas.releases import Action, Current, Release, ReleaseStatus, ReleaseTrigger, Serving
from tests.unit.lambdas.services import GROUP_ARN_PREFIX
from tests.unit.ops.hosting import FakeHosting
from tests.unit.ops.lake import CURATED, ENVIRONMENT, Lake, create_table
from tests.unit.ops.services import RELEASES, SCORINGS, FakeMachine
from tests.unit.ops.trained import RELEASE_TABLE, Training

ENDPOINT: Final = "mlops-local-flight-delay"
INFERENCE = StackName.INFERENCE.in_environment(ENVIRONMENT)
PREDICTION = StackName.PREDICTION.in_environment(ENVIRONMENT)
INDEX, LETTERS, FUNCTION = "prediction-index", "prediction-dead-letters", "predict"
CONFIG = "EndpointConfig-1"
MODEL_1, MODEL_2 = (f"{GROUP_ARN_PREFIX}/{version}" for version in (1, 2))
PREDICTED_AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

ROW: Mapping[str, Any] = {
    "year": 2013, "month": 3, "day": 9, "sched_dep_time": 515, "sched_arr_time": 819,
    "carrier": "UA", "flight": 1545, "origin": "EWR", "dest": "IAH", "distance": 1400,
    "temp": 39.0, "dewp": 28.0, "humid": 64.4, "wind_dir": 260, "wind_speed": 12.7,
    "wind_gust": None, "precip": 0.0, "pressure": 1011.9, "visib": 10.0,
}  # fmt: skip


def row(flight: int = 1545, **values: Any) -> dict[str, Any]:
    return {**ROW, "flight": flight, **values}


@dataclass
class FakePredict:
    """The predict function: it reads requests as the real one does, and scores them 0.25."""

    questions: list[Question] = field(default_factory=list)
    refusals: list[RefusedError] = field(default_factory=list)
    """What the next requests are refused with."""
    errors: list[Exception] = field(default_factory=list)
    """What the next invocations fail with, before the function runs."""
    crash: bool = False

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == FUNCTION
        if self.errors:
            raise self.errors.pop(0)
        if self.crash:
            answer: dict[str, Any] = {"errorMessage": "out of memory"}
            return {
                "FunctionError": "Unhandled",
                "Payload": io.BytesIO(json.dumps(answer).encode()),
            }
        return {"Payload": io.BytesIO(json.dumps(self._answer(json.loads(Payload))).encode())}

    def _answer(self, event: dict[str, Any]) -> dict[str, Any]:
        try:
            question = read_question(Request.from_event(event))
            if self.refusals:
                raise self.refusals.pop(0)
        except RefusedError as error:
            return error.response()
        self.questions.append(question)
        key = request_key(question.request_id, question.rows, MODEL_1, [0.25])
        body = {
            "request_id": question.request_id,
            "model_package_arn": MODEL_1,
            "variant": "champion",
            "predictions": [
                {"prediction_id": prediction_id(key, position), "score": 0.25}
                for position in range(len(question.rows))
            ],
        }
        return response(HTTPStatus.OK, body)


@dataclass
class Platform:
    """A deployment that serves, with ways to put it into any state."""

    training: Training
    deployment: Deployment
    sagemaker: FakeHosting
    machine: FakeMachine
    function: FakePredict

    @property
    def lake(self) -> Lake:
        return self.training.lake

    def serve(self, serving: Serving, *, config: str = CONFIG, **current: Any) -> None:
        """Let endpoint, stack and table agree on what serves."""
        rest = 100 - serving.challenger_percent
        weights = {"champion": rest, "challenger": serving.challenger_percent}
        shares = {name: (arn, weights[name]) for name, arn in serving.variants.items()}
        self.sagemaker.host(ENDPOINT, config, shares)
        self.stack(serving, config)
        self.record(serving, **current)

    def stack(self, serving: Serving, config: str = CONFIG) -> None:
        """Let the stack say that this serves."""
        fake = self.lake.cloudformation
        fake.parameters[INFERENCE] = {**serving.to_parameters(), "Other": "x"}
        fake.resources[INFERENCE] = [
            ("AWS::SageMaker::Endpoint", f"arn:aws:sagemaker:r:1:endpoint/{ENDPOINT}"),
            ("AWS::SageMaker::EndpointConfig", f"arn:aws:sagemaker:r:1:endpoint-config/{config}"),
        ]
        self.deployment = Deployment.find(ENVIRONMENT, self.deployment.connection)

    def record(self, serving: Serving, **values: str) -> None:
        """Let the table of releases say that this serves."""
        self._releases().put_item(Item=Current(serving=serving, **values).to_item())

    def add_release(self, release_id: str, **values: Any) -> Release:
        release = Release(
            release_id=release_id,
            **{
                "status": ReleaseStatus.SUCCEEDED,
                "action": Action.RELEASE,
                "trigger": ReleaseTrigger.MANUAL,
                "execution_arn": f"{RELEASES.replace('stateMachine', 'execution')}:{release_id}",
                "began_at": "2026-11-23T04:00:00+00:00",
            }
            | values,
        )
        self._releases().put_item(Item=release.to_item())
        return release

    def _releases(self) -> Any:
        return self.deployment.connection.table(RELEASE_TABLE)

    def log(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        request_id: str = "nightly-7",
        score: float | None = 0.25,
        day: str = "2026-11-23",
        **values: Any,
    ) -> list[str]:
        """Log predictions as the function of the log does; return their ids."""
        arn = values.get("model_package_arn", MODEL_1)
        key = request_key(request_id, rows, arn, [score] * len(rows))
        ids = [prediction_id(key, position) for position in range(len(rows))]
        provenance = {
            "request_id": request_id,
            "predicted_at": PREDICTED_AT,
            "score": score,
            "flaw": None,
            "variant": "champion",
            "model_package_arn": arn,
            "training_job_arn": "none",
            "code_sha256": "none",
            "manifest_uri": "none",
        }
        table = pa.Table.from_pylist(
            [
                {"prediction_id": name, **provenance, **asked, **values}
                for name, asked in zip(ids, rows, strict=True)
            ],
            schema=arrow_schema(PREDICTIONS),
        )
        object_key = f"{predictions_prefix(day)}{key}.parquet"
        self.put(object_key, table)
        item = {REQUEST_KEY: key, OBJECT_KEY: object_key}
        self.deployment.connection.table(INDEX).put_item(Item=item)
        return ids

    def arrive(self, rows: Sequence[Mapping[str, Any]], name: str = "file") -> None:
        """Let rows of the main dataset be curated in March 2013, without partition columns."""
        left_out = {"year", "month", "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust",
                    "precip", "pressure", "visib"}  # fmt: skip
        table = pa.Table.from_pylist(
            [{key: value for key, value in each.items() if key not in left_out} for each in rows]
        )
        self.put(f"curated/flights/year=2013/month=03/{name}.parquet", table)

    def put(self, key: str, table: pa.Table) -> None:
        buffer = io.BytesIO()
        pq.write_table(table, buffer)
        self.deployment.connection.s3.put_object(Bucket=CURATED, Key=key, Body=buffer.getvalue())


def deploy_serving(training: Training) -> Platform:
    """Deploy releases, endpoint and predictions beside the training."""
    connection, fake = training.deployment.connection, training.lake.cloudformation
    create_table(connection, LETTERS, ("message_key",), "archived_at")
    connection.session.resource("dynamodb").create_table(
        TableName=INDEX,
        AttributeDefinitions=[{"AttributeName": REQUEST_KEY, "AttributeType": "S"}],
        KeySchema=[{"AttributeName": REQUEST_KEY, "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    queues = {
        output.value: connection.sqs.create_queue(QueueName=f"predictions-{name}")["QueueUrl"]
        for output, name in (
            (Output.PREDICTION_QUEUE_URL, "log"),
            (Output.PREDICTION_DEAD_LETTER_QUEUE_URL, "dead-letter"),
            (Output.PREDICTION_PARKING_QUEUE_URL, "parking"),
        )
    }
    fake.stacks[StackName.RELEASE.in_environment(ENVIRONMENT)] = {
        Output.RELEASE_STATE_MACHINE_ARN: RELEASES
    }
    fake.stacks[INFERENCE] = {Output.ENDPOINT_NAME: ENDPOINT}
    fake.parameters[INFERENCE] = Serving().to_parameters()
    fake.stacks[PREDICTION] = {
        **queues,
        Output.PREDICT_FUNCTION_NAME: FUNCTION,
        Output.PREDICTION_INDEX_TABLE_NAME: INDEX,
        Output.PREDICTION_DEAD_LETTER_TABLE_NAME: LETTERS,
        Output.SCORING_STATE_MACHINE_ARN: SCORINGS,
    }
    function = FakePredict()
    connection.__dict__["functions"] = function
    deployment = Deployment.find(ENVIRONMENT, connection)
    return Platform(
        training=replace(
            training, deployment=deployment, lake=replace(training.lake, deployment=deployment)
        ),
        deployment=deployment,
        sagemaker=training.sagemaker,
        machine=training.machine,
        function=function,
    )
