import json
import subprocess
import sys

import pytest

from chaos.actions import begin
from chaos.schedule import (
    _MAKERS,
    LAST_START_SECONDS,
    LONGEST_FAULT_SECONDS,
    STEPS_PER_PHASE,
    make_schedule,
)
from chaos.steps import BadCalls, Burst, Starve, Step
from config import get_environment
from local.environment import ROOT
from mlops_constructs.queue_settings import DAY, QueueSettings

MANY = 200


def seconds_to_come_back() -> int:
    """Return the visibility timeout of the ingestion queue, as the construct derives it."""
    ingestion = get_environment("local").ingestion
    return QueueSettings(
        timeout_seconds=ingestion.timeout_seconds,
        max_concurrency=ingestion.max_concurrency,
        batch_size=ingestion.batch_size,
        batch_window_seconds=0,
        ride_out_seconds=ingestion.ride_out_seconds,
        retention_seconds=DAY,
        max_message_bytes=1_024,
        seconds_per_message=ingestion.seconds_per_file,
        expected_burst=ingestion.expected_burst,
        max_drain_seconds=ingestion.max_drain_seconds,
    ).visibility_timeout_seconds


def test_the_same_seed_gives_the_same_schedule_in_another_process() -> None:
    program = "from chaos.schedule import make_schedule; print(repr(make_schedule(5, 30)))"

    printed = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert printed.strip() == repr(make_schedule(5, 30))


def test_another_seed_gives_another_schedule() -> None:
    assert make_schedule(1, 10).steps != make_schedule(2, 10).steps


def test_a_longer_schedule_begins_like_a_shorter_one() -> None:
    assert make_schedule(3, 30).steps[:12] == make_schedule(3, 12).steps


def test_steps_left_out_change_nothing_about_the_others() -> None:
    schedule = make_schedule(3, 30)

    some = schedule.only([2, 11, 29])

    assert some.steps == tuple(schedule.steps[number - 1] for number in (2, 11, 29))
    assert list(some.phases) == [1, 2, 3]


def test_a_step_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match=r"seed 3 has steps 1 to 5, not 7, 9"):
        make_schedule(3, 5).only([1, 7, 9])


@pytest.mark.parametrize("steps", [0, -1])
def test_a_schedule_has_steps(steps: int) -> None:
    with pytest.raises(ValueError, match="1 step or more"):
        make_schedule(1, steps)


def test_every_phase_begins_with_files_and_has_its_number_of_steps() -> None:
    phases = make_schedule(4, 25).phases

    assert [len(steps) for steps in phases.values()] == [STEPS_PER_PHASE, STEPS_PER_PHASE, 5]
    assert all(isinstance(steps[0], Burst) and steps[0].at == 0 for steps in phases.values())


def test_faults_of_a_phase_end_before_a_message_that_was_cut_off_comes_back() -> None:
    """So each message loses a receive or two of its five, and no valid one may die."""
    assert seconds_to_come_back() > LAST_START_SECONDS + LONGEST_FAULT_SECONDS
    for step in make_schedule(1, MANY).steps:
        assert 0 <= step.at <= LAST_START_SECONDS
        if isinstance(step, BadCalls | Starve):
            assert step.seconds <= LONGEST_FAULT_SECONDS


def test_every_kind_of_step_is_drawn_can_be_done_and_says_what_it_does() -> None:
    kinds = {type(step) for step in make_schedule(1, MANY).steps}

    assert len(kinds) == len(_MAKERS)
    assert {kind.__name__ for kind in kinds} == {kind.__name__ for kind in Step.__subclasses__()}
    for step in make_schedule(1, MANY).steps:
        assert begin.dispatch(type(step)) is not begin.dispatch(Step)
        assert step.told in str(step)
        json.dumps(step.told)
