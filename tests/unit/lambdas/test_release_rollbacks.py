"""What a plain rollback brings back when something else may serve than what is recorded."""

import pytest

from lambdas.shared.errors import InvalidInputError
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
