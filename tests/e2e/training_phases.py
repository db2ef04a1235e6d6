"""What the tests of training look at: executions side by side, in four phases, each run once.

A phase takes ten to forty seconds, which is why tests share them: several executions at a time keep
both processors busy.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from ops import executions, models
from ops.executions import Execution
from ops.models import Model
from schemas.ledger import LedgerEntry
from schemas.names import Output
from schemas.runs import Mode, Trigger
from tests.cloud import eventually
from tests.e2e import months, releases
from tests.e2e.lake import PATIENCE_SECONDS, Lake
from tests.e2e.trainings import Training, trainer

Document = Mapping[str, Any]

# Few and small trees: good enough for the gate, and easy to beat.
MODEST: Document = {
    "window": months.WINDOW.to_json(),
    "hyperparameters": {"max_depth": "1", "num_boost_round": "10"},
}
# No leaf may be as small as needed to learn anything.
WORTHLESS: Document = {
    "window": months.WINDOW_WITH_THIN_MONTH.to_json(),
    "hyperparameters": {"min_child_weight": "10000"},
}
TUNED: Document = {"window": months.WINDOW.to_json(), "mode": Mode.TUNE.value}
BEFORE_ALL = "2012-08"
FAILING: Mapping[str, Document] = {
    "misspelt": {"windw": months.WINDOW.to_json()},
    "missing-month": {"window": months.WINDOW.to_json() | {"train_from": BEFORE_ALL}},
    "rejected-by-the-script": {
        "window": months.WINDOW.to_json(),
        "hyperparameters": {"max_depth": "deep"},
    },
}
TO_BE_KILLED: Document = {"window": months.WINDOW.to_json(), "hyperparameters": {"seed": "2"}}
CORRECTED = "2012-10"


@dataclass(frozen=True, slots=True)
class Trained:
    """The first model, and what failed beside it.

    Attributes:
        twins: Two executions of one recipe, begun at once.
        again: The same, when they had ended.
        model: What was registered, once it was approved.
        failed: Executions that had to fail, by what was wrong with them.
        alarm: What CloudWatch said of these.
    """

    twins: tuple[Training, Training]
    again: Training
    model: Model
    failed: Mapping[str, Training]
    alarm: Mapping[str, Any]

    @property
    def winner(self) -> Training:
        """The twin that has trained."""
        (found,) = (each for each in self.twins if each.run is not None)
        return found


@dataclass(frozen=True, slots=True)
class Challenged:
    """What came after the first model, when a part of its data had been replaced in the lake.

    Attributes:
        replaced: Version of the raw file that the first model was trained on.
        worthless: A challenger that has learnt nothing.
        reproduced: The first model, trained again.
    """

    replaced: LedgerEntry
    worthless: Training
    reproduced: Training


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A tuning that the cloud's restart has cut off, and the one that took its place.

    Attributes:
        cut_off: The first execution.
        finished: The second, of the same recipe.
        model: What was registered, once it was approved.
    """

    cut_off: Training
    finished: Training
    model: Model


@pytest.fixture(scope="session")
def trained(lake: Lake) -> Trained:
    for key, body in months.files():
        lake.put(key, body)
    for key, _ in months.files():
        lake.await_outcome(key)
    lake.come_to_rest()
    lake.await_alarm("Training-FailedAlarm", "OK")
    with trainer(lake) as begun:
        first, second = begun.begin(MODEST), begun.begin(MODEST)
        failing = {name: begun.begin(document) for name, document in FAILING.items()}
        failing["killed"] = begun.begin(TO_BE_KILLED)
        begun.kill_job(failing["killed"], "profile-0")
        begun.kill_job(failing["killed"], "profile-1")
        twins = begun.await_end(first), begun.await_end(second)
        return Trained(
            twins,
            begun.run(MODEST),
            await_approval(lake, *twins),
            {name: begun.await_end(arn) for name, arn in failing.items()},
            begun.await_alarm("Training-FailedAlarm"),
        )


@pytest.fixture(scope="session")
def challenged(lake: Lake, trained: Trained) -> Challenged:
    key = months.key_of("flights", CORRECTED)
    replaced = lake.in_force(key)
    lake.put(key, months.corrected_flights(CORRECTED))
    lake.await_outcome(key, versions=2)
    lake.come_to_rest()
    with trainer(lake) as begun:
        worthless = begun.begin(WORTHLESS)
        reproduced = begun.begin({"reproduces": trained.model.arn})
        return Challenged(replaced, begun.await_end(worthless), begun.await_end(reproduced))


@pytest.fixture(scope="session")
def taken_over(lake: Lake, trained: Trained) -> TakenOver:
    del trained  # whose model is the champion to beat
    with trainer(lake) as begun:
        cut_off = begun.begin(TUNED)
        begun.await_job(cut_off, "profile-0")
        lake.cloud.restart()
        finished = begun.run(TUNED)
        return TakenOver(begun.await_end(cut_off), finished, await_approval(lake, finished))


@pytest.fixture(scope="session")
def scheduled(lake: Lake, trained: Trained) -> Execution:
    """An execution that the deployed rule has begun, with nothing changed but its interval."""
    del trained  # since which too little has come
    before = set(begun_by(lake, Trigger.NEW_DATA))
    with every_minute(lake, "NewData"):
        arn = eventually(
            lambda: next(iter(set(begun_by(lake, Trigger.NEW_DATA)) - before), None),
            "the rule begins an execution",
            seconds=PATIENCE_SECONDS,
        )
    eventually(
        lambda: not executions.describe(lake.deployment, arn).is_running,
        f"{arn} has ended",
        seconds=PATIENCE_SECONDS,
    )
    return executions.read(lake.deployment, arn)


def await_approval(lake: Lake, *trainings: Training) -> Model:
    """Wait until what one of some trainings has registered is approved, and return it."""
    (arn,) = {each.run.model_package_arn for each in trainings if each.run}

    def approved() -> Model | None:
        found = models.describe(lake.deployment, arn)
        return found if found.approval == models.APPROVED else None

    model = eventually(approved, f"{arn} is approved", seconds=PATIENCE_SECONDS)
    assert isinstance(model, Model)
    # Its release begins by itself, and is over before anything else happens to the cloud.
    releases.await_approved(lake, model)
    return model


@contextmanager
def every_minute(lake: Lake, construct_id: str) -> Iterator[None]:
    """Let a deployed rule come round every minute, which lasts a second, and leave all else."""
    client = lake.cloud.client("events")
    members = client.meta.service_model.operation_model("PutRule").input_shape.members
    rule = rule_of(lake, construct_id)
    deployed = {member: value for member, value in rule.items() if member in members}
    client.put_rule(**deployed | {"ScheduleExpression": "rate(1 minute)"})
    try:
        yield
    finally:
        client.put_rule(**deployed)


def rule_of(lake: Lake, construct_id: str) -> Mapping[str, Any]:
    """Return the deployed rule with this construct id, as EventBridge describes it."""
    (name,) = (
        each for each in lake.deployment.resources("AWS::Events::Rule") if construct_id in each
    )
    rule: Mapping[str, Any] = lake.cloud.client("events").describe_rule(Name=name)
    return rule


def begun_by(lake: Lake, trigger: Trigger) -> Iterator[str]:
    """Yield the executions that were begun with nothing but a trigger."""
    machine = lake.deployment[Output.TRAINING_STATE_MACHINE_ARN]
    for each in executions.listed(lake.deployment, machine):
        arn = each["executionArn"]
        if executions.describe(lake.deployment, arn).input == {"trigger": trigger.value}:
            yield arn
