"""A reaction may be cut off at any AWS call, and an alarm may come very often at once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from lambdas.respond.settings import Settings
from lambdas.shared.errors import TransientError
from schemas.findings import Concern
from schemas.monitoring import Reaction
from tests.unit.lambdas.interference import (
    Killed,
    StopAt,
    TakeTurns,
    intercepted,
    unavailable,
)
from tests.unit.lambdas.monitor_rewind import Rewind
from tests.unit.lambdas.monitor_world import (
    COOLDOWN,
    RELEASE,
    TRAINING,
    Monitored,
    violation,
)
from tests.unit.lambdas.test_respond_floor import release, serve

ATTEMPTS = 3
"""Of Lambda, when nobody waits for the answer."""
STORM = 20
_MAX_CALLS = 50
REACTIONS = {
    Concern.DRIFT: (Reaction.WARNED, ""),
    Concern.QUALITY: (Reaction.RETRAINING, TRAINING),
    Concern.FLOOR: (Reaction.ROLLBACK, RELEASE),
}


def fallen(world: Monitored) -> None:
    """Let everything be wrong with model 2, which came after model 1."""
    world.model = world.register()
    serve(world, release(1, 1), release(2, 2, 1))
    world.done(*(violation(each) for each in Concern))


def check_reacted_once(world: Monitored, concern: Concern) -> None:
    reaction, machine = REACTIONS[concern]
    decision = world.decision(concern)
    assert (decision.reaction, decision.is_announced) == (reaction, True)
    begun = {each: len(world.started(each)) for each in (TRAINING, RELEASE)}
    assert begun == {each: int(each == machine) for each in begun}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "after"), [(unavailable, False), (lambda _: Killed(), True)], ids=["error", "kill"]
)
@pytest.mark.parametrize("concern", list(Concern))
def test_a_reaction_that_is_cut_off_anywhere_is_completed_by_the_next_delivery(
    monitored: Monitored,
    monkeypatch: pytest.MonkeyPatch,
    concern: Concern,
    error: Callable[[str], BaseException],
    *,
    after: bool,
) -> None:
    fallen(monitored)
    rewind = Rewind(monitored)
    for number in range(1, _MAX_CALLS):
        rewind()
        stop = StopAt(number, error, after=after)
        with intercepted(stop, monkeypatch), suppress(Killed, TransientError):
            monitored.respond(concern)
        if not stop.was_reached:
            return
        monitored.later(minutes=1)  # as Lambda waits before it tries again
        assert monitored.respond(concern)["reaction"] == REACTIONS[concern][0].value

        check_reacted_once(monitored, concern)
        # Told at least once: again only when it was cut off in between.
        assert len(monitored.messages) in {1, 2}
        told = len(monitored.messages)
        monitored.respond(concern)
        assert len(monitored.messages) == told
    pytest.fail("the reaction never ended")


def test_a_delivery_that_comes_while_another_is_at_work_makes_sure_later(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    fallen(monitored)

    def stop(operation: str, call: Callable[[], Any]) -> Any:
        if operation == "StartExecution":
            raise Killed
        return call()

    with intercepted(stop, monkeypatch), suppress(Killed):
        monitored.respond(Concern.QUALITY)
    # Whether the first one is dead, nobody can know yet.
    with pytest.raises(TransientError, match="being-told: m1#quality was decided a moment ago"):
        monitored.respond(Concern.QUALITY)
    assert monitored.started(TRAINING) == {}

    monitored.later(minutes=1)
    monitored.respond(Concern.QUALITY)

    check_reacted_once(monitored, Concern.QUALITY)
    assert len(monitored.messages) == 1


def _not_begun(world: Monitored, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let bad quality of m1 be decided upon by somebody who cannot begin the training."""
    world.done(violation(Concern.QUALITY), name="m1")

    def refuse(operation: str, call: Callable[[], Any]) -> Any:
        if operation == "StartExecution":
            raise unavailable(operation)
        return call()

    for _ in range(ATTEMPTS):
        with intercepted(refuse, monkeypatch), pytest.raises(TransientError):
            world.respond(Concern.QUALITY)
        world.later(minutes=1)
    assert world.decision(Concern.QUALITY).reaction is Reaction.RETRAINING
    assert world.started(TRAINING) == {}


