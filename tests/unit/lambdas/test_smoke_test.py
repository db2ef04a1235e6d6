"""The endpoint must answer what the evaluation got, by the model that was released."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from lambdas.shared.errors import PermanentError, TransientError
from lambdas.smoke_test import handler
from schemas.releases import Serving
from tests.unit.lambdas.endpoints import ENDPOINT
from tests.unit.lambdas.pipeline import ARTIFACTS
from tests.unit.lambdas.release_requests import arn_of
from tests.unit.lambdas.releasing import Releasing
from tests.unit.lambdas.world import FakeContext

SCORES = (0.05, 0.5, 0.95)


def golden(version: int) -> str:
    """Golden records; each version has scores of its own."""
    records = [
        {"request": {"flight": number}, "score": score / version}
        for number, score in enumerate(SCORES)
    ]
    return "".join(f"{json.dumps(each)}\n" for each in records)


def refusal(code: str, status: int = 400, **values: str) -> ClientError:
    metadata = {"HTTPStatusCode": status}
    error: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": metadata, **values}
    return ClientError(error, "InvokeEndpoint")


class FakeRuntime:
    """An endpoint whose variants answer as evaluated, after what `answers` says.

    Attributes:
        answers: What becomes of the next invocations: an error, or a document.
        asked: What was asked.
        seconds: How long each client may wait.
    """

    def __init__(self) -> None:
        self.answers: list[Exception | Mapping[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.seconds: list[int] = []

    def clients(self, seconds: int) -> "FakeRuntime":
        self.seconds.append(seconds)
        return self

    def invoke_endpoint(self, **request: Any) -> Mapping[str, Any]:
        self.asked.append(request)
        version = 2 if request.get("TargetVariant") == "challenger" else 1
        planned = self.answers.pop(0) if self.answers else answer(version)
        if isinstance(planned, Exception):
            raise planned
        return {"Body": io.BytesIO(json.dumps(planned).encode())}


def answer(version: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "predictions": [{"score": score / version} for score in SCORES],
        "model": {"package_arn": arn_of(version), "sha256": "5" * 64},
        **changes,
    }


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> FakeRuntime:
    fake = FakeRuntime()
    monkeypatch.setattr(handler, "sagemaker_runtime_client", fake.clients)
    monkeypatch.setattr("lambdas.smoke_test.invocation.sleep", lambda _seconds: None)
    return fake


@pytest.fixture
def registered(releasing: Releasing) -> Releasing:
    """Two versions with golden records."""
    for _ in range(2):
        version = releasing.register()
        releasing.put(golden_uri(version), golden(version).encode())
    return releasing


def golden_uri(version: int) -> str:
    return f"s3://{ARTIFACTS}/runs/{version}/evaluation/golden.jsonl"


def smoke_test(*, challenger: int = 0, context: FakeContext | None = None) -> dict[str, int]:
    serving = Serving(
        champion=arn_of(1),
        challenger=arn_of(challenger) if challenger else "",
        challenger_percent=10 if challenger else 0,
    )
    result: dict[str, int] = handler.lambda_handler(
        {"serving": serving.to_json()},
        context or FakeContext(),  # type: ignore[arg-type]
    )
    return result


@pytest.mark.usefixtures("registered")
def test_every_golden_record_is_asked_and_compared(runtime: FakeRuntime) -> None:
    assert smoke_test() == {"checked": 3}

    (asked,) = runtime.asked
    assert asked == {
        "EndpointName": ENDPOINT,
        "ContentType": "application/jsonlines",
        "Accept": "application/json",
        "Body": '{"flight": 0}\n{"flight": 1}\n{"flight": 2}\n',
    }


@pytest.mark.usefixtures("registered")
def test_each_variant_is_asked_by_name_when_there_are_two(runtime: FakeRuntime) -> None:
    """Serverless endpoints, which have one, refuse the name."""
    assert smoke_test(challenger=2) == {"checked": 6}

    assert [each["TargetVariant"] for each in runtime.asked] == ["champion", "challenger"]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            answer(predictions=[{"score": 0.05}, {"score": 0.500_002}, {"score": 0.95}]),
            f'record 2 of {golden_uri(1)} gets 0.500002 instead of 0.5: {{"flight": 1}}',
        ),
        (answer(predictions=[{"score": None}] * 3), "record 1 of .* gets None instead of 0.05"),
        (answer(predictions=[{"score": "0.05"}] * 3), "record 1 of .* gets '0.05'"),
        (answer(predictions=[{"score": 0.05}]), "3 rows got 1 scores"),
        (answer(predictions=[0.05, 0.5, 0.95]), "the answer has no scores"),
        ({"model": {"package_arn": arn_of(1)}}, "the answer has no scores"),
        (answer(2), f"{arn_of(2)} answers instead of {arn_of(1)}"),
        (answer(model={"package_arn": ""}), "an unknown model answers instead"),
        (answer(model="x"), "an unknown model answers instead"),
        ({}, "an unknown model answers instead"),
    ],
)
def test_an_answer_that_differs_is_told(
    runtime: FakeRuntime, found: Mapping[str, Any], said: str
) -> None:
    runtime.answers = [found]

    with pytest.raises(PermanentError, match="smoke-test-failed") as refused:
        smoke_test()

    refused.match(said)


@pytest.mark.usefixtures("registered")
def test_a_difference_of_rounding_is_none(runtime: FakeRuntime) -> None:
    runtime.answers = [answer(predictions=[{"score": score + 9e-7} for score in SCORES])]

    assert smoke_test() == {"checked": 3}


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    "busy",
    [
        refusal("Throttling"),
        refusal("ThrottlingException"),
        refusal("TooManyRequestsException"),
        refusal("AnythingElse", 500),
        refusal("ModelNotReadyException"),
        refusal("ServiceUnavailable"),
        refusal("InternalFailure"),
        ReadTimeoutError(endpoint_url="https://runtime"),
    ],
)
def test_an_endpoint_that_is_not_ready_is_asked_again_until_time_is_up(
    runtime: FakeRuntime, busy: Exception
) -> None:
    runtime.answers = [busy] * 3
    assert smoke_test() == {"checked": 3}
    assert len(runtime.asked) == 4

    runtime.answers = [busy] * 3
    with pytest.raises(TransientError, match="endpoint-busy: .* has not answered yet"):
        # The first answer sets the reserve, and each attempt takes one more.
        smoke_test(context=FakeContext(remaining_ms=[60_000] * 4 + [0]))
    assert len(runtime.asked) == 7


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("remaining_ms", "seconds"),
    [
        # The first answer sets the reserve, which is five seconds for all of these.
        ([300_000, 300_000, 66_000, 65_000, 13_500, 5_999], [60, 60, 60, 8]),
        ([60_000, 5_999], []),
    ],
)
def test_no_attempt_lasts_longer_than_the_time_that_is_left(
    runtime: FakeRuntime, remaining_ms: list[int], seconds: list[int]
) -> None:
    """Else the function is cut off, and nobody is told what it waited for."""
    runtime.answers = [ReadTimeoutError(endpoint_url="https://runtime")] * 9

    with pytest.raises(TransientError, match="endpoint-busy"):
        smoke_test(context=FakeContext(remaining_ms=remaining_ms))

    assert runtime.seconds == seconds


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            refusal("ModelError", OriginalMessage="KeyError: 'flight'"),
            f"answers an error: KeyError: 'flight'; see the log group .*/Endpoints/{ENDPOINT}",
        ),
        (refusal("ModelError", 500), "the model answers an error"),
        (refusal("ValidationError"), "the endpoint cannot be asked: .*ValidationError"),
        (refusal("AccessDeniedException"), "cannot be asked: .*AccessDenied"),
    ],
)
def test_a_refusal_ends_the_test(runtime: FakeRuntime, error: Exception, said: str) -> None:
    runtime.answers = [error]

    with pytest.raises(PermanentError, match=f"smoke-test-failed: .*{said}"):
        smoke_test()

    assert len(runtime.asked) == 1


Damage = Callable[[Releasing], object]


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize(
    ("code", "damage", "said"),
    [
        ("golden-missing", lambda each: each.delete(golden_uri(1)), "train again"),
        ("golden-missing", lambda each: each.hosting.packages.pop(arn_of(1)), "does not exist"),
        (
            "golden-missing",
            lambda each: each.change(1, CustomerMetadataProperties={}),
            "cannot be tested: the model package lacks",
        ),
        ("golden-missing", lambda each: _evaluated_at(each, "s3://elsewhere/e.json"), "not an"),
        (
            "golden-missing",
            lambda each: _evaluated_at(each, f"s3://{ARTIFACTS}/else.json"),
            "is not an evaluation/evaluation.json of",
        ),
        ("golden-unusable", lambda each: each.put(golden_uri(1), b""), "there are none"),
        ("golden-unusable", lambda each: each.put(golden_uri(1), b"{"), "cannot be used"),
        ("golden-unusable", lambda each: each.put(golden_uri(1), b"[]\n"), "cannot be used"),
        ("golden-unusable", lambda each: each.put(golden_uri(1), b'{"score": 1}\n'), "request"),
    ],
)
def test_a_model_without_golden_records_cannot_be_tested(
    registered: Releasing, code: str, damage: Damage, said: str
) -> None:
    damage(registered)

    with pytest.raises(PermanentError, match=code) as refused:
        smoke_test()

    assert said in refused.value.message


def _evaluated_at(releasing: Releasing, uri: str) -> None:
    properties = releasing.metadata(1).to_properties() | {"evaluation_uri": uri}
    releasing.change(1, CustomerMetadataProperties=properties)
