"""Models come and go at the endpoint, and a client that never stops asking notices nothing."""

from collections.abc import Iterator

import pytest

from ops import endpoint_status, explaining, release_requests
from ops.models import Model
from schemas.releases import CHALLENGER, Action, ReleaseRequest, ReleaseStatus
from tests.e2e import releases
from tests.e2e.caller import calling, golden_rows
from tests.e2e.lake import Lake
from tests.e2e.training_phases import Trained


@pytest.fixture(autouse=True)
def _everybody_agrees_afterwards(lake: Lake) -> Iterator[None]:
    yield
    releases.come_to_rest(lake)
    status = endpoint_status.look(lake.deployment)
    assert not status.disagreements, status


@pytest.fixture(scope="module")
def served(lake: Lake, trained: Trained) -> Model:
    """A model that serves; its approval alone has brought it there."""
    releases.await_approved(lake, trained.model)
    releases.come_to_rest(lake)
    return releases.champion(lake)


def test_an_approved_model_serves_and_its_predictions_can_be_explained(
    lake: Lake, served: Model
) -> None:
    with calling(lake, golden_rows(lake, served)) as caller:
        caller.await_answers(10)
    assert caller.failures == []
    assert set(caller.models) == {served.version}
    explained = explaining.explain(lake.deployment, caller.answers[0].prediction_ids[0])
    assert explained.problems == ()
    assert explained.lineage is not None
    assert explained.lineage.is_intact
    assert explained.outcome, "the flight has landed long ago"


def test_a_release_under_load_fails_no_call(lake: Lake, served: Model) -> None:
    newer = releases.register_copy(lake, served)
    with calling(lake, golden_rows(lake, served)) as caller:
        caller.await_answers(model=served.version)
        release = releases.await_approved(lake, releases.approve(lake, newer))
        caller.await_answers(model=newer.version)
    assert release.status is ReleaseStatus.SUCCEEDED, release
    assert caller.failures == []
    assert set(caller.models) == {served.version, newer.version}


def test_a_trial_under_load_fails_no_call(lake: Lake, served: Model) -> None:
    champion = releases.champion(lake)
    other = releases.register_copy(lake, served)
    # Tried before it is anybody's champion: its approval would begin a release by itself.
    releases.approve(lake, other)
    releases.come_to_rest(lake)
    challenger, champion = champion, releases.champion(lake)
    reference = str(challenger.version)
    with calling(lake, golden_rows(lake, served)) as caller:
        started = releases.run(
            lake, release_requests.ab_start(lake.deployment, reference, percent=30)
        )
        assert started.is_ok, started
        caller.await_answers(model=challenger.version)
        caller.await_answers(model=champion.version)
        changed = releases.run(lake, release_requests.ab_weights(50))
        assert changed.is_ok, changed
        assert changed.current.serving.challenger_percent == 50
        weights = endpoint_status.look(lake.deployment).endpoint
        assert weights is not None
        assert weights.serving.challenger_percent == 50
        stopped = releases.run(lake, release_requests.ab_stop())
        assert stopped.is_ok, stopped
        before = len(caller.answers)
        caller.await_answers(10)
    assert caller.failures == []
    assert {each.model for each in caller.answers[before:]} == {champion.version}
    assert CHALLENGER not in stopped.current.serving.variants


def test_a_rollback_brings_back_what_served_before(lake: Lake, served: Model) -> None:
    now = releases.champion(lake)
    back = releases.run(lake, release_requests.rollback(lake.deployment, None, note="a test"))
    assert back.is_ok, back
    before = releases.champion(lake)
    assert before.version != now.version
    forth = releases.run(lake, release_requests.rollback(lake.deployment, str(now.version)))
    assert forth.is_ok, forth
    assert releases.champion(lake).version == now.version
    del served


def test_releasing_what_serves_is_a_success_that_changes_nothing(lake: Lake, served: Model) -> None:
    del served
    outcome = releases.run(lake, releases.request_of(releases.champion(lake)))
    assert outcome.status is ReleaseStatus.UNCHANGED, outcome


def test_of_two_approvals_at_once_the_newer_model_serves(lake: Lake, served: Model) -> None:
    first, second = (releases.register_copy(lake, served) for _ in range(2))
    releases.approve(lake, second)
    releases.approve(lake, first)
    releases.await_approved(lake, second)
    releases.come_to_rest(lake)
    assert releases.champion(lake).version == second.version


def test_what_makes_no_sense_is_refused_with_the_reason(lake: Lake, served: Model) -> None:
    del served
    outcome = releases.run(lake, ReleaseRequest(action=Action.AB_WEIGHTS, challenger_percent=20))
    assert outcome.status is ReleaseStatus.FAILED
    assert "A/B" in outcome.reason or "challenger" in outcome.reason, outcome