def test_a_training_that_could_not_be_begun_is_begun_by_the_next_run_with_bad_quality(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    _not_begun(monitored, monkeypatch)
    monitored.later(hours=24)
    monitored.done(violation(Concern.QUALITY), name="m2")

    told = monitored.respond(Concern.QUALITY)

    check_reacted_once(monitored, Concern.QUALITY)
    # One training is enough: it cools down.
    assert (told["monitoring_id"], told["reaction"]) == ("m2", "nothing")
    assert told["reason"].startswith("run m1 has begun a training")
    assert [subject.rpartition("; ")[2] for subject, _ in monitored.messages] == [
        "a training is begun",
        "nothing is done",
    ]


def test_after_the_cooldown_the_next_run_begins_a_training_of_its_own(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    _not_begun(monitored, monkeypatch)
    monitored.later(seconds=COOLDOWN.total_seconds())
    monitored.done(violation(Concern.QUALITY), name="m2")

    assert monitored.respond(Concern.QUALITY)["reaction"] == "retraining"

    assert len(monitored.started(TRAINING)) == 1
    assert not monitored.decision(Concern.QUALITY, "m1").is_announced


@pytest.fixture
def one_call_at_a_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Moto's transactions are none when others write at the same time."""
    lock = threading.Lock()

    def alone(_: str, call: Callable[[], Any]) -> Any:
        with lock:
            return call()

    with intercepted(alone, monkeypatch):
        yield


@pytest.mark.slow
@pytest.mark.parametrize("concern", list(Concern))
@pytest.mark.usefixtures("one_call_at_a_time")
def test_a_storm_of_deliveries_is_reacted_to_once(monitored: Monitored, concern: Concern) -> None:
    fallen(monitored)

    def deliver(_: int) -> str:
        try:
            return monitored.respond(concern)["reaction"]
        except TransientError as error:
            return error.code

    for _ in range(2):
        with ThreadPoolExecutor(max_workers=STORM) as workers:
            answers = set(workers.map(deliver, range(STORM)))
        assert answers <= {REACTIONS[concern][0].value, "being-told"}
        monitored.later(minutes=1)
    assert answers == {REACTIONS[concern][0].value}

    check_reacted_once(monitored, concern)
    assert len(monitored.messages) == 1


@pytest.mark.slow
@pytest.mark.parametrize("before", [2, 5, 6, 8, 9])
def test_of_two_runs_with_bad_quality_one_begins_a_training(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    """Also when the second ends, and its alarm comes, while the first is decided upon."""
    monkeypatch.setenv("COOLDOWN_HOURS", "0")
    Settings.from_environ.cache_clear()
    monitored.done(violation(Concern.QUALITY), name="m1")
    monitored.plan("m2")
    monitored.find(violation(Concern.QUALITY), name="m2")
    rewind = Rewind(monitored)

    def second() -> None:
        monitored.take("publish", "m2")
        with suppress(TransientError):  # the first one is at work
            monitored.respond(Concern.QUALITY)

    first = partial(monitored.respond, Concern.QUALITY)
    for between in (14, 16, 17, 20):
        rewind()
        turns = TakeTurns([0] * before + [1] * between)
        with intercepted(turns, monkeypatch):
            turns.run([first, second])
        monitored.later(minutes=1)  # as Lambda waits before it tries again
        monitored.respond(Concern.QUALITY)

        decisions = [monitored.decision(Concern.QUALITY, name) for name in ("m1", "m2")]
        assert {each.reaction for each in decisions} == {Reaction.RETRAINING, Reaction.NOTHING}
        assert all(each.is_announced for each in decisions)
        assert len(monitored.started(TRAINING)) == 1, between
