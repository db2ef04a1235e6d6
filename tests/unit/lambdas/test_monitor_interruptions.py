"""A step may be cut off at any AWS call; the next attempt goes on."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from lambdas.shared.errors import TransientError
from schemas.findings import Concern
from schemas.monitoring import MonitoringStatus
from tests.unit.lambdas.interference import Killed, StopAt, intercepted, unavailable
from tests.unit.lambdas.monitor_rewind import Rewind, Written
from tests.unit.lambdas.monitor_world import (
    Monitored,
    monitor_execution,
    violation,
)

STATE = {"input": {}, "error": {"Error": "PermanentError", "Cause": "no"}}
_MAX_CALLS = 100

Take = Callable[[Monitored], dict[str, Any]]


def _abandoned(world: Monitored) -> None:
    world.predict()
    world.plan("dead")
    world.end_monitor("dead")


def _under_way(world: Monitored) -> None:
    world.predict()
    world.plan("other")


def _known(world: Monitored) -> None:
    world.done(name="before")


def _planned(world: Monitored) -> None:
    world.predict()
    world.plan("m1")
    world.find(violation(Concern.DRIFT), violation(Concern.QUALITY))


def _plan(world: Monitored) -> dict[str, Any]:
    return world.plan("m1", trigger="schedule")


def _publish(world: Monitored) -> dict[str, Any]:
    return world.take("publish", "m1")


def _fail(world: Monitored) -> dict[str, Any]:
    return world.take("fail", "m1", state=STATE)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "after"), [(unavailable, False), (lambda _: Killed(), True)], ids=["error", "kill"]
)
@pytest.mark.parametrize(
    ("setting", "take", "status", "holder"),
    [
        (_abandoned, _plan, MonitoringStatus.RUNNING, "m1"),
        (_under_way, _plan, MonitoringStatus.SKIPPED, "other"),
        (_known, _plan, MonitoringStatus.SKIPPED, ""),
        (_planned, _publish, MonitoringStatus.DONE, ""),
        (_planned, _fail, MonitoringStatus.FAILED, ""),
    ],
)
def test_a_step_that_is_cut_off_anywhere_ends_as_if_it_was_not(
    monitored: Monitored,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[str], BaseException],
    setting: Callable[[Monitored], None],
    take: Take,
    *,
    status: MonitoringStatus,
    holder: str,
    after: bool,
) -> None:
    setting(monitored)
    rewind = Rewind(monitored)
    wanted, left, seen = take(monitored), Written.read(monitored), [rewind.before]
    assert monitored.watched().status is status
    assert monitored.current.held_by == (monitor_execution(holder) if holder else "")
    for number in range(1, _MAX_CALLS):
        rewind()
        stop = StopAt(number, error, after=after)
        with intercepted(stop, monkeypatch), suppress(Killed, TransientError):
            take(monitored)
        if not stop.was_reached:
            return
        # What begins with the same ends the same: once is enough.
        if (interrupted := Written.read(monitored)) not in seen:
            seen.append(interrupted)
            assert take(monitored) == wanted, number
            assert Written.read(monitored) == left, number
            assert bool(monitored.metric("DriftViolations")) == (take is _publish)
        # Only a call that was itself cut off is made again.
        assert len(monitored.metric("DriftViolations")) <= 2
    pytest.fail("the step never ended")
