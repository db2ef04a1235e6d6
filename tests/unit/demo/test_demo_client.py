"""The demo's client, on a predict function that reads requests as the real one does."""

import json
from collections.abc import Callable
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import pytest

from demo import client
from demo.client import NO_REPLY, Call, Client
from demo.errors import DemoError
from demo.questions import AirportDay
from lambdas.predict.http import RefusedError
from ops.request_files import RowFormat, read_rows
from schemas.predictions import split_prediction_id
from tests.unit.ops.serving import FUNCTION, MODEL_1, FakePredict, row

AMPLE_SECONDS = 60


class FakeDeployment:
    def __init__(self, function: object) -> None:
        self.connection = SimpleNamespace(functions=function)

    def __getitem__(self, output: str) -> str:
        return FUNCTION


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CALLS_PER_SECOND", 10_000)


@pytest.fixture
def days() -> list[AirportDay]:
    def day(name: str, flights: int) -> AirportDay:
        rows = json.dumps([row(number) for number in range(1, flights + 1)]).encode()
        (request,) = read_rows(rows, RowFormat.JSON).requests()
        return AirportDay(name=name, request=request)

    return [day("EWR-2013-12-01", 2), day("JFK-2013-12-01", 3)]


def asking(function: object, days: list[AirportDay], clock: Callable[[], float]) -> Client:
    deployment: Any = FakeDeployment(function)
    return Client(deployment, days, clock)


def test_a_client_goes_on_and_no_two_of_its_requests_have_the_same_id(
    days: list[AirportDay],
) -> None:
    function = FakePredict()

    with asking(function, days, lambda: 0.0) as asked:
        asked.wait_for(50, timeout_seconds=AMPLE_SECONDS)

    calls = asked.calls
    assert len(calls) == len(function.questions) >= 50
    assert len({each.request_id for each in calls}) == len(calls)
    assert {each.request_id for each in calls} == {each.request_id for each in function.questions}


def test_a_call_keeps_what_it_was_answered(days: list[AirportDay]) -> None:
    with asking(FakePredict(), days[:1], lambda: 7.0) as asked:
        asked.wait_for(1, timeout_seconds=AMPLE_SECONDS)

    found = asked.calls[0]
    assert found.is_answered
    assert (found.model, found.variant, found.rows) == (MODEL_1, "champion", 2)
    assert (found.began, found.ended, found.status) == (7.0, 7.0, HTTPStatus.OK)
    assert [split_prediction_id(each)[1] for each in found.prediction_ids] == [0, 1]


def test_a_refused_call_is_kept_and_the_client_goes_on(days: list[AirportDay]) -> None:
    refusal = RefusedError(HTTPStatus.BAD_GATEWAY, "model-failed", "the model failed")

    with asking(FakePredict(refusals=[refusal]), days, lambda: 0.0) as asked:
        asked.wait_for(10, timeout_seconds=AMPLE_SECONDS)

    assert [(each.status, each.code) for each in asked.calls if not each.is_answered] == [
        (HTTPStatus.BAD_GATEWAY, "model-failed")
    ]


def test_a_call_without_a_reply_is_kept_and_is_no_answer(days: list[AirportDay]) -> None:
    with asking(FakePredict(crash=True), days, lambda: 0.0) as asked:
        asked.wait_for(10, timeout_seconds=AMPLE_SECONDS)

    assert {each.status for each in asked.calls} == {NO_REPLY}
    assert not any(each.is_answered for each in asked.calls)
    assert "out of memory" in asked.calls[0].code


def test_a_client_that_cannot_go_on_says_so(days: list[AirportDay]) -> None:
    def broken() -> float:
        raise RuntimeError("the clock is broken")

    with (
        pytest.raises(RuntimeError, match="the clock is broken"),
        asking(FakePredict(), days, broken) as asked,
    ):
        asked.wait_for(1, timeout_seconds=AMPLE_SECONDS)


def test_waiting_for_calls_ends(days: list[AirportDay]) -> None:
    with (
        pytest.raises(DemoError, match="1000000000 calls"),
        asking(FakePredict(), days, lambda: 0.0) as asked,
    ):
        asked.wait_for(1_000_000_000, timeout_seconds=0)


def test_a_call_ends_when_its_reply_is_there() -> None:
    assert Call(request_id="a", began=3.0, seconds=0.5, rows=1, status=200).ended == 3.5
