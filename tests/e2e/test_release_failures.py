"""Bad models are met by the canary at most, and what served before serves again."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from demo.bad_model import Fault, register_bad_model
from ops import endpoint_status, executions
from ops.ledger import split_uri
from ops.models import Model
from schemas.names import Output
from schemas.releases import Release, ReleaseStatus
from tests.cloud import eventually
from tests.e2e import releases
from tests.e2e.caller import Caller, calling, golden_rows
from tests.e2e.lake import Lake
from tests.e2e.subscriber import Subscriber, subscribed
from tests.e2e.training_phases import Trained

MODEL_ERROR_STATUS = 502
STACK = "mlops-local-inference"


@pytest.fixture(scope="module")
def served(lake: Lake, trained: Trained) -> Model:
    """A model that serves."""
    releases.await_approved(lake, trained.model)
    releases.come_to_rest(lake)
    return releases.champion(lake)


@pytest.fixture(scope="module")
def heard(lake: Lake) -> Iterator[Subscriber]:
    """What is announced."""
    topic = lake.deployment[Output.ALARM_TOPIC_ARN]
    with subscribed(lake.cloud, topic, "release-announcements") as subscriber:
        yield subscriber


@pytest.fixture(autouse=True)
def _what_served_before_serves(lake: Lake, served: Model) -> Iterator[None]:
    yield
    releases.come_to_rest(lake)
    status = endpoint_status.look(lake.deployment)
    assert not status.disagreements, status
    assert releases.champion(lake).version == served.version


@dataclass(frozen=True, slots=True)
class Rollback:
    """A release that an alarm has undone.

    Attributes:
        bad: Its model.
        caller: Who asked all the while.
        release: What became of it.
    """

    bad: Model
    caller: Caller
    release: Release


@pytest.fixture(scope="module")
def rolled_back(lake: Lake, served: Model, heard: Subscriber) -> Rollback:
    """A model that answers with errors, released while somebody keeps asking."""
    heard.forget()
    with calling(lake, golden_rows(lake, served)) as caller:
        caller.await_answers(model=served.version)
        bad = register_bad_model(lake.deployment, served, fault=Fault.RAISES)
        release = releases.await_approved(lake, bad)
        releases.come_to_rest(lake)
        caller.await_answers(20, model=served.version)
    return Rollback(bad, caller, release)


def test_a_model_that_answers_with_errors_is_rolled_back_by_its_alarm(
    lake: Lake, rolled_back: Rollback
) -> None:
    assert rolled_back.release.status is ReleaseStatus.FAILED, rolled_back.release
    assert "ErrorsAlarm" in rolled_back.release.reason, rolled_back.release
    lake.await_alarm("Alarms-ChampionErrorsAlarm", "OK")


def test_cloudformation_took_the_rollback_for_a_success(lake: Lake, rolled_back: Rollback) -> None:
    """The trap: only a look at the endpoint itself tells."""
    visits = executions.read(lake.deployment, rolled_back.release.execution_arn).visits
    states = [each.state for each in visits]
    assert "Inspect" in states, "the stack's update ended as a success"
    assert "Restore" in states


def test_its_errors_stay_within_the_canary(rolled_back: Rollback, served: Model) -> None:
    caller = rolled_back.caller
    assert {each.status for each in caller.failures} == {MODEL_ERROR_STATUS}
    assert set(caller.models) == {served.version}, "the bad model gave no answer that counts"
    first, last = (
        next(number for number, each in numbered if each.status == MODEL_ERROR_STATUS)
        for numbered in (
            list(enumerate(caller.answers)),
            list(enumerate(caller.answers))[::-1],
        )
    )
    window = caller.answers[first : last + 1]
    # Half of a fleet of two; the draw of each call is random.
    assert sum(each.status == MODEL_ERROR_STATUS for each in window) < 0.8 * len(window) + 3


def test_the_failure_is_announced(heard: Subscriber, rolled_back: Rollback) -> None:
    notice = heard.await_notice(
        lambda each: "The release of" in each["Message"] and rolled_back.bad.arn in each["Message"],
        "the failed release is announced",
    )
    assert "failed" in notice["Subject"]
    assert "serves again, as before" in notice["Message"]


def test_a_model_that_does_not_load_is_met_by_nobody(lake: Lake, served: Model) -> None:
    with calling(lake, golden_rows(lake, served)) as caller:
        caller.await_answers()
        bad = register_bad_model(lake.deployment, served, fault=Fault.DOES_NOT_LOAD)
        release = releases.await_approved(lake, bad)
        releases.come_to_rest(lake)
        caller.await_answers()
    assert release.status is ReleaseStatus.FAILED, release
    assert caller.failures == []
    assert set(caller.models) == {served.version}


def test_scores_that_are_no_numbers_do_not_pass(lake: Lake, served: Model) -> None:
    with calling(lake, golden_rows(lake, served)) as caller:
        bad = register_bad_model(lake.deployment, served, fault=Fault.NOT_A_NUMBER)
        release = releases.await_approved(lake, bad)
        releases.come_to_rest(lake)
        caller.await_answers(model=served.version)
    assert release.status is ReleaseStatus.FAILED, release
    assert caller.failures == [], "its answers are flagged, but they are answers"
    for construct_id in ("Alarms-ChampionQualityAlarm", "Alarms-ChampionErrorsAlarm"):
        lake.await_alarm(construct_id, "OK")


def refused(lake: Lake, model: Model) -> str:
    """Approve a model, and return why it is not released."""
    release = releases.await_approved(lake, releases.approve(lake, model))
    assert release.status is ReleaseStatus.FAILED, release
    return release.reason


def test_a_model_without_metadata_is_not_released(lake: Lake, served: Model) -> None:
    def forget(metadata: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in metadata.items() if name != "manifest_uri"}

    model = releases.register_copy(lake, served, change=forget)
    assert "manifest_uri" in refused(lake, model)


def test_a_model_that_was_changed_after_its_registration_is_not_released(
    lake: Lake, served: Model
) -> None:
    assert served.metadata
    bucket, key = split_uri(served.metadata.artifact_uri)
    changed_uri = f"s3://{bucket}/{key.removesuffix('model.tar.gz')}changed/model.tar.gz"
    s3 = lake.deployment.connection.s3
    s3.put_object(Bucket=bucket, Key=split_uri(changed_uri)[1], Body=b"something else")
    model = releases.register_copy(
        lake, served, change=lambda known: {**known, "artifact_uri": changed_uri}
    )
    reason = refused(lake, model)
    assert "changed" in reason or "artifact" in reason or "archive" in reason, reason


def test_an_unapproved_model_is_not_released(lake: Lake, served: Model) -> None:
    model = releases.register_copy(lake, served)
    request = releases.request_of(model)
    outcome = releases.run(lake, request)
    assert outcome.status is ReleaseStatus.FAILED
    assert "Rejected" in outcome.reason or "approved" in outcome.reason, outcome
    eventually(
        lambda: endpoint_status.look(lake.deployment).is_well, "everybody agrees", seconds=10
    )
