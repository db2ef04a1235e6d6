"""The endpoint is asked again as long as it is of use and there is time, and no longer."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
)

from lambdas.predict.budget import LOGGING_SECONDS, Budget
from lambdas.predict.endpoint import Endpoint
from lambdas.predict.http import RefusedError
from tests.unit.lambdas.predictions import ENDPOINT, MODEL_SHA, ROW, FakeEndpoint

URL = "https://runtime.sagemaker.eu-west-1.amazonaws.com"
SECONDS = 30
# A pause may come to nothing, so attempts have to take time for the budget to end.
ATTEMPT_SECONDS = 0.5


def refused(code: str, status: int = 400, message: str = "no", **details: Any) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **details,
    }
    return ClientError(response, "InvokeEndpoint")


class FakeTime:
    """Passes while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Asking:
    """Asks an endpoint within a budget."""

    def __init__(self) -> None:
        self.endpoint = FakeEndpoint(package_arn="arn:1")
        self.time = FakeTime()
        self.remaining_ms: Callable[[], int] = lambda: 900_000

    def __call__(self, rows: int = 1, seconds: float = SECONDS) -> Any:
        endpoint = Endpoint(ENDPOINT, self._client, self.time.sleep)
        budget = Budget(seconds, self.remaining_ms, self.time)
        return endpoint.ask([ROW] * rows, "r", budget)

    def refusal(self, **options: Any) -> RefusedError:
        with pytest.raises(RefusedError) as caught:
            self(**options)
        return caught.value

    def _client(self, seconds: int) -> Any:
        self.time.now += ATTEMPT_SECONDS
        return self.endpoint.clients(seconds)


@pytest.fixture
def asking(_aws: None) -> Asking:
    return Asking()


def test_rows_are_asked_in_one_request_with_the_id(asking: Asking) -> None:
    asking.endpoint.score = 0.75

    answer = asking(2)

    assert (answer.scores, answer.variant) == ((0.75, 0.75), "champion")
    assert (answer.model_package_arn, answer.model_sha256) == ("arn:1", MODEL_SHA)
    ((rows, headers, _),) = asking.endpoint.asked
    assert rows == [ROW, ROW]
    assert headers["Content-Type"] == "application/jsonlines"
    assert headers["Accept"] == "application/json"
    assert headers["X-Amzn-SageMaker-Inference-Id"] == "r"


PASSING = {
    "throttled": refused("ThrottlingException"),
    "starting": refused("ModelNotReadyException", 429),
    "internal": refused("InternalFailure", 500),
    "dependency": refused("InternalDependencyException", 530),
    "unavailable": refused("ServiceUnavailable", 503),
    "of another name": refused("502", 502),
    "not connected": ConnectTimeoutError(endpoint_url=URL),
    "no connection": EndpointConnectionError(endpoint_url=URL),
    "no answer": ReadTimeoutError(endpoint_url=URL),
    "half an answer": IncompleteReadError(actual_bytes=1, expected_bytes=2),
}


@pytest.mark.parametrize("error", PASSING.values(), ids=PASSING)
def test_what_passes_is_asked_again(asking: Asking, error: Exception) -> None:
    asking.endpoint.answers = [error, error]

    assert asking().scores == (0.25,)
    assert len(asking.time.pauses) == 2


@pytest.mark.parametrize("error", PASSING.values(), ids=PASSING)
def test_what_does_not_pass_in_time_is_busy(asking: Asking, error: Exception) -> None:
    """The whole lasts as long as the budget at most; each attempt waits for what is left of it."""
    asking.endpoint.answers = [error] * 1_000

    refusal = asking.refusal()

    assert (refusal.status, refusal.code) == (503, "endpoint-busy")
    assert refusal.headers["retry-after"]
    spent = asking.time.now - 1_000
    # The last attempt ends before the budget does, and not much earlier than it must.
    assert SECONDS - 4 < spent <= SECONDS
    waits = [seconds for _, _, seconds in asking.endpoint.asked]
    assert waits[0] == SECONDS
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] >= 1


