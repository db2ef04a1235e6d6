"""One release at a time: in any order of calls, and whoever dies on the way."""

from functools import partial
from itertools import product
from typing import Any

import pytest

from lambdas.release.claims import Claims, Execution
from lambdas.release.request import Request, parse_request
from lambdas.shared.clock import utc_now
from lambdas.shared.errors import TransientError
from schemas.releases import ReleaseStatus, Serving
from tests.unit.lambdas.hosting import Update
from tests.unit.lambdas.interference import TakeTurns, intercepted
from tests.unit.lambdas.release_requests import approval, champion, execution_arn, request
from tests.unit.lambdas.releasing import Releasing, new_releasing, refuse

NAMES = ("e0", "e1")
REQUEST: Request = parse_request(request("release", 1))


@pytest.fixture
def served(releasing: Releasing) -> Releasing:
    """Version 1 serves, and versions 2 and 3 are approved."""
    releasing.serving(releasing.register())
    for _ in range(2):
        releasing.register()
    return releasing


@pytest.mark.parametrize("has_record", [False, True])
@pytest.mark.usefixtures("releasing")
def test_of_two_executions_at_once_one_gets_the_endpoint(
    monkeypatch: pytest.MonkeyPatch, *, has_record: bool
) -> None:
    for schedule in product((0, 1), repeat=4):
        releasing = new_releasing()
        if has_record:
            releasing.serving(releasing.register())
        claims = Claims(releasing.table, lambda _: True, utc_now)
        workers = [
            partial(claims.claim, Execution(arn=execution_arn(name), name=name), REQUEST, Serving())
            for name in NAMES
        ]
        turns = TakeTurns(schedule)
        with intercepted(turns, monkeypatch):
            claimed = turns.run(workers)

        winners = [name for name, (it, _) in zip(NAMES, claimed, strict=True) if it is not None]
        assert len(winners) == 1, schedule
        (loser,) = set(NAMES) - set(winners)
        assert releasing.current.held_by == execution_arn(winners[0])
        assert releasing.release(winners[0]).status is ReleaseStatus.RUNNING
        assert releasing.table.get(loser) is None
        assert execution_arn(winners[0]) in claimed[NAMES.index(loser)][1]


