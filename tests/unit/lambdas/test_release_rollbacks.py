"""What a rollback brings back, and when it must not.

A plain one has to find that out when something else may serve than what is recorded.
"""

from typing import Any

import pytest

from lambdas.shared.errors import InvalidInputError
from schemas.releases import ReleaseTrigger
from tests.unit.lambdas.hosting import Update
from tests.unit.lambdas.release_requests import approval, arn_of, champion, request
from tests.unit.lambdas.releasing import Releasing, refuse


@pytest.fixture
def broken(served: Releasing) -> Releasing:
    """Version 2 served after version 1, and a release of version 3 could not be undone."""
    served.serving(2)
    served.register()
    served.hosting.fates = [Update.GOOD, Update.ALARM]
    served.smoke_test = refuse
    assert served.run(approval(3), name="bad") == "unrecovered"
    served.smoke_test = lambda _serving: None
    return served


def planned(releasing: Releasing) -> str:
    """The model that a plain rollback would bring back."""
    return str(releasing.plan(request("rollback"), "planned")["target"]["champion"])


def settle_stack(releasing: Releasing) -> None:
    """Let a person bring the stack's parameters back past the releases."""
    releasing.hosting.parameters.update(champion(2).to_parameters())


def test_it_is_what_served_before_a_release_that_could_not_be_undone(broken: Releasing) -> None:
    settle_stack(broken)

    assert broken.run(request("rollback"), name="back") in {"succeeded", "unchanged"}

    broken.check_serves(champion(2))
    assert planned(broken) == arn_of(1), "what serves is known again"


def test_what_failed_or_was_skipped_since_without_a_change_does_not_count(
    broken: Releasing,
) -> None:
    settle_stack(broken)
    broken.hosting.status = "UPDATE_ROLLBACK_FAILED"
    assert broken.run(request("rollback"), name="stuck") == "failed"
    assert broken.run(approval(3), name="again") == "skipped"
    broken.hosting.status = "UPDATE_ROLLBACK_COMPLETE"

    assert planned(broken) == arn_of(2)


def test_it_goes_one_back_again_after_a_release_that_was_undone(broken: Releasing) -> None:
    assert broken.run(request("rollback"), name="back") in {"succeeded", "unchanged"}
    broken.smoke_test = refuse
    assert broken.run(request("release", 3), name="undone") == "failed"

    assert planned(broken) == arn_of(1)


@pytest.mark.parametrize("percent", [0, 10])
def test_it_is_what_is_recorded_while_the_stack_says_something_else(
    served: Releasing, percent: int
) -> None:
    """An execution died after its update, or a person has changed the parameters."""
    served.serving(2)
    document = request("ab-start", 1, percent) if percent else request("release", 1)
    dead = served.plan(document, "dead")
    served.hosting.update(dead["parameters"], dead["token"])
    served.end("dead")

    assert served.run(request("rollback"), name="back") == "unchanged"

    served.check_serves(champion(2))


def test_without_anything_recorded_there_is_nothing_to_bring_back(releasing: Releasing) -> None:
    releasing.register()
    releasing.hosting.fates = [Update.GOOD, Update.ALARM]
    releasing.smoke_test = refuse
    assert releasing.run(approval(1), name="bad") == "unrecovered"

    with pytest.raises(InvalidInputError, match="there is no model to go back to"):
        planned(releasing)


def judged(version: int) -> dict[str, Any]:
    """What the monitor asks for when a version is below the floor: version 1 instead."""
    return request("rollback", 1, instead_of=arn_of(version))


def test_the_monitor_turns_out_the_model_that_it_has_judged(served: Releasing) -> None:
    served.serving(2)

    assert served.run(judged(2)) == "succeeded"

    served.check_serves(champion(1))
    assert served.release().trigger is ReleaseTrigger.MONITOR


def test_the_monitor_does_not_turn_out_another_model(served: Releasing) -> None:
    """Which became the champion between the decision and the release."""
    served.serving(2).serving(served.register())

    assert served.run(judged(2)) == "skipped"

    served.check_serves(champion(3))
    assert served.release().reason == "model 2, which was to be rolled back, serves no longer"
    assert served.release().target == champion(1)


def test_a_rollback_of_the_monitor_that_waits_does_not_turn_out_who_came_meanwhile(
    served: Releasing,
) -> None:
    served.serving(2)
    newer = approval(served.register())
    assert served.plan(newer, "newer")["decision"] == "update"
    served.while_waiting = [lambda: served.run(newer, name="newer")]

    assert served.run(judged(2)) == "skipped"

    served.check_serves(champion(3))


def test_a_person_rolls_back_whatever_serves(served: Releasing) -> None:
    served.serving(2).serving(served.register())

    assert served.run(request("rollback", 1)) == "succeeded"