def test_pauses_grow_and_are_jittered(asking: Asking) -> None:
    asking.endpoint.answers = [PASSING["throttled"]] * 1_000

    asking.refusal(seconds=600)

    pauses = asking.time.pauses
    assert all(pause <= 0.1 * 2**n for n, pause in enumerate(pauses[:5]))
    assert max(pauses) <= 2
    assert len(set(pauses)) == len(pauses)
    assert sum(pauses[5:]) / len(pauses[5:]) > 0.5


def test_a_cold_start_within_the_budget_is_waited_out(asking: Asking) -> None:
    asking.endpoint.answers = [PASSING["starting"]] * 15

    assert asking(seconds=60).scores == (0.25,)
    assert asking.time.now - 1_000 <= 60


def test_the_functions_own_end_bounds_the_budget(asking: Asking) -> None:
    """Whoever is killed answers nothing, and has logged nothing."""
    end = asking.time.now + LOGGING_SECONDS + 5
    asking.remaining_ms = lambda: int((end - asking.time.now) * 1_000)
    asking.endpoint.answers = [PASSING["throttled"]] * 1_000

    assert asking.refusal().code == "endpoint-busy"
    assert asking.time.now <= end - LOGGING_SECONDS


def test_one_attempt_is_made_however_little_is_left(asking: Asking) -> None:
    assert asking(seconds=0).scores == (0.25,)
    assert [seconds for _, _, seconds in asking.endpoint.asked] == [1]


MODEL_SAYS: dict[str, Any] = {
    "OriginalMessage": '{"error": "no column carrier"}',
    "OriginalStatusCode": 400,
}
FINAL = {
    "model refuses": (refused("ModelError", 424, **MODEL_SAYS), 502, "model-refused"),
    "model fails": (refused("ModelError", 424, OriginalStatusCode=500), 502, "model-failed"),
    "model says nothing": (refused("ModelError", 424), 502, "model-failed"),
    "no endpoint": (
        refused("ValidationError", message=f"Endpoint {ENDPOINT} of account 1 not found."),
        503,
        "no-endpoint",
    ),
    "invalid": (refused("ValidationError", message="Payload too large"), 502, "endpoint-refused"),
    "forbidden": (refused("AccessDeniedException", 403), 502, "endpoint-refused"),
}


@pytest.mark.parametrize(("error", "status", "code"), FINAL.values(), ids=FINAL)
def test_what_does_not_pass_is_not_asked_again(
    asking: Asking, error: Exception, status: int, code: str
) -> None:
    asking.endpoint.answers = [error]

    refusal = asking.refusal()

    assert (refusal.status, refusal.code) == (status, code)
    assert len(asking.endpoint.asked) == 1


def test_a_model_that_refuses_is_quoted(asking: Asking) -> None:
    asking.endpoint.answers = [FINAL["model refuses"][0]]

    assert "no column carrier" in asking.refusal().message


def test_without_an_endpoint_the_remedy_is_named(asking: Asking) -> None:
    asking.endpoint.answers = [FINAL["no endpoint"][0]]

    refusal = asking.refusal()

    assert "approve a model package" in refusal.message
    assert refusal.headers["retry-after"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\xff", b"[]", b"null", b"{}", b'{"predictions": 1}', b'{"predictions": [1]}',
        b'{"predictions": []}', b'{"predictions": [{"score": 0.1}, {"score": 0.1}]}',
        b'{"predictions": [{"score": "high"}]}', b'{"predictions": [{"score": true}]}',
        b'{"predictions": [{"score": 1' + b"0" * 400 + b"}]}", b"[" * 100_000,
        b'{"predictions": [{"score": 0.1}], "model": "m"}',
    ],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_no_answer(asking: Asking, body: bytes) -> None:
    asking.endpoint.answers = [body]

    refusal = asking.refusal()

    assert (refusal.status, refusal.code) == (502, "invalid-answer")


@pytest.mark.parametrize("score", ["null", "NaN", "Infinity", "-Infinity", "1e999"])
def test_a_score_that_is_no_number_is_none(asking: Asking, score: str) -> None:
    asking.endpoint.answers = [b'{"predictions": [{"score": %s}]}' % score.encode()]

    answer = asking()

    assert (answer.scores, answer.model_package_arn) == ((None,), "")
