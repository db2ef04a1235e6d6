"""What may go wrong for a client while a bad model is released, and what may not."""

import pytest

from demo.bad_release import wrong_errors
from demo.client import Call

CANARY_PERCENT = 25.0


def calls(outcomes: str) -> list[Call]:
    """Return a call per letter, one a second: `.` was answered, `F` the model failed."""
    return [
        Call(request_id=str(number), began=number, seconds=0.5, rows=1,
             status=200 if letter == "." else 502,
             code="" if letter == "." else "model-failed")
        for number, letter in enumerate(outcomes)
    ]  # fmt: skip


@pytest.mark.parametrize("outcomes", ["....F...F.....F.....", "...F....", "..FF.."])
def test_errors_within_the_canarys_share_are_what_a_canary_is_for(outcomes: str) -> None:
    assert list(wrong_errors(calls(outcomes), CANARY_PERCENT)) == []


def test_a_bad_model_that_nobody_met_shows_nothing() -> None:
    assert list(wrong_errors(calls("......"), CANARY_PERCENT)) == ["no call met the bad model"]


def test_more_errors_than_the_canary_can_have_caused_are_found() -> None:
    (wrong,) = wrong_errors(calls("." * 20 + "F" * 50), CANARY_PERCENT)

    assert wrong == "100% of the calls failed, the canary gets 25%"


def test_errors_that_are_not_the_models_are_found() -> None:
    other = Call(request_id="x", began=3, seconds=0.1, rows=1, status=503, code="not-logged")

    (wrong,) = wrong_errors([*calls("....F...F..."), other], CANARY_PERCENT)

    assert "not-logged" in wrong
