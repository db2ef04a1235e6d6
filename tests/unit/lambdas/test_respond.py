"""Drift warns, quality decides; the floor has a file of its own."""

import json
from datetime import timedelta

import pytest

from lambdas.respond.settings import Settings
from lambdas.shared.clock import timestamp
from lambdas.shared.errors import PermanentError
from schemas.findings import Concern
from schemas.monitoring import Reaction
from schemas.releases import Serving
from tests.unit.lambdas.monitor_world import (
    ALARMS,
    COOLDOWN,
    MIN_LABELS,
    RELEASE,
    TRAINING,
    Monitored,
    violation,
)
from tests.unit.lambdas.pipeline import ARTIFACTS

OTHER_TRAINING = f"{TRAINING.replace(':stateMachine:', ':execution:')}:by-hand"


def test_drift_warns_and_does_nothing_else(monitored: Monitored) -> None:
    monitored.done(
        violation(Concern.DRIFT),
        violation(Concern.DRIFT, feature_name="carrier", description="carrier has moved"),
    )

    told = monitored.respond(Concern.DRIFT)

    assert (told["monitoring_id"], told["concern"], told["reaction"]) == ("m1", "drift", "warned")
    decision = monitored.decision(Concern.DRIFT)
    assert decision.reaction is Reaction.WARNED
    assert decision.is_announced
    assert decision.execution_arn == ""
    assert monitored.machines.inputs == {}
    ((subject, message),) = monitored.messages
    assert subject == "test, model 1: 2 violations of drift; a warning"
    assert "no retraining: drift warns, quality decides; quality is as it should be" in message
    assert "- distance (baseline_drift_check): distance has moved\n" in message
    assert message.endswith("- carrier (baseline_drift_check): carrier has moved")


def test_the_warning_leads_to_the_report(monitored: Monitored) -> None:
    monitored.done(violation(Concern.DRIFT))

    monitored.respond(Concern.DRIFT)

    ((_, message),) = monitored.messages
    assert (
        "Report: https://eu-west-1.console.aws.amazon.com/s3/object/artifacts-bucket"
        "?region=eu-west-1&prefix=monitoring%2Fm1%2Foutput%2Freport.html\n"
        f"        s3://{ARTIFACTS}/monitoring/m1/output/report.html\n"
        "        python -m ops monitor report m1\n"
    ) in message


def test_drift_tells_when_quality_is_not_known(monitored: Monitored) -> None:
    monitored.done(violation(Concern.DRIFT), quality={}, labelled=3)

    monitored.respond(Concern.DRIFT)

    assert "3 labelled predictions do not tell quality" in monitored.messages[0][1]


def test_drift_leaves_bad_quality_to_its_own_alarm(monitored: Monitored) -> None:
    monitored.done(violation(Concern.DRIFT), violation(Concern.QUALITY))

    monitored.respond(Concern.DRIFT)

    assert "quality is bad, too, and decided upon by itself" in monitored.messages[0][1]
    assert monitored.machines.inputs == {}


def test_bad_quality_begins_a_training(monitored: Monitored) -> None:
    monitored.done(violation(Concern.QUALITY, feature_name="auc", description="AUC is 0.6"))

    told = monitored.respond(Concern.QUALITY)

    assert told["reaction"] == "retraining"
    ((name, given),) = monitored.started(TRAINING).items()
    assert given == {"trigger": "quality"}
    decision = monitored.decision(Concern.QUALITY)
    assert decision.reaction is Reaction.RETRAINING
    assert decision.execution_arn.endswith(f":execution:mlops-test-training:{name}")
    assert decision.is_announced
    assert monitored.started(RELEASE) == {}
    ((subject, message),) = monitored.messages
    assert subject == "test, model 1: 1 violation of quality; a training is begun"
    assert f"Execution: {decision.execution_arn}\n" in message
    assert "- auc (baseline_drift_check): AUC is 0.6" in message


def test_names_of_executions_are_short_enough_and_their_own(monitored: Monitored) -> None:
    # As EventBridge names the executions that it begins.
    names = [f"{'0' * 36}_{'1' * 35}{number}" for number in range(2)]
    for number, name in enumerate(names):
        monitored.done(violation(Concern.QUALITY), name=name, labelled=2_000 + number)
        monitored.respond(Concern.QUALITY)
        for arn in monitored.machines.statuses:
            monitored.machines.statuses[arn] = "SUCCEEDED"
        monitored.later(hours=80)

    started = monitored.started(TRAINING)
    assert len(started) == 2
    assert max(map(len, started)) <= 80


@pytest.mark.parametrize("concern", [Concern.QUALITY, Concern.FLOOR])
def test_too_few_labels_begin_nothing(monitored: Monitored, concern: Concern) -> None:
    monitored.done(violation(concern), labelled=MIN_LABELS - 1)

    told = monitored.respond(concern)

    assert told["reaction"] == "nothing"
    assert told["reason"].startswith("only 999 predictions have labels, of 1,000")
    assert monitored.machines.inputs == {}
    ((subject, message),) = monitored.messages
    assert subject.endswith("nothing is done")
    assert "only 999 predictions have labels" in message
    assert monitored.table.retraining() is None


def test_enough_labels_are_enough(monitored: Monitored) -> None:
    monitored.done(violation(Concern.QUALITY), labelled=MIN_LABELS)

    assert monitored.respond(Concern.QUALITY)["reaction"] == "retraining"


def _retrained(world: Monitored) -> None:
    """Let bad quality have begun a training that is over."""
    world.done(violation(Concern.QUALITY), name="m1")
    assert world.respond(Concern.QUALITY)["reaction"] == "retraining"
    for arn in world.started(TRAINING):
        world.machines.statuses[arn] = "SUCCEEDED"
    world.machines.statuses = dict.fromkeys(world.machines.statuses, "SUCCEEDED")


