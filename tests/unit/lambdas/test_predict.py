"""An answer is given when it is logged; whatever else happens, the client is told clearly."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from lambdas.predict import handler
from lambdas.predict.budget import LOGGING_SECONDS
from lambdas.shared import clients
from lambdas.shared.clock import utc_now
from schemas.keys import split_uri
from schemas.names import SPILLED_PREDICTIONS_PREFIX
from schemas.predictions import SPILLED, Flaw, PredictionRecord
from tests.unit.lambdas.interference import intercepted, unavailable
from tests.unit.lambdas.predictions import (
    MAX_MESSAGE_BYTES,
    MODEL_SHA,
    ROW,
    FakeEndpoint,
    Predictions,
    forget_prediction_settings,
    row,
)
from tests.unit.lambdas.world import QUARANTINE, FakeContext

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/models/1"


pytestmark = pytest.mark.usefixtures("predictions")


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> FakeEndpoint:
    endpoint = FakeEndpoint(package_arn=ARN)
    monkeypatch.setitem(vars(handler), "sagemaker_runtime_client", endpoint.clients)
    return endpoint


def predict(body: Any, **headers: str) -> tuple[int, dict[str, Any], Mapping[str, str]]:
    """Ask over HTTP; return status, body and headers."""
    text = body if isinstance(body, str) else json.dumps(body)
    event = {
        "version": "2.0",
        "rawPath": "/",
        "headers": {"content-type": "application/json", **headers},
        "requestContext": {"http": {"method": "POST"}},
        "body": base64.b64encode(text.encode()).decode(),
        "isBase64Encoded": True,
    }
    answer = handler.lambda_handler(event, FakeContext())  # type: ignore[arg-type]
    assert answer["headers"]["content-type"] == "application/json"
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def test_an_answer_says_which_model_gave_it_and_was_logged(
    predictions: Predictions, endpoint: FakeEndpoint
) -> None:
    before = utc_now()

    status, answer, _ = predict({"request_id": "r", "rows": [ROW, row(month=2)]})

    (message,) = predictions.logged_messages()
    record = PredictionRecord.from_text(message)
    assert status == 200
    assert answer == {
        "request_id": "r",
        "model_package_arn": ARN,
        "variant": "champion",
        "predictions": [
            {"prediction_id": f"{record.key}.0", "score": 0.25},
            {"prediction_id": f"{record.key}.1", "score": 0.25},
        ],
    }
    assert record.rows == (ROW, row(month=2))
    assert record.scores == (0.25, 0.25)
    assert (record.request_id, record.variant) == ("r", "champion")
    assert (record.model_package_arn, record.model_sha256) == (ARN, MODEL_SHA)
    assert before <= record.moment <= utc_now()
    assert len(endpoint.asked) == 1


def test_what_was_answered_is_logged_as_it_was_answered(
    predictions: Predictions, endpoint: FakeEndpoint
) -> None:
    """From the request to the table."""
    endpoint.package_arn = predictions.add_model()
    _, answer, _ = predict([ROW, row(origin="JFK", temp=None)])

    assert predictions.deliver(*predictions.logged_messages()) == []

    rows = predictions.rows()
    assert [each["prediction_id"] for each in rows] == [
        each["prediction_id"] for each in answer["predictions"]
    ]
    assert [each["score"] for each in rows] == [0.25, 0.25]
    assert [each["flaw"] for each in rows] == [None, None]
    assert [each["temp"] for each in rows] == [39.02, None]


@pytest.mark.usefixtures("endpoint")
def test_a_repetition_is_answered_and_logged_under_the_same_key(predictions: Predictions) -> None:
    answers = [predict(ROW, **{"X-Request-Id": "r"})[1] for _ in range(2)]

    assert answers[0] == answers[1]
    keys = {PredictionRecord.from_text(each).key for each in predictions.logged_messages()}
    assert len(keys) == 1


def test_requests_without_an_id_are_told_apart(endpoint: FakeEndpoint) -> None:
    ids = {predict(ROW)[1]["request_id"] for _ in range(3)}

    assert len(ids) == 3
    assert {headers["X-Amzn-SageMaker-Inference-Id"] for _, headers, _ in endpoint.asked} == ids


@pytest.mark.parametrize(
    ("score", "said", "flaw"),
    [
        ("NaN", None, Flaw.NOT_A_NUMBER),
        ("Infinity", None, Flaw.NOT_A_NUMBER),
        ("1.25", 1.25, Flaw.OUT_OF_RANGE),
    ],
)
def test_a_flawed_score_is_answered_with_its_flaw_and_logged(
    predictions: Predictions, endpoint: FakeEndpoint, score: str, said: float | None, flaw: Flaw
) -> None:
    endpoint.answers = [b'{"predictions": [{"score": %s}]}' % score.encode()]

    status, answer, _ = predict(ROW)

    (prediction,) = answer["predictions"]
    assert (status, prediction["score"], prediction["flaw"]) == (200, said, flaw)
    (message,) = predictions.logged_messages()
    assert PredictionRecord.from_text(message).scores == (said,)


@pytest.mark.usefixtures("endpoint")
def test_what_is_too_large_for_the_queue_is_logged_through_the_bucket(
    predictions: Predictions,
) -> None:
    status, answer, _ = predict([row(dest="ééé")] * 100)

    assert status == 200
    (message,) = predictions.logged_messages()
    bucket, key = split_uri(json.loads(message)[SPILLED])
    text = predictions.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    record = PredictionRecord.from_text(text)
    assert len(text) > MAX_MESSAGE_BYTES
    assert (bucket, key) == (
        QUARANTINE,
        f"{SPILLED_PREDICTIONS_PREFIX}{record.day}/{record.key}.json",
    )
    assert predictions.deliver(message) == []
    assert {each["prediction_id"] for each in predictions.rows()} == {
        each["prediction_id"] for each in answer["predictions"]
    }


@pytest.mark.usefixtures("endpoint")
def test_a_record_that_just_fits_goes_through_the_queue(
    predictions: Predictions, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict(ROW, **{"x-request-id": "r"})
    (message,) = predictions.logged_messages()
    fitting = len(message.encode())

    for limit, is_spilled in ((fitting, False), (fitting - 1, True)):
        monkeypatch.setenv("MAX_MESSAGE_BYTES", str(limit))
        forget_prediction_settings()
        predict(ROW, **{"x-request-id": "r"})
        (message,) = predictions.logged_messages()
        assert (SPILLED in json.loads(message)) == is_spilled


@pytest.mark.usefixtures("endpoint")
@pytest.mark.parametrize("operation", ["SendMessage", "PutObject"])
def test_what_cannot_be_logged_is_not_answered(
    predictions: Predictions, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    def refuse(called: str, call: Any) -> Any:
        if called == operation:
            raise unavailable(called)
        return call()

    with intercepted(refuse, monkeypatch):
        status, answer, headers = predict([row(dest="ééé")] * 100)

    assert (status, answer["error"]["code"]) == (503, "not-logged")
    assert set(answer) == {"error"}
    assert headers["retry-after"]
    assert predictions.logged_messages() == []


def test_bad_rows_are_listed_and_nothing_is_asked(endpoint: FakeEndpoint) -> None:
    status, answer, _ = predict([ROW, row(month=13)])

    assert status == 422
    assert answer["error"]["code"] == "invalid-rows"
    assert answer["rows"] == [
        {"row": 2, "column": "month", "code": "range", "message": "13 is above the maximum 12"}
    ]
    assert endpoint.asked == []


def test_a_model_that_fails_is_not_logged(predictions: Predictions, endpoint: FakeEndpoint) -> None:
    endpoint.answers = [b"nonsense"]

    status, answer, _ = predict(ROW)

    assert (status, answer["error"]["code"]) == (502, "invalid-answer")
    assert predictions.logged_messages() == []


def test_an_error_that_nobody_foresaw_shows_nothing_of_itself(endpoint: FakeEndpoint) -> None:
    endpoint.answers = [ZeroDivisionError("secret")]

    status, answer, _ = predict(ROW)

    assert (status, answer["error"]["code"]) == (500, "internal")
    assert "secret" not in json.dumps(answer)
    assert FakeContext().aws_request_id in answer["error"]["message"]


@pytest.mark.usefixtures("endpoint")
@pytest.mark.parametrize("event", [{}, {"Records": []}, {"headers": None, "body": None}])
def test_an_event_that_is_no_request_is_refused(event: dict[str, Any]) -> None:
    answer = handler.lambda_handler(event, FakeContext())  # type: ignore[arg-type]

    assert answer["statusCode"] in (404, 405)


def test_the_clients_of_a_request_wait_no_longer_than_they_may() -> None:
    """What `LOGGING_SECONDS` says: connecting, reading and a pause, twice."""
    config: Any = clients.sqs_request_client().meta.config
    attempts = config.retries["total_max_attempts"]

    assert attempts * (config.connect_timeout + config.read_timeout) + 1 <= LOGGING_SECONDS
    runtime: Any = clients.sagemaker_runtime_client(7)
    assert runtime.meta.config.read_timeout == 7
    assert runtime.meta.config.retries["total_max_attempts"] == 1
