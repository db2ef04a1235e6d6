"""A release that fails: what serves afterwards, and the reason that is given."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from lambdas.release import handler
from lambdas.shared.clock import utc_now
from schemas.releases import ReleaseStatus, Serving
from tests.unit.lambdas.endpoints import ALARM, ENDPOINT
from tests.unit.lambdas.hosting import STACK, Update
from tests.unit.lambdas.release_requests import approval, arn_of, champion, request
from tests.unit.lambdas.releasing import Releasing, refuse
from tests.unit.lambdas.services import RefusedError


def test_an_update_that_an_alarm_undid_is_announced_as_failed(served: Releasing) -> None:
    """CloudFormation says that it succeeded, and the endpoint is in service."""
    served.hosting.fates = [Update.ALARM]

    assert served.run(approval(2)) == "failed"

    served.check_serves(champion(1))
    reason = served.release().reason
    assert f"endpoint {ENDPOINT} was given the configuration EndpointConfig-4" in reason
    assert f"Alarms that undo updates: {ALARM} is OK since" in reason
    assert f"What serves: {arn_of(1)} as champion" in reason
    assert served.announced[-1].startswith("Release of model 2 failed: rolled-back: endpoint")


def test_a_restoration_waits_until_the_alarm_is_over(served: Releasing) -> None:
    """SageMaker would undo it, too."""
    served.hosting.fates = [Update.ALARM]
    served.fire()
    served.while_waiting = [lambda: None, lambda: served.fire(is_firing=False)]

    assert served.run(approval(2)) == "failed"

    served.check_serves(champion(1))
    assert served.while_waiting == []
    assert f"{ALARM} is ALARM since" in served.release().reason


def test_an_alarm_that_does_not_end_is_not_waited_for_for_ever(
    served: Releasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.hosting.fates = [Update.ALARM]
    served.fire()
    later: list[timedelta] = [timedelta()]
    monkeypatch.setattr(handler, "utc_now", lambda: utc_now() + later[0])
    served.while_waiting = [
        lambda: later.insert(0, timedelta(minutes=29)),
        lambda: later.insert(0, timedelta(minutes=31)),
    ]

    assert served.run(approval(2)) == "failed"

    served.check_serves(champion(1))
    release = served.release()
    assert datetime.fromisoformat(release.ended_at) - datetime.fromisoformat(
        release.restoring_since
    ) > timedelta(minutes=30)


def test_an_update_that_cloudformation_undid_says_why(served: Releasing) -> None:
    served.hosting.fates = [Update.FAILURE]

    assert served.run(approval(2)) == "failed"

    served.check_serves(champion(1))
    assert served.release().reason == (
        "the update of the stack ended as UPDATE_ROLLBACK_COMPLETE: Endpoint: The model did not "
        "load"
    )
    assert len(served.hosting.updates) == 2, "CloudFormation has put everything back itself"


def test_a_first_model_that_fails_leaves_no_endpoint(releasing: Releasing) -> None:
    version = releasing.register()
    releasing.smoke_test = refuse

    assert releasing.run(approval(version)) == "failed"

    releasing.check_serves(Serving())
    assert releasing.hosting.endpoint is None


def test_a_model_that_answers_wrongly_is_replaced(served: Releasing) -> None:
    served.smoke_test = refuse

    assert served.run(approval(2)) == "failed"

    served.check_serves(champion(1))
    assert "smoke-test-failed: record 3 gets 0.9" in served.release().reason


def test_a_stack_that_is_stuck_needs_a_person(served: Releasing) -> None:
    served.hosting.fates = [Update.STUCK]

    assert served.run(approval(2)) == "unrecovered"

    release = served.release()
    assert "the update of the stack ended as UPDATE_ROLLBACK_FAILED" in release.reason
    assert f"continue-update-rollback --stack-name {STACK}" in release.reason
    assert served.current.serving == champion(1)
    assert served.current.held_by == ""

    assert served.run(request("release", 2), name="e2") == "failed"
    assert f"stack {STACK} is UPDATE_ROLLBACK_FAILED" in served.release("e2").reason


@pytest.mark.parametrize(
    ("fate", "said"),
    [
        (Update.FAILURE, "not restored: Endpoint: The model did not load"),
        (Update.ALARM, "not restored: rolled-back: endpoint"),
    ],
)
def test_a_restoration_that_fails_says_so_beside_the_first_reason(
    served: Releasing, fate: Update, said: str
) -> None:
    served.hosting.fates = [Update.GOOD, fate]
    served.smoke_test = refuse

    assert served.run(approval(2)) == "unrecovered"

    release = served.release()
    assert release.reason.startswith("smoke-test-failed: record 3")
    assert said in release.reason
    assert served.announced[-1].startswith("Release of model 2 unrecovered: smoke-test-failed")

    # A person brings the last good model back by name.
    served.smoke_test = lambda _serving: None
    served.run(request("release", 2), name="e2")
    assert served.run(request("rollback", 1), name="e3") in {"succeeded", "unchanged"}
    served.check_serves(champion(1))


def leave_beside_its_stack(served: Releasing) -> None:
    """An update was undone, and the parameters are as they should be all the same."""
    served.hosting.make_config(served.hosting.configs["EndpointConfig-2"])
    assert served.hosting.endpoint is not None
    served.hosting.endpoint["EndpointConfigName"] = "EndpointConfig-3"


def test_an_endpoint_beside_its_stack_is_updated_once_more(served: Releasing) -> None:
    leave_beside_its_stack(served)

    assert served.run(request("release", 1)) == "unchanged"

    served.check_serves(champion(1))
    assert served.hosting.updates[-1]["Guards"] == "off", "for CloudFormation to see a change"


def test_an_endpoint_beside_its_stack_that_cloudformation_cannot_mend_needs_a_person(
    served: Releasing,
) -> None:
    """There is nothing to update where there are no guards to change."""
    del served.hosting.parameters["Guards"]
    leave_beside_its_stack(served)

    assert served.run(request("release", 1)) == "unrecovered"

    assert "CloudFormation sees nothing to update" in served.release().reason


def test_an_update_that_is_refused_changes_nothing(
    served: Releasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(*_: object) -> None:
        raise RefusedError("AccessDenied", "not authorized to perform iam:PassRole")

    monkeypatch.setattr(served.hosting, "update", no)

    assert served.run(approval(2)) == "failed"

    served.check_serves(champion(1))
    assert "not authorized to perform iam:PassRole" in served.release().reason


def test_a_failed_test_goes_on_without_its_challenger(served: Releasing) -> None:
    served.smoke_test = refuse

    assert served.run(request("ab-start", 2, 10)) == "failed"

    served.check_serves(champion(1))


def test_a_failed_change_of_weights_brings_the_old_ones_back(served: Releasing) -> None:
    served.run(request("ab-start", 2, 10), name="a1")
    served.hosting.fates = [Update.ALARM]

    assert served.run(request("ab-weights", percent=50)) == "failed"

    served.check_serves(Serving(champion=arn_of(1), challenger=arn_of(2), challenger_percent=10))


@pytest.mark.parametrize(
    "damage",
    [
        lambda each: each.change(2, ModelApprovalStatus="Rejected"),
        lambda each: each.delete(each.metadata(2).artifact_uri),
    ],
)
def test_a_release_that_fails_while_it_is_planned_changes_nothing(
    served: Releasing, damage: Callable[[Releasing], None]
) -> None:
    damage(served)

    assert served.run(request("release", 2)) == "failed"

    served.check_serves(champion(1))
    assert served.release().status is ReleaseStatus.FAILED
    assert served.release().target == champion(2)
    assert len(served.hosting.updates) == 1
