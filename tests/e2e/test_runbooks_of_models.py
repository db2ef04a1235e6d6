"""The runbooks of models: each alarm by its cause, its page's commands, and recovery.

What the monitor finds is left to the tests of the closed loop.
"""

import json
from collections.abc import Callable

import pytest

from local.environment import ROOT
from local.processes import wait_until
from mlops_constructs.alarms import Runbook
from ops import endpoints, parking
from ops.alarms import OK
from ops.consumers import Consumer
from ops.models import Model
from ops.queues import wait_until_idle
from tests.cloud import eventually
from tests.e2e import illness, mishaps, months, releases
from tests.e2e.caller import calling, golden_rows
from tests.e2e.lake import PATIENCE_SECONDS, Lake
from tests.e2e.runbooks import Page, Rehearsal, await_states, begin, rehearses
from tests.e2e.training_phases import Trained

# What pages take for an example: versions, a month, a prediction, a file, and a function.
VERSION, SERVING = "8", "7"
MONTH, PREDICTION = "2013-03", "nightly-7.3f0c9a1b2c3d.0"
FILE = "examples/requests.csv"
FUNCTION = "mlops-prod-prediction-PredictFunction"

STATE_MACHINES = 5
JUDGED_SECONDS = 5
# Nothing that any of them would take for a request.
UNKNOWN = {"this": "is no request"}


@pytest.fixture
def rehearsal(lake: Lake, request: pytest.FixtureRequest) -> Rehearsal:
    return begin(lake, request.function.__name__)


@pytest.fixture(autouse=True)
def _short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    # A local queue shows all its messages at once.
    monkeypatch.setattr(parking, "LONG_POLL_SECONDS", 0)


@pytest.fixture(scope="module")
def served(lake: Lake, trained: Trained) -> Model:
    """A model that serves."""
    releases.await_approved(lake, trained.model)
    releases.come_to_rest(lake)
    return releases.champion(lake)


def state_machines(lake: Lake) -> list[str]:
    """Return the ARNs of all of them."""
    found = lake.deployment.resources("AWS::StepFunctions::StateMachine")
    assert len(found) == STATE_MACHINES, "a state machine has no rehearsal"
    return found


def ends(machine: str) -> tuple[str, str]:
    """Return the alarms of a state machine."""
    return f"{machine}-FailedAlarm", f"{machine}-TimedOutAlarm"


@rehearses(
    {
        Runbook.TRAINING: (
            *ends("training-pipeline-Training"),
            *ends("training-pipeline-Watchdog"),
        ),
        Runbook.RELEASES: ends("release-Release"),
        Runbook.PREDICTIONS: (
            *ends("prediction-Scoring"),
            "prediction-Predict-ErrorsAlarm",
            "prediction-Predict-ThrottlesAlarm",
        ),
        Runbook.MODEL_MONITOR: ends("model-monitor-Monitor"),
    }
)
def test_nothing_ends_well(lake: Lake, served: Model, rehearsal: Rehearsal) -> None:
    """Executions hang, or are asked for nonsense; and nobody gets predictions any more."""
    rehearsal.await_quiet()
    predict = mishaps.function(lake, "prediction-PredictFunction")
    with mishaps.broken(lake, predict):
        mishaps.invoke(lake, predict, event=UNKNOWN)
    mishaps.misuse(lake, state_machines(lake), UNKNOWN)
    with mishaps.stopped(lake, predict):
        mishaps.invoke(lake, predict, event=UNKNOWN)
        rehearsal.await_alarms()
        training, released, predictions, monitor = rehearsal.pages.values()
        follow_training(training, lake)
        follow_releases(released, served)
        follow_predictions(lake, predict, predictions)
        follow_monitor(monitor)


def follow_training(page: Page, lake: Lake) -> None:
    listed, *_ = page.follow("Look here first")
    assert "nonsense" in listed
    assert "hangs" in listed
    (watchdog,) = (each for each in state_machines(lake) if each.endswith("-watchdog"))
    (failed,) = page.follow("H", {"STATE_MACHINE_ARN": watchdog})
    assert "nonsense" in failed
    page.follow("Verify")
    for section in ("A", "B", "D", "F", "Can it be trained again?"):
        page.skip(section, because="test_training*.py train, take over and reproduce")
    page.skip("G", because="no model waits here: each is approved as soon as it is registered")


def follow_releases(page: Page, served: Model) -> None:
    _, listed, _ = page.follow("Look here first")
    assert str(served.version) in listed
    version = {VERSION: str(served.version), SERVING: str(served.version)}
    page.follow("B", version)
    page.follow("E", version)
    page.follow("Verify")
    page.skip(
        "A", because="no release has brought a bad model: test_release_failures.py releases such"
    )
    page.skip("D", because="CloudFormation must fail twice; test_release.py rolls back")


def follow_predictions(lake: Lake, function: str, page: Page) -> None:
    page.follow("Look here first")
    page.follow("A", {FUNCTION: function})
    page.follow("C")
    page.follow("D", {MONTH: months.WINDOW.holdout_from})
    page.follow("Verify", {FILE: str(ROOT / FILE)})
    assert wait_until_idle(lake.deployment, Consumer.PREDICTIONS, timeout_seconds=PATIENCE_SECONDS)
    page.follow("Which model gave this score?", {PREDICTION: "latest"})


def follow_monitor(page: Page) -> None:
    # There may be no run so far that has found something.
    page.follow("Look here first", statuses=(0, 1))
    page.follow("A")
    page.follow("Verify")
    page.skip("B", because="test_training.py trains")
    page.skip("C", because="test_closed_loop.py looks, and sees what follows from it")


@rehearses(
    {
        Runbook.ENDPOINT: tuple(
            f"inference-Alarms-{variant}{kind}Alarm"
            for variant in ("Champion", "Challenger")
            for kind in ("Errors", "Latency", "Quality")
        ),
    }
)
def test_what_serves_is_ill(lake: Lake, served: Model, rehearsal: Rehearsal) -> None:
    """Somebody brings a bad model past the releases; then its machines stall, and die."""
    rehearsal.await_quiet()
    (page,) = rehearsal.pages.values()
    rows = golden_rows(lake, served)
    with calling(lake, rows), illness.replaced_by_hand(lake, served):
        row = json.dumps(rows[0])
        cause_until(rehearsal, "QualityAlarm", lambda: None)
        cause_until(rehearsal, "LatencyAlarm", lambda: illness.stall(lake, row))
        cause_until(rehearsal, "ErrorsAlarm", lambda: illness.die(lake, row))
        status, _, flawed = page.follow("Look here first", statuses=(0, 1))
        assert "by-hand" in status
        assert "not-a-number" in flawed
        released = endpoints.wanted_config(lake.deployment)
        assert released in status
        page.follow("B", {"CONFIGURATION": released})
        # Somebody still asks.
        await_states(lake, rehearsal.names, OK)
    page.follow("Verify", {FILE: str(ROOT / FILE)})
    page.skip("A", because="test_release.py ends a trial")
    page.skip("C", because="test_release.py and test_closed_loop.py roll back")


def cause_until(rehearsal: Rehearsal, kind: str, cause: Callable[[], None]) -> None:
    """Do something, again and again, until all alarms of a kind have gone off."""
    wanted = {each for each in rehearsal.names if each.endswith(kind)}

    def is_done() -> bool:
        cause()
        # An alarm judges a period when it is over.
        return wait_until(lambda: wanted <= rehearsal.fired, seconds=JUDGED_SECONDS, interval=0.2)

    eventually(is_done, f"{wanted} go off", seconds=PATIENCE_SECONDS)
