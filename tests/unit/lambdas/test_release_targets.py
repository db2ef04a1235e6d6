"""Late, repeated and crossing approvals; what a rollback goes back to; what a test may change."""

from collections.abc import Callable
from typing import Any

import pytest

from lambdas.shared.errors import InvalidInputError
from tests.unit.lambdas.hosting import Update
from tests.unit.lambdas.release_requests import approval, arn_of, champion, request
from tests.unit.lambdas.releasing import Releasing, refuse


@pytest.fixture
def served(releasing: Releasing) -> Releasing:
    """Version 1 was released by its approval, and version 2 by its own after it."""
    for version in (1, 2):
        assert releasing.register() == version
        assert releasing.run(approval(version), name=f"first-{version}") == "succeeded"
    return releasing


def check_skipped(releasing: Releasing, version: int, said: str) -> None:
    """Check that an approval changes nothing, and says why."""
    before, updates = releasing.current, len(releasing.hosting.updates)

    assert releasing.run(approval(version), name="skipped") == "skipped"

    skipped = releasing.release("skipped")
    assert said in skipped.reason
    assert skipped.target == champion(version)
    subject = f"Release of model {version} skipped: {skipped.reason}"
    assert releasing.announced[-1] == (subject if len(subject) < 100 else f"{subject[:96]}...")
    assert releasing.current == before
    assert len(releasing.hosting.updates) == updates


def test_an_event_that_comes_twice_releases_once(served: Releasing) -> None:
    check_skipped(served, 2, "model 2 serves already")


def test_a_skipped_approval_is_announced_with_the_model_that_was_approved(
    served: Releasing,
) -> None:
    plan = served.plan(approval(1))
    state = {"input": approval(1), "release": plan}

    message = served.step("settle", "e1", outcome="succeeded", state=state)["message"]

    assert "Not released: model 1 is older than model 2" in message
    assert "What serves is unchanged: model 2." in message
    assert f"Target: champion {arn_of(1)}" in message
    assert f"Before: champion {arn_of(2)}" in message


def test_an_event_that_comes_after_a_rollback_does_not_undo_it(served: Releasing) -> None:
    assert served.run(request("rollback"), name="back") == "succeeded"

    check_skipped(served, 2, "was released by its approval before: first-2 succeeded")


@pytest.mark.parametrize("fates", [[Update.ALARM], [Update.FAILURE]])
def test_an_event_that_comes_after_a_failure_does_not_repeat_it(
    served: Releasing, fates: list[Update]
) -> None:
    version = served.register()
    served.hosting.fates = fates
    assert served.run(approval(version), name="bad") == "failed"

    check_skipped(served, version, "was released by its approval before: bad failed")
    assert served.run(request("release", version), name="again") == "succeeded"


def test_an_event_that_waited_while_its_twin_failed_does_not_repeat_it(served: Releasing) -> None:
    version = served.register()
    assert served.plan(approval(version), "twin")["decision"] == "update"
    served.hosting.fates = [Update.ALARM]
    served.while_waiting = [lambda: served.run(approval(version), name="twin")]

    assert served.run(approval(version)) == "skipped"

    served.check_serves(champion(2))


def test_an_event_does_not_end_the_test_of_its_model(served: Releasing) -> None:
    served.run(request("release", 1), name="r")
    served.run(request("ab-start", 2, 10), name="ab")

    check_skipped(served, 2, "is being tried as the challenger; `ops release`")
    check_skipped(served, 1, "serves already")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda each: each.hosting.packages.pop(arn_of(3)), "model 3 was deleted"),
        (lambda each: each.change(3, ModelPackageGroupName="others"), "of the group 'others'"),
        (lambda each: each.change(3, ModelApprovalStatus="Rejected"), "is Rejected by now"),
        (lambda each: each.register(), "is older than model 4, which is approved, too"),
    ],
)
def test_an_event_that_was_overtaken_releases_nothing(
    served: Releasing, change: Callable[[Releasing], object], said: str
) -> None:
    version = served.register()
    change(served)

    check_skipped(served, version, said)


def test_an_approval_of_an_older_model_releases_nothing(served: Releasing) -> None:
    served.change(1, ModelApprovalStatus="Approved")

    check_skipped(served, 1, "is older than model 2, which serves")


def test_approvals_out_of_order_end_with_the_newest(served: Releasing) -> None:
    for version in (3, 4):
        assert served.register() == version

    assert served.run(approval(4), name="e4") == "succeeded"
    assert served.run(approval(3), name="e3") == "skipped"

    served.check_serves(champion(4))


def test_a_newer_model_that_may_not_serve_is_no_reason_to_skip(served: Releasing) -> None:
    version = served.register()
    served.register(approval="PendingManualApproval")
    served.register(CustomerMetadataProperties={})

    assert served.run(approval(version)) == "succeeded"


