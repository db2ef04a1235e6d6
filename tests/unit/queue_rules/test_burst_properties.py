"""What must hold for any settings, any burst and whatever AWS does."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from queue_rules.burst import Load, Order, Outcome, Rejection, Scenario, Settings, simulate
from queue_rules.burst.bound import lower_bound
from queue_rules.burst.messages import Message, VisibleMessages, count, draw
from queue_rules.burst.scenarios import BACK_OFFS, CURRENT_RAMP, FORMER_RAMP, ramps
from queue_rules.burst.simulation import _Simulation

PATIENT = settings(deadline=None, max_examples=200)

any_settings = st.builds(
    Settings,
    visibility_timeout=st.integers(1, 300),
    timeout=st.integers(1, 60),
    batch_size=st.integers(1, 10),
    batch_window=st.sampled_from([0, 0, 5, 60, 300]),
    maximum_concurrency=st.none() | st.integers(2, 50),
    reserved_concurrency=st.none() | st.integers(0, 20),
    competitors=st.integers(0, 3),
    max_receive_count=st.none() | st.integers(1, 10),
    retention=st.integers(60, 7_200),
    reports_failures=st.booleans(),
)
any_load = st.builds(
    Load,
    messages=st.integers(1, 400),
    seconds_per_message=st.floats(0.05, 10),
    arrival_seconds=st.sampled_from([0, 0, 30, 600]),
    poison=st.sampled_from([0, 0, 0.01, 0.3, 1]),
    starved_seconds=st.sampled_from([0, 0, 100, 2_000]),
    starved_from=st.floats(0, 100),
)


@st.composite
def scenarios(draw_: st.DrawFn) -> Scenario:
    return Scenario(
        ramp=draw_(st.sampled_from([CURRENT_RAMP, FORMER_RAMP])),
        back_off=draw_(st.sampled_from(BACK_OFFS)),
        order=draw_(st.sampled_from(Order)),
        rejection=draw_(st.sampled_from(Rejection)),
        seed=draw_(st.integers(0, 100)),
    )


def possible(target: Settings, scenario: Scenario) -> Scenario:
    """Return the scenario at the pace of the mapping; without a dead-letter queue nobody loops."""
    ramp = next(
        (each for each in ramps(target) if each.per_minute == scenario.ramp.per_minute),
        ramps(target)[0],
    )
    loops = target.max_receive_count is None
    return replace(scenario, ramp=ramp, rejection=Rejection.WAITS if loops else scenario.rejection)


@PATIENT
@given(target=any_settings, load=any_load, scenario=scenarios())
def test_every_message_ends_exactly_once(target: Settings, load: Load, scenario: Scenario) -> None:
    outcome = simulate(target, load, possible(target, scenario))
    assert outcome.valid_ended == load.messages - load.poison_messages
    assert outcome.rejected + outcome.poison_expired == load.poison_messages
    last = outcome.samples[-1]
    if target.max_receive_count is not None:
        assert (last.queued, last.running, last.waiting) == (0, 0, 0)


# A window of many visibility timeouts: what it waited for is visible again when it ends.
IMPATIENT = Settings(
    visibility_timeout=30,
    timeout=5,
    batch_window=300,
    reserved_concurrency=2,
    max_receive_count=5,
    reports_failures=True,
)
STARVED = Load(messages=5, seconds_per_message=1, starved_seconds=400)
AT_ONCE = Scenario(ramp=CURRENT_RAMP, back_off=BACK_OFFS[0])


class Watched(_Simulation):
    """Notes when the mapping looks what it can do: after everything that happens."""

    def __init__(self, target: Settings, load: Load, scenario: Scenario) -> None:
        super().__init__(target, load, scenario)
        self.moments: list[float] = []

    def _read(self) -> None:
        self.moments.append(self._now)
        super()._read()


@PATIENT
@given(target=any_settings, load=any_load, scenario=scenarios())
@example(target=IMPATIENT, load=STARVED, scenario=AT_ONCE)
def test_time_and_throttles_never_go_back(target: Settings, load: Load, scenario: Scenario) -> None:
    simulation = Watched(target, load, possible(target, scenario))
    outcome = simulation.run(until_loss=False)
    assert outcome.throttles >= 0
    assert simulation.moments == sorted(simulation.moments)


@PATIENT
@given(target=any_settings, load=any_load, scenario=scenarios())
def test_the_mapping_and_the_function_keep_their_limits(
    target: Settings, load: Load, scenario: Scenario
) -> None:
    outcome = simulate(target, load, possible(target, scenario))
    slots, cap = target.slots, target.maximum_concurrency or CURRENT_RAMP.most
    for sample in outcome.samples:
        assert sample.running <= slots
        assert sample.running + sample.waiting <= cap
        assert sample.dead <= load.messages


def drained(target: Settings, load: Load, scenario: Scenario) -> Outcome:
    return simulate(target, load, possible(target, scenario))


@PATIENT
@given(
    cap=st.integers(2, 40),
    more=st.integers(1, 40),
    batch_size=st.integers(1, 10),
    messages=st.integers(1, 3_000),
    seconds=st.floats(0.05, 3),
    scenario=scenarios(),
)
def test_more_concurrency_never_drains_slower(
    *, cap: int, more: int, batch_size: int, messages: int, seconds: float, scenario: Scenario
) -> None:
    target = Settings(
        visibility_timeout=200,
        timeout=30,
        batch_size=batch_size,
        maximum_concurrency=cap,
        max_receive_count=5,
    )
    load = Load(messages=messages, seconds_per_message=seconds)
    slower = drained(target, load, scenario)
    faster = drained(replace(target, maximum_concurrency=cap + more), load, scenario)
    assert slower.processed == faster.processed == messages
    # Where a ramp step falls decides how whole batches end: at most one of them.
    assert faster.drained_at <= slower.drained_at + batch_size * seconds + 1e-6


@PATIENT
@given(target=any_settings, load=any_load, scenario=scenarios())
def test_nothing_beats_the_lower_bound(target: Settings, load: Load, scenario: Scenario) -> None:
    assume(target.slots > 0 and load.messages % target.batch_size == 0)
    scenario = possible(target, scenario)
    # A bound for whole batches; messages that arrive one by one are run in smaller ones.
    load = replace(load, arrival_seconds=0, poison=0)
    outcome = simulate(target, load, scenario)
    assume(outcome.processed == load.messages)
    assert outcome.drained_at >= lower_bound(target, load, scenario.ramp) * (1 - 1e-6)


@PATIENT
@given(
    messages=st.lists(st.integers(1, 3_000), min_size=1, max_size=4),
    share=st.floats(0, 1),
    seed=st.integers(0, 1_000),
)
@example(messages=[10, 1], share=0.5, seed=0)
def test_a_draw_takes_what_it_is_asked_for(messages: list[int], share: float, seed: int) -> None:
    before = {Message(0, receives=index): number for index, number in enumerate(messages)}
    left = dict(before)
    wanted = int(share * sum(messages))
    drawn = draw(left, wanted, Random(seed))  # noqa: S311
    assert count(drawn) == wanted
    assert all(number > 0 for number in [*drawn.values(), *left.values()])
    assert {message: drawn.get(message, 0) + left.get(message, 0) for message in before} == before


@pytest.mark.parametrize(
    ("poison", "total", "number"),
    [(3, 10, 5), (1, 100, 10), (50, 100, 10), (10, 12, 11), (400, 1_000, 500), (5, 2_000, 1_500)],
)
def test_a_draw_prefers_nobody(poison: int, total: int, number: int) -> None:
    """Mean and variance are those of the hypergeometric distribution."""
    rng = Random(7)  # noqa: S311
    bad, good = Message(0, poison=True), Message(0)
    found = [
        draw({bad: poison, good: total - poison}, number, rng).get(bad, 0) for _ in range(8_000)
    ]
    mean = sum(found) / len(found)
    variance = sum((each - mean) ** 2 for each in found) / len(found)
    share = poison / total
    expected = number * share * (1 - share) * (total - number) / (total - 1)
    assert mean == pytest.approx(number * share, abs=4 * (expected / len(found)) ** 0.5)
    assert variance == pytest.approx(expected, rel=0.1)


def test_receives_return_the_oldest_first_or_any() -> None:
    early, late = Message(0), Message(1)
    oldest = VisibleMessages(Order.OLDEST, Random(0))  # noqa: S311
    mixed = VisibleMessages(Order.RANDOM, Random(0))  # noqa: S311
    for queue in (oldest, mixed):
        queue.add({early: 100})
        queue.add({late: 100})
    assert oldest.take(100) == {early: 100}
    assert 20 < mixed.take(100)[early] < 80
    assert (oldest.count, mixed.count) == (100, 100)