def test_a_second_training_waits_for_the_cooldown(monitored: Monitored) -> None:
    _retrained(monitored)
    begun, over = monitored.now, monitored.now + COOLDOWN
    monitored.later(seconds=(COOLDOWN - timedelta(seconds=1)).total_seconds())
    monitored.done(violation(Concern.QUALITY), name="m2")

    told = monitored.respond(Concern.QUALITY)

    assert told["reaction"] == "nothing"
    assert f"run m1 has begun a training at {timestamp(begun)}" in told["reason"]
    assert f"after {timestamp(over)} at the earliest" in told["reason"]
    assert len(monitored.started(TRAINING)) == 1
    assert "nothing is done: run m1 has begun a training" in monitored.messages[-1][1]

    monitored.later(seconds=1)
    monitored.done(violation(Concern.QUALITY), name="m3")
    assert monitored.respond(Concern.QUALITY)["reaction"] == "retraining"
    assert len(monitored.started(TRAINING)) == 2


def test_without_a_cooldown_a_training_that_was_just_begun_counts_as_under_way(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of executions may not show it yet."""
    monkeypatch.setenv("COOLDOWN_HOURS", "0")
    Settings.from_environ.cache_clear()
    _retrained(monitored)
    monitored.later(seconds=10)
    monitored.done(violation(Concern.QUALITY), name="m2")
    assert monitored.respond(Concern.QUALITY)["reaction"] == "nothing"

    monitored.later(seconds=10)
    monitored.done(violation(Concern.QUALITY), name="m3")
    assert monitored.respond(Concern.QUALITY)["reaction"] == "retraining"


def test_a_training_that_is_under_way_is_enough(monitored: Monitored) -> None:
    monitored.machines.statuses[OTHER_TRAINING] = "RUNNING"
    monitored.done(violation(Concern.QUALITY))

    told = monitored.respond(Concern.QUALITY)

    assert told["reaction"] == "nothing"
    assert told["reason"] == f"a training is under way: {OTHER_TRAINING}"
    assert monitored.started(TRAINING) == {}
    # What was not begun cools nothing down.
    monitored.machines.statuses[OTHER_TRAINING] = "SUCCEEDED"
    monitored.done(violation(Concern.QUALITY), name="m2")
    assert monitored.respond(Concern.QUALITY)["reaction"] == "retraining"


@pytest.mark.parametrize("concern", list(Concern))
def test_an_alarm_that_comes_late_finds_nothing(monitored: Monitored, concern: Concern) -> None:
    monitored.done(violation(concern), name="m1")
    monitored.done(*(violation(each) for each in Concern if each is not concern), name="m2")

    assert monitored.respond(concern) == {}

    assert monitored.messages == []
    assert monitored.machines.inputs == {}


@pytest.mark.parametrize(
    ("concern", "reaction"), [(Concern.QUALITY, "retraining"), (Concern.FLOOR, "nothing")]
)
def test_a_run_that_could_not_judge_quality_drops_nothing(
    monitored: Monitored, concern: Concern, reaction: str
) -> None:
    """Somebody looks at an hour's predictions by hand before the alarm of the whole is heard."""
    monitored.done(violation(concern), name="m1")
    monitored.done(violation(Concern.DRIFT), name="by-hand", quality={}, labelled=3)

    told = monitored.respond(concern)

    assert (told["monitoring_id"], told["reaction"]) == ("m1", reaction)
    assert monitored.respond(Concern.DRIFT)["monitoring_id"] == "by-hand"


def test_a_model_that_was_replaced_is_no_reason_to_train(monitored: Monitored) -> None:
    monitored.done(violation(Concern.QUALITY))
    monitored.serve(Serving(champion=monitored.register()))

    told = monitored.respond(Concern.QUALITY)

    assert told["reaction"] == "nothing"
    assert told["reason"] == "model 2 has taken the place of model 1"
    assert monitored.started(TRAINING) == {}


def test_an_alarm_before_the_first_run_finds_nothing(monitored: Monitored) -> None:
    assert monitored.respond(Concern.DRIFT) == {}

    assert monitored.messages == []


def test_what_was_announced_is_left_alone(monitored: Monitored) -> None:
    monitored.done(*(violation(each) for each in Concern))
    first = [monitored.respond(each) for each in Concern]
    told, started = monitored.messages[:], dict(monitored.machines.inputs)
    monitored.later(hours=1_000)
    monitored.delete(f"s3://{ARTIFACTS}/monitoring/m1/output/monitoring.json")

    assert [monitored.respond(each) for each in Concern] == first

    assert monitored.messages == told
    assert monitored.machines.inputs == started


def test_an_alarm_that_nobody_knows_is_named(monitored: Monitored) -> None:
    with pytest.raises(PermanentError, match="unknown-alarm: .* 'mlops-test-weather'.*known are"):
        monitored.hear("mlops-test-weather")


def test_findings_that_are_gone_are_named(monitored: Monitored) -> None:
    monitored.done(violation(Concern.DRIFT))
    monitored.delete(f"s3://{ARTIFACTS}/monitoring/m1/output/monitoring.json")

    with pytest.raises(PermanentError, match="summary-missing"):
        monitored.respond(Concern.DRIFT)


def test_an_alarm_about_something_that_is_no_concern_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, monitored: Monitored
) -> None:
    monkeypatch.setenv("ALARMS", json.dumps(dict.fromkeys(ALARMS, "weather")))
    Settings.from_environ.cache_clear()

    with pytest.raises(ValueError, match="weather"):
        monitored.respond(Concern.DRIFT)
