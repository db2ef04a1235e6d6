import pytest

from demo import traffic
from demo.client import Call

ARN = "arn:aws:sagemaker:us-east-1:000000000000:model-package/flight-delay"


def made(ended: float, model: int | None) -> Call:
    """Return a call that took half a second, without an answer when no model gave one."""
    made_call = Call(request_id=f"at-{ended}", began=ended - 0.5, seconds=0.5, rows=1, status=502,
                     code="model-failed")  # fmt: skip
    if model is None:
        return made_call
    return Call(
        request_id=f"at-{ended}", began=ended - 0.5, seconds=0.5, rows=1, status=200,
        variant="champion", model=f"{ARN}/{model}", prediction_ids=("a.0",)
    )  # fmt: skip


def test_calls_are_counted_by_who_answered_when_the_reply_came() -> None:
    calls = [made(10.0, 9), made(11.9, 9), made(12.0, 10), made(16.5, None)]

    found = traffic.by_model(calls, bucket_seconds=2)

    assert found.seconds == [10, 12, 14, 16]
    assert list(found.per_second.items()) == [
        ("model 9", [1, 0, 0, 0]),
        ("model 10", [0, 0.5, 0, 0]),
        ("errors", [0, 0, 0, 0.5]),
    ]


def test_no_call_goes_uncounted() -> None:
    calls = [made(number / 7, number % 3 or None) for number in range(100)]

    found = traffic.by_model(calls, bucket_seconds=2)

    assert sum(map(sum, found.per_second.values())) * 2 == pytest.approx(len(calls))


def test_without_calls_there_is_nothing_to_see() -> None:
    assert traffic.by_model([]) == traffic.Traffic(seconds=[], per_second={})
    assert traffic.errors_in([made(1.0, 1)]) == traffic.Errors(errors=0, calls=0)
    assert traffic.errors_in([]).share == 0


def test_errors_are_seen_against_the_calls_of_their_time() -> None:
    calls = [made(1.0, 1), made(2.0, None), made(3.0, 1), made(4.0, 1), made(5.0, None)]

    found = traffic.errors_in(reversed(calls))

    assert (found.first, found.last, found.calls, found.share) == (2.0, 5.0, 4, 0.5)


def test_a_quantile_is_the_time_within_which_that_share_had_replies() -> None:
    calls = [
        Call(request_id=str(number), began=0, seconds=float(number), rows=1, status=200)
        for number in range(1, 101)
    ]

    assert traffic.quantile(calls, 0.5) == 50
    assert traffic.quantile(calls, 0.95) == 95
    assert traffic.quantile(calls[:1], 0.95) == 1
