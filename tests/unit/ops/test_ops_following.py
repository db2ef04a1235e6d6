"""What an execution's history says, and what people are told of it while they wait."""

from datetime import timedelta
from typing import Any

import pytest

from ops.errors import OpsError
from ops.executions import Execution, StateVisit, visits_of
from ops.following import Look, begin, follow, news
from ops.jobs import JobKind, JobRef
from schemas.training import Verdict
from tests.unit.ops.services import (
    BEGAN,
    MACHINE,
    Moment,
    entered,
    failed,
    invoked,
    left,
    scheduled,
)
from tests.unit.ops.trained import RUN_ID, Training, judged

JOB = f"local-{RUN_ID}-1-train-0"


def test_people_see_states_jobs_and_figures_as_they_come(training: Training) -> None:
    training.evaluate(judged())
    training.sagemaker.add_job(
        "TrainingJob", JOB, "InProgress", SecondaryStatus="Training",
        FinalMetricDataList=[{"MetricName": "validation:auc", "Value": 0.6712,
                              "Timestamp": BEGAN}],
    )  # fmt: skip
    begun = [entered("Snapshot"), invoked(), left("Snapshot"), entered("Train")]
    running = [*begun, scheduled("TrainingJob", JOB)]
    training.machine.next_moments = [
        Moment(events=begun),
        Moment(events=running),
        Moment(events=running),
        replace_events(training.ended(Verdict.REGISTER), [*running, left("Train")]),
    ]
    told: list[str] = []
    looks: list[Look] = []

    def report(look: Look) -> None:
        told.extend(news(looks[-1] if looks else None, look))
        looks.append(look)

    started = begin(training.deployment, "train", {})
    follow(
        training.deployment, started.execution_arn, timeout_seconds=60, report=report,
        poll_seconds=0,
    )  # fmt: skip

    assert told == [
        "Snapshot",
        "Train",
        f"  training job {JOB}",
        "  Training; validation:auc 0.6712",
    ]


def replace_events(moment: Moment, events: list[Any]) -> Moment:
    moment.events = events
    return moment


def test_an_execution_may_take_a_moment_to_be_seen(training: Training) -> None:
    training.machine.next_moments = [training.ended(Verdict.REFUSE)]
    started = begin(training.deployment, "train", {})
    training.machine.unseen = 3

    execution = follow(
        training.deployment, started.execution_arn, timeout_seconds=60,
        report=lambda _: None, poll_seconds=0,
    )  # fmt: skip

    assert execution.status == "SUCCEEDED"


def test_a_job_that_is_not_created_yet_is_no_news(training: Training) -> None:
    arn = training.machine.add(
        "x", Moment(events=[entered("Train"), scheduled("TrainingJob", JOB)])
    )
    looks: list[Look] = []

    with pytest.raises(OpsError, match="has not ended"):
        follow(training.deployment, arn, timeout_seconds=0, report=looks.append)

    assert looks[-1].job is None
    assert list(news(None, looks[-1])) == ["Train", f"  training job {JOB}"]


def test_a_retry_is_told_with_its_reason() -> None:
    events = [entered("Train"), scheduled("TrainingJob", JOB), failed("Quota", "full")]

    assert list(news(look_at(events[:2]), look_at(events))) == ["  failed (Quota), attempt 1"]


def look_at(events: list[Any]) -> Look:
    execution = Execution(
        arn=MACHINE, name="x", status="RUNNING", began_at=BEGAN, visits=tuple(history(events))
    )
    return Look(execution=execution)


def history(events: list[Any]) -> list[StateVisit]:
    return list(
        visits_of(
            {"timestamp": BEGAN + timedelta(seconds=second), **event}
            for second, event in enumerate(events)
        )
    )


def test_a_history_is_read_as_states_that_do_work() -> None:
    snapshot, train = history(
        [
            entered("Begin", "Pass"),
            entered("Snapshot"),
            invoked(),
            left("Snapshot"),
            entered("IsDue", "Choice"),
            entered("Train"),
            scheduled("TrainingJob", "first"),
            failed("Quota", "full"),
            scheduled("TrainingJob", "second"),
        ]
    )

    assert (snapshot.state, snapshot.attempts, snapshot.job) == ("Snapshot", 1, None)
    assert snapshot.left_at == BEGAN + timedelta(seconds=3)
    assert train == StateVisit(
        state="Train",
        entered_at=BEGAN + timedelta(seconds=5),
        attempts=2,
        job=JobRef(kind=JobKind.TRAINING, name="second"),
    )
