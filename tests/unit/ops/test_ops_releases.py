"""Releases that are listed, shown and waited for."""

import json

import pytest
from typer.testing import CliRunner

from ops.app import app
from schemas.releases import ReleaseStatus, Serving
from tests.unit.ops.services import RELEASES, Moment, entered
from tests.unit.ops.serving import MODEL_1, MODEL_2, Platform
from tests.unit.ops.trained import RUN_ID

RUNNER = CliRunner()

pytestmark = pytest.mark.usefixtures("impatient")


def test_waiting_ends_and_says_that_the_release_goes_on(two_models: Platform) -> None:
    two_models.machine.next_moments = [Moment(events=[entered("Plan")])]

    result = RUNNER.invoke(app, ["release", "--timeout", "0"])

    assert result.exit_code == 1
    assert "has not ended within 0 seconds" in result.stderr
    assert "python -m ops releases show release-2-" in " ".join(result.stderr.split())


@pytest.mark.usefixtures("training")
def test_an_environment_without_releases_is_said() -> None:
    result = RUNNER.invoke(app, ["rollback"])

    assert result.exit_code == 1
    assert "mlops-local-release is not deployed" in result.stderr


def test_releases_are_listed_and_shown(two_models: Platform) -> None:
    two_models.add_release("release-1-x", target=Serving(champion=MODEL_1))
    two_models.add_release(
        "ab-start-2-y",
        status=ReleaseStatus.FAILED,
        began_at="2026-11-23T05:00:00+00:00",
        target=Serving(champion=MODEL_1, challenger=MODEL_2, challenger_percent=10),
        reason="an alarm fired",
    )
    two_models.machine.add("ab-start-2-y", Moment("FAILED", events=[entered("Plan")]),
                           machine=RELEASES)  # fmt: skip

    listed = RUNNER.invoke(app, ["releases", "list", "--json"])
    failures = RUNNER.invoke(app, ["releases", "list", "--status", "failed"])
    shown = RUNNER.invoke(app, ["releases", "show", "ab-start"])
    latest = RUNNER.invoke(app, ["releases", "show", "latest", "--json"])

    names = [each["release_id"] for each in json.loads(listed.stdout)]
    assert names == ["release-1-x", "ab-start-2-y"]
    assert "release-1-x" not in failures.stdout
    for text in ("an alarm fired", "model 2 gets 10 % of the requests", "Plan"):
        assert text in shown.stdout
    assert json.loads(latest.stdout)["release"]["release_id"] == "ab-start-2-y"


def test_a_release_that_waits_for_its_turn_is_shown_by_its_execution(two_models: Platform) -> None:
    two_models.machine.add("release-2-z", Moment(events=[entered("Plan")]), machine=RELEASES)

    shown = RUNNER.invoke(app, ["releases", "show", "release-2-z"])
    unknown = RUNNER.invoke(app, ["releases", "show", "nothing"])

    assert shown.exit_code == 0, shown.output
    assert "has not held the endpoint" in shown.stdout
    assert unknown.exit_code == 1
    assert "names no release" in unknown.stderr


def test_approval_says_that_the_release_follows(serving: Platform) -> None:
    serving.training.register(RUN_ID, approval="PendingManualApproval")

    approved = RUNNER.invoke(app, ["models", "approve", "1", "--note", "good"])
    rejected = RUNNER.invoke(app, ["models", "reject", "1", "--note", "no"])

    assert "python -m ops releases list" in approved.stdout
    assert "goes on serving" in rejected.stdout


def test_the_champion_is_what_serves_not_what_was_approved_last(two_models: Platform) -> None:
    listed = json.loads(RUNNER.invoke(app, ["models", "list", "--json"]).stdout)
    shown = json.loads(RUNNER.invoke(app, ["models", "show", "champion", "--json"]).stdout)

    assert listed["champion"] == shown["model"]["version"] == 1
    two_models.record(Serving())
    assert json.loads(RUNNER.invoke(app, ["models", "list", "--json"]).stdout)["champion"] == 2
