"""Workers of the log may die at any AWS call and cross at any: each request is logged once."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from lambdas.prediction_log import handler as log_handler
from tests.unit.lambdas.interference import Killed, StopAt, TakeTurns, intercepted, unavailable
from tests.unit.lambdas.predictions import new_predictions, record, row
from tests.unit.lambdas.world import FakeContext

# Two days, so that a batch writes two files.
A, B = record("a", row(), row(month=2)), record("b", predicted_at="2026-03-02T00:00:00+00:00")
C = record("c")
RECORDS = (A, B, C)
a, b, c = (each.to_text() for each in RECORDS)

TIMEOUT = timedelta(seconds=60)
CALLS = 8  # of one worker, about: claims, files, dead letters


class Clock:
    """Tells a time that passes only when it is told to, or by a second each time it is asked."""

    def __init__(self, *, runs: bool = False) -> None:
        self._now = datetime(2026, 3, 1, tzinfo=UTC)
        self._step = timedelta(seconds=1) if runs else timedelta()

    def __call__(self) -> datetime:
        self._now += self._step
        return self._now

    def pass_by(self, duration: timedelta) -> None:
        self._now += duration


pytestmark = pytest.mark.usefixtures("predictions")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setitem(vars(log_handler), "utc_now", clock)
    return clock


@pytest.mark.parametrize("is_hasty", [False, True], ids=["later", "at once, too"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_worker_killed_at_any_call_loses_and_doubles_nothing(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, after: bool, is_hasty: bool
) -> None:
    for number in range(1, 100):
        world = new_predictions()
        stop = StopAt(number, lambda _: Killed(), after=after)
        try:
            with intercepted(stop, monkeypatch):
                world.deliver(a, b)
        except Killed:
            if is_hasty:
                world.deliver(b, a, receive_count=2)
            clock.pass_by(2 * TIMEOUT)
        # Redelivered in other batches than before, and once more than necessary.
        assert world.deliver(c, b, receive_count=2) == []
        assert world.deliver(a, receive_count=2) == []
        assert world.deliver(a, b, c, receive_count=3) == []
        world.assert_logged_once(*RECORDS)
        if not stop.was_reached:
            return
    pytest.fail("the run never ended")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_second_worker_killed_at_any_call_of_a_takeover_loses_and_doubles_nothing(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """The first one died when it had claimed everything, and had written nothing."""
    claims = 1
    for number in range(1, 100):
        world = new_predictions()
        stop = StopAt(number, lambda _: Killed(), after=after)
        with pytest.raises(Killed), intercepted(StopAt(claims, kill, after=True), monkeypatch):
            world.deliver(a, c)
        clock.pass_by(2 * TIMEOUT)
        try:
            with intercepted(stop, monkeypatch):
                world.deliver(a, b)
        except Killed:
            clock.pass_by(2 * TIMEOUT)
        assert world.deliver(b, c, receive_count=3) == []
        assert world.deliver(a, receive_count=3) == []
        world.assert_logged_once(*RECORDS)
        if not stop.was_reached:
            return
    pytest.fail("the run never ended")


def kill(_operation: str) -> Killed:
    return Killed()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_call_that_fails_is_reported_and_cured_by_a_later_delivery(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    for number in range(1, 100):
        world = new_predictions()
        stop = StopAt(number, unavailable, after=after)
        with intercepted(stop, monkeypatch):
            failed = world.deliver(a, b)
        done = [each for n, each in enumerate((A, B)) if f"m{n}" not in failed]
        logged = {row["request_id"] for row in world.rows()}
        assert {each.request_id for each in done} <= logged, "what is not there was acknowledged"
        clock.pass_by(2 * TIMEOUT)
        assert world.deliver(b, c, receive_count=2) == []
        assert world.deliver(a, receive_count=2) == []
        world.assert_logged_once(*RECORDS)
        if not stop.was_reached:
            return
    pytest.fail("the run never ended")


def schedules() -> Iterator[list[int]]:
    """Orders in which one of two workers interrupts the other: at any call, for some or all."""
    for first, second in ((0, 1), (1, 0)):
        for before, between in itertools.product(range(CALLS - 1), (1, 3, CALLS * 3)):
            yield [first] * before + [second] * between + [first] * CALLS * 3


BATCHES = ((a, b), (b, a, c))


@pytest.mark.parametrize("patience_ms", [60_000, 0], ids=["patient", "impatient"])
def test_two_workers_crossing_in_any_order_log_once(
    monkeypatch: pytest.MonkeyPatch, patience_ms: int
) -> None:
    """Impatient ones take over from workers that are alive: time decides nothing but who waits."""
    clock = Clock(runs=True)
    monkeypatch.setitem(vars(log_handler), "utc_now", clock)
    for schedule in schedules():
        world = new_predictions()
        turns = TakeTurns(schedule)
        workers = [
            partial(world.deliver, *batch, context=FakeContext(remaining_ms=[patience_ms, 60_000]))
            for batch in BATCHES
        ]
        with intercepted(turns, monkeypatch):
            failed = turns.run(workers)
        for batch, ids in zip(BATCHES, failed, strict=True):
            done = {body for n, body in enumerate(batch) if f"m{n}" not in ids}
            logged = {row["request_id"] for row in world.rows()}
            assert {each.request_id for each in RECORDS if each.to_text() in done} <= logged
        clock.pass_by(2 * TIMEOUT)
        assert world.deliver(c, a, receive_count=2) == [], schedule
        assert world.deliver(b, a, receive_count=2) == [], schedule
        world.assert_logged_once(*RECORDS)


def test_a_message_waits_while_another_worker_may_log_it(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = new_predictions()
    with pytest.raises(Killed), intercepted(StopAt(1, kill, after=True), monkeypatch):
        world.deliver(a)
    clock.pass_by(TIMEOUT)

    assert world.deliver(a, c) == ["m0"]
    assert not world.failure(a)["permanent"]
    world.assert_logged_once(C)

    clock.pass_by(timedelta(seconds=1))
    assert world.deliver(a) == []
    world.assert_logged_once(A, C)