def test_a_newer_approval_ends_a_test(served: Releasing) -> None:
    served.run(request("ab-start", 1, 10), name="ab")
    version = served.register()

    assert served.run(approval(version)) == "succeeded"

    served.check_serves(champion(version))


def test_a_rollback_goes_back_step_by_step(served: Releasing) -> None:
    """The second one does not return to what the first one turned out."""
    version = served.register()
    served.run(approval(version), name="e3")

    for name, expected in (("b1", 2), ("b2", 1)):
        assert served.run(request("rollback"), name=name) == "succeeded"
        served.check_serves(champion(expected))

    with pytest.raises(InvalidInputError, match="no model to go back to"):
        served.plan(request("rollback"), "b3")


def test_what_was_released_again_after_a_rollback_counts_again(served: Releasing) -> None:
    served.run(request("rollback"), name="b1")
    served.run(request("release", 2), name="r2")
    version = served.register()
    served.run(approval(version), name="e3")

    assert served.plan(request("rollback"))["target"]["champion"] == arn_of(2)


def test_a_rollback_passes_over_releases_that_failed(served: Releasing) -> None:
    bad = served.register()
    served.smoke_test = refuse
    served.run(approval(bad), name="bad")
    served.smoke_test = lambda _serving: None

    assert served.plan(request("rollback"))["target"]["champion"] == arn_of(1)


def test_a_rollback_may_go_to_what_served_before_the_table_was_kept(releasing: Releasing) -> None:
    """Nothing but the first release tells of it."""
    for _ in range(2):
        releasing.register()
    releasing.serving(1)
    for name in ("current", "first-1"):
        releasing.table._table.delete_item(Key={"release_id": name})
    assert releasing.run(request("release", 2), name="r2") == "succeeded"

    assert releasing.plan(request("rollback"))["target"]["champion"] == arn_of(1)


def test_a_rollback_to_a_version_by_name(served: Releasing) -> None:
    assert served.run(request("rollback", 1)) == "succeeded"
    served.check_serves(champion(1))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (request("rollback"), "there is no model to go back to"),
        (request("ab-start", 1, 10), "no model serves yet"),
        (request("ab-weights", percent=10), "no A/B test is under way"),
        (request("ab-stop"), "no A/B test is under way"),
    ],
)
def test_before_the_first_release(
    releasing: Releasing, document: dict[str, Any], said: str
) -> None:
    releasing.register()

    with pytest.raises(InvalidInputError, match=said):
        releasing.plan(document)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (request("ab-start", 2, 10), "model 2 is the champion"),
        (request("ab-weights", percent=10), "no A/B test is under way"),
        (request("ab-stop"), "no A/B test is under way"),
    ],
)
def test_without_a_test(served: Releasing, document: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        served.plan(document)


def test_a_second_challenger_is_refused(served: Releasing) -> None:
    version = served.register()
    served.run(request("ab-start", 1, 10), name="ab")

    with pytest.raises(InvalidInputError, match="model 1 is being tried .*`ops ab stop`"):
        served.plan(request("ab-start", version, 10))


def test_a_model_that_was_never_compared_with_what_serves_is_not_released_by_its_approval(
    served: Releasing,
) -> None:
    """It is better than the bad model that served when it was trained, and than no other."""
    version = served.register()
    served.run(request("rollback"), name="back")
    served.check_serves(champion(1))

    check_skipped(
        served,
        version,
        "was compared with model 2, but model 1 serves: train on newer data, or release it by "
        "hand: `ops release 3`",
    )
    assert served.run(request("release", version)) == "succeeded"


def test_a_model_that_was_compared_with_none_is_not_released_by_its_approval_either(
    served: Releasing,
) -> None:
    version = served.register(parent="")

    check_skipped(served, version, "was compared with no other, but model 2 serves")


def test_of_two_models_that_were_compared_with_the_same_one_the_second_waits_for_a_person(
    served: Releasing,
) -> None:
    first, second = (served.register(approval=each) for each in ("Approved", "Rejected"))
    assert served.run(approval(first), name=f"e{first}") == "succeeded"
    served.change(second, ModelApprovalStatus="Approved")

    check_skipped(served, second, "was compared with model 2, but model 3 serves")


def test_where_nothing_serves_there_is_nothing_to_compare_with(releasing: Releasing) -> None:
    version = releasing.register(parent=arn_of(7))

    assert releasing.run(approval(version)) == "succeeded"


def test_a_newer_model_that_its_own_approval_does_not_release_is_no_reason_to_skip(
    served: Releasing,
) -> None:
    version = served.register()
    served.register(parent=arn_of(1))

    assert served.run(approval(version)) == "succeeded"


def test_a_model_that_does_not_say_what_it_was_compared_with_fails_for_that_reason(
    served: Releasing,
) -> None:
    version = served.register(CustomerMetadataProperties={})

    assert served.run(approval(version)) == "failed"
    assert served.release().reason.startswith("incomplete-metadata")