@pytest.mark.slow
@pytest.mark.usefixtures("releasing")
@pytest.mark.parametrize("first", [0, 1])
def test_two_approvals_at_once_plan_one_release(
    monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    """Wherever one of them overtakes the other."""
    versions = (2, 3)
    for before in range(1, 14):
        releasing = new_releasing()
        releasing.serving(releasing.register())
        for _ in versions:
            releasing.register()
        for name in NAMES:
            releasing.begin(name)
        turns = TakeTurns([first] * before + [1 - first] * 30)
        with intercepted(turns, monkeypatch):
            plans = turns.run(
                [
                    partial(releasing.step, "plan", name, input=approval(version))
                    for name, version in zip(NAMES, versions, strict=True)
                ]
            )

        decisions = [each["decision"] for each in plans]
        holder = releasing.current.held_by
        # Version 2 has nothing to do once version 3 is approved, but is told so in its turn only.
        assert decisions in (["skip", "wait"], ["wait", "update"]), before
        assert holder == execution_arn(NAMES[decisions.index("wait") ^ 1])


def test_a_second_release_waits_for_the_first(served: Releasing) -> None:
    assert served.plan(request("release", 2), "a")["decision"] == "update"
    waiting = served.plan(request("release", 3), "b")

    assert waiting["decision"] == "wait"
    assert execution_arn("a") in waiting["reason"]

    served.while_waiting = [lambda: served.run(request("release", 2), name="a")]
    assert served.run(request("release", 3), name="b") == "succeeded"
    served.check_serves(champion(3))
    assert served.release("b").previous == champion(2)


def test_a_second_release_that_waited_decides_by_what_the_first_has_left(
    served: Releasing,
) -> None:
    served.plan(request("release", 2), "a")
    served.while_waiting = [lambda: served.run(request("release", 2), name="a")]

    assert served.run(request("ab-start", 2, 10), name="b") == "failed"

    assert "model 2 is the champion" in served.release("b").reason
    served.check_serves(champion(2))


@pytest.mark.parametrize("status", ["ABORTED", "TIMED_OUT", "FAILED", "SUCCEEDED", None])
@pytest.mark.parametrize("fate", [None, Update.GOOD, Update.ALARM])
def test_the_claim_of_a_dead_execution_is_taken_over(
    served: Releasing, status: str | None, fate: Update | None
) -> None:
    plan = served.plan(request("release", 2), "dead")
    if fate is not None:
        served.hosting.fates = [fate]
        served.hosting.update(plan["parameters"], plan["token"])
    if status is None:
        del served.executions.statuses[execution_arn("dead")]
    else:
        served.end("dead", status)

    assert served.run(request("release", 3)) == "succeeded"

    served.check_serves(champion(3))
    assert served.release().previous == champion(1), "what the dead one brought was never good"
    dead = served.release("dead")
    assert dead.status is ReleaseStatus.ABANDONED
    assert dead.ended_at


def test_a_failed_takeover_brings_back_what_was_good(served: Releasing) -> None:
    plan = served.plan(request("release", 2), "dead")
    served.hosting.update(plan["parameters"], plan["token"])
    served.end("dead")

    served.smoke_test = refuse
    assert served.run(request("release", 3)) == "failed"

    served.check_serves(champion(1))


@pytest.mark.parametrize("is_updated", [False, True])
def test_the_second_event_of_an_approval_completes_what_the_first_one_died_of(
    served: Releasing, *, is_updated: bool
) -> None:
    plan = served.plan(approval(3), "dead")
    if is_updated:
        served.hosting.update(plan["parameters"], plan["token"])
    served.end("dead")

    assert served.run(approval(3)) == "succeeded"

    served.check_serves(champion(3))
    assert len(served.hosting.updates) == 2


def test_an_approval_with_nothing_to_do_tells_what_a_dead_execution_has_left(
    served: Releasing,
) -> None:
    plan = served.plan(request("release", 3), "dead")
    served.hosting.update(plan["parameters"], plan["token"])
    served.end("dead")

    assert served.run(approval(2)) == "skipped"

    assert "mind that stack mlops-test-inference says model 3" in served.release().reason
    assert served.current.held_by == ""


def test_an_execution_that_was_taken_over_undoes_nothing(served: Releasing) -> None:
    """It was believed dead, and comes back."""
    plan = served.plan(request("release", 2), "dead")
    served.end("dead")
    served.run(request("release", 3))
    updates = len(served.hosting.updates)
    state: dict[str, Any] = {
        "input": {},
        "release": plan,
        "error": {"Error": "PermanentError", "Cause": "no"},
    }

    assert served.step("restore", "dead", state=state)["decision"] == "skip"
    served.step("settle", "dead", outcome="failed", state=state)
    served.step("settle", "dead", outcome="succeeded", state=state)

    served.check_serves(champion(3))
    assert served.release("dead").status is ReleaseStatus.ABANDONED
    assert len(served.hosting.updates) == updates


def test_a_retry_finds_its_claim(served: Releasing) -> None:
    first = served.plan(request("release", 2))
    release = served.release()

    assert served.plan(request("release", 2)) == first
    assert served.release() == release


def test_crossing_claims_are_tried_again(
    served: Releasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambdas.shared.releases.ReleaseTable.change", lambda *_: False)

    with pytest.raises(TransientError, match="claims-crossing"):
        served.plan(request("release", 2))


def test_settling_twice_changes_nothing(served: Releasing) -> None:
    plan = served.plan(request("release", 2))
    served.hosting.update(plan["parameters"], plan["token"])
    state = {"input": {}, "release": plan}
    first = served.step("settle", "e1", outcome="succeeded", state=state)
    current, release = served.current, served.release()

    served.begin("e2")
    assert served.step("settle", "e1", outcome="succeeded", state=state) == first
    assert (served.current, served.release()) == (current, release)
