from collections.abc import Sequence

import pytest

from chaos.shrink import shrink

STEPS = tuple(range(1, 31))
LONG = 1e9


class Runner:
    """A campaign that fails whenever all of `culprits` are among its steps."""

    def __init__(self, *culprits: int) -> None:
        self.culprits = set(culprits)
        self.runs = 0

    def __call__(self, steps: Sequence[int]) -> bool:
        self.runs += 1
        return self.culprits <= set(steps)


@pytest.mark.parametrize(
    "culprits", [(7,), (1,), (30,), (3, 17), (1, 30), (4, 5, 6), (2, 9, 21, 28)]
)
def test_exactly_the_steps_that_are_needed_are_left(culprits: tuple[int, ...]) -> None:
    assert shrink(STEPS, Runner(*culprits), longest_seconds=LONG) == list(culprits)


def test_a_single_culprit_is_found_in_few_runs() -> None:
    runner = Runner(13)

    shrink(STEPS, runner, longest_seconds=LONG)

    assert runner.runs <= 15


def test_steps_that_are_all_needed_are_all_left() -> None:
    assert shrink((1, 2, 3), Runner(1, 2, 3), longest_seconds=LONG) == [1, 2, 3]


def test_a_failure_that_does_not_come_again_leaves_the_schedule_as_it_was() -> None:
    assert shrink(STEPS, lambda _: False, longest_seconds=LONG) == list(STEPS)


def test_when_time_is_up_the_smallest_so_far_is_given() -> None:
    now = iter(range(100))

    found = shrink(STEPS, Runner(30), longest_seconds=2.5, clock=lambda: float(next(now)))

    assert found != list(STEPS)
    assert len(found) > 1
    assert 30 in found
