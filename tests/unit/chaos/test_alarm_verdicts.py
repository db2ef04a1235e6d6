import pytest

from chaos.alarms import (
    ARCHIVER_ERRORS,
    ARCHIVER_THROTTLES,
    DEAD_LETTERS,
    ERRORS,
    OF_FUNCTIONS,
    PARKING,
    THROTTLES,
    WATCHED,
    expected_alarms,
    judge_alarms,
)
from chaos.steps import Burst, Function, Kill, Restart, Starve, Step

FILES = Burst(files=1, refused_share=0, shared_share=0)
STARVE = Starve(function=Function.INGEST, seconds=3)
KILL = Kill(function=Function.INGEST)


def complaints(
    fired: set[str], *steps: Step, died: bool = False, rose: tuple[str, ...] = ()
) -> set[str]:
    found = judge_alarms(fired, [FILES, *steps], died=died, rose=rose)
    return {each.subject for each in found}


@pytest.mark.parametrize(
    ("fired", "died", "complained"),
    [
        (set(), False, set()),
        ({DEAD_LETTERS}, True, set()),
        (set(), True, {DEAD_LETTERS}),
        ({DEAD_LETTERS}, False, {DEAD_LETTERS}),
        ({DEAD_LETTERS, PARKING}, True, {PARKING}),
    ],
)
def test_an_alarm_must_fire_exactly_when_it_has_a_cause(
    fired: set[str], died: bool, complained: set[str]
) -> None:
    assert complaints(fired, died=died) == complained


@pytest.mark.parametrize("alarm", [ERRORS, ARCHIVER_ERRORS])
def test_an_alarm_on_errors_must_fire_exactly_when_its_metric_rises(alarm: str) -> None:
    assert complaints({alarm}, KILL, rose=(alarm,)) == set()
    assert complaints(set(), KILL, rose=(alarm,)) == {alarm}
    assert complaints({alarm}, KILL) == {alarm}


def test_the_alarm_on_throttles_must_fire_when_a_starved_function_was_refused() -> None:
    assert complaints({THROTTLES}, STARVE, rose=(THROTTLES,)) == set()
    assert complaints(set(), STARVE, rose=(THROTTLES,)) == {THROTTLES}
    assert complaints({THROTTLES}, STARVE) == {THROTTLES}


def test_a_starved_function_that_nothing_was_sent_to_raises_no_alarm() -> None:
    assert complaints(set(), STARVE) == set()


def test_a_function_that_nothing_starves_is_never_throttled() -> None:
    assert complaints({THROTTLES}, rose=(THROTTLES,)) == {THROTTLES}
    assert complaints(set(), Restart(), rose=(THROTTLES,)) == {THROTTLES}
    # The ingest function is starved, not the archive's.
    throttled = complaints({ARCHIVER_THROTTLES}, STARVE, rose=(ARCHIVER_THROTTLES,))
    assert throttled == {ARCHIVER_THROTTLES}


def test_a_restart_may_cost_the_emulator_the_metrics_of_a_minute() -> None:
    assert complaints(set(), Restart(), died=True, rose=(ERRORS,)) == set()
    assert complaints({ERRORS}, Restart()) == set()
    assert complaints({DEAD_LETTERS}, Restart()) == {DEAD_LETTERS}


def test_what_is_waited_for_is_what_must_fire() -> None:
    assert expected_alarms([FILES, KILL], died=True, rose={ERRORS}) == {DEAD_LETTERS, ERRORS}
    assert expected_alarms([FILES, Restart()], died=True, rose={ERRORS}) == set()


def test_every_alarm_of_a_function_is_watched() -> None:
    assert set(OF_FUNCTIONS) < set(WATCHED)
    assert {function for function, _ in OF_FUNCTIONS.values()} == set(Function)


def test_an_alarm_that_never_came_to_rest_is_a_breach_and_hides_all_others() -> None:
    found = list(judge_alarms({DEAD_LETTERS}, [FILES], died=False, rose=(), loud={ERRORS}))
    assert [each.subject for each in found] == [ERRORS]
    assert "still in ALARM" in found[0].detail
