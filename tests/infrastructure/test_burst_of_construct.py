"""Whatever the construct accepts loses nothing in the simulator, and is as fast as can be."""

import dataclasses
import itertools
import math

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mlops_constructs.queue_settings import (
    DEAD_LETTER_RETENTION_SECONDS,
    MAX_RECEIVE_COUNT,
    QueueSettings,
    QueueSettingsError,
)
from queue_rules.burst import Load, Order, Rejection, Scenario, Settings, simulate
from queue_rules.burst.bound import lower_bound
from queue_rules.burst.scenarios import BACK_OFFS, ramps

GENEROUS = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.filter_too_much]
)


@st.composite
def accepted_settings(draw: st.DrawFn) -> QueueSettings:
    """Any settings that the construct accepts, times that just suffice among them."""
    timeout = draw(st.integers(1, 900))
    window = draw(st.sampled_from([0, 1, 30, 300]))
    batch_size = draw(st.integers(1, 5_000 if window else 10))
    concurrency = draw(st.integers(2, 20) | st.integers(2, 1_000))
    seconds_per_message = timeout / batch_size * draw(st.floats(0.001, 1))
    burst = draw(st.integers(0, 300) | st.integers(0, 100_000))
    waves = math.ceil(burst / batch_size) / concurrency
    drain = max(1, math.ceil(waves * batch_size * seconds_per_message))
    ride_out = draw(st.integers(1, 3_600) | st.integers(1, 86_400))
    proposed = QueueSettings(
        timeout_seconds=timeout,
        max_concurrency=concurrency,
        batch_size=batch_size,
        batch_window_seconds=window,
        ride_out_seconds=ride_out,
        retention_seconds=10 * 86_400,
        max_message_bytes=1_024,
        seconds_per_message=seconds_per_message,
        expected_burst=burst,
        max_drain_seconds=drain + draw(st.integers(0, 100)),
    )
    if draw(st.booleans()):  # just enough
        enough = max(60, proposed.longest_stay_seconds + 1)
        proposed = dataclasses.replace(proposed, retention_seconds=enough)
    try:
        proposed.check(next_retention_seconds=DEAD_LETTER_RETENTION_SECONDS)
    except QueueSettingsError:
        assume(False)
    return proposed


def simulated(proposed: QueueSettings, *, reserves: bool) -> Settings:
    return Settings(
        visibility_timeout=proposed.visibility_timeout_seconds,
        timeout=proposed.timeout_seconds,
        batch_size=proposed.batch_size,
        batch_window=proposed.batch_window_seconds,
        maximum_concurrency=proposed.max_concurrency,
        reserved_concurrency=proposed.max_concurrency if reserves else None,
        max_receive_count=MAX_RECEIVE_COUNT,
        retention=proposed.retention_seconds,
        reports_failures=True,
    )


@st.composite
def scenarios(draw: st.DrawFn, target: Settings) -> Scenario:
    return Scenario(
        ramp=draw(st.sampled_from(ramps(target))),
        back_off=draw(st.sampled_from(BACK_OFFS)),
        order=draw(st.sampled_from(Order)),
        rejection=draw(st.sampled_from(Rejection)),
        seed=draw(st.integers(0, 1_000)),
    )


@GENEROUS
@given(data=st.data(), proposed=accepted_settings(), reserves=st.booleans())
def test_no_expected_burst_and_no_starvation_within_the_ride_out_kills_a_valid_message(
    data: st.DataObject, proposed: QueueSettings, *, reserves: bool
) -> None:
    assume(proposed.expected_burst > 0)
    target = simulated(proposed, reserves=reserves)
    load = Load(
        messages=data.draw(
            st.integers(1, proposed.expected_burst) | st.just(proposed.expected_burst)
        ),
        seconds_per_message=proposed.seconds_per_message,
        starved_seconds=data.draw(
            st.integers(0, proposed.ride_out_seconds) | st.just(proposed.ride_out_seconds)
        ),
        starved_from=data.draw(st.floats(0, proposed.max_drain_seconds)),
    )
    outcome = simulate(target, load, data.draw(scenarios(target)))
    assert (outcome.lost, outcome.expired) == (0, 0)
    assert outcome.processed == load.messages


def test_a_place_kept_idle_by_a_batch_that_backs_off_makes_no_message_expire() -> None:
    """Found by the test above: the last of 99 messages expired a second before its turn."""
    tight = QueueSettings(
        timeout_seconds=1,
        max_concurrency=3,
        batch_size=1,
        batch_window_seconds=0,
        ride_out_seconds=14,
        retention_seconds=10 * 86_400,
        max_message_bytes=1_024,
        seconds_per_message=1.0,
        expected_burst=99,
        max_drain_seconds=33,
    )
    enough = dataclasses.replace(tight, retention_seconds=tight.longest_stay_seconds + 1)
    target = simulated(enough, reserves=False)
    load = Load(messages=99, seconds_per_message=1.0, starved_seconds=14)
    for ramp, back_off in itertools.product(ramps(target), BACK_OFFS):
        scenario = Scenario(
            ramp=ramp,
            back_off=back_off,
            order=Order.OLDEST,
            rejection=Rejection.MAKES_VISIBLE,
            seed=0,
        )
        assert simulate(target, load, scenario).processed == 99


@GENEROUS
@given(data=st.data(), proposed=accepted_settings(), poison=st.floats(0, 0.2))
def test_poison_messages_take_no_valid_message_with_them(
    data: st.DataObject, proposed: QueueSettings, poison: float
) -> None:
    assume(proposed.expected_burst > 0)
    # What is rejected runs five times, which no expectation of a burst includes.
    target = dataclasses.replace(simulated(proposed, reserves=True), retention=10 * 86_400)
    load = Load(
        messages=min(10_000, proposed.expected_burst),
        seconds_per_message=proposed.seconds_per_message,
        poison=poison,
    )
    outcome = simulate(target, load, data.draw(scenarios(target)))
    assert outcome.lost == 0
    assert outcome.processed == load.messages - load.poison_messages


@GENEROUS
@given(data=st.data(), proposed=accepted_settings(), reserves=st.booleans())
def test_without_starvation_a_burst_drains_as_fast_as_can_be(
    data: st.DataObject, proposed: QueueSettings, *, reserves: bool
) -> None:
    assume(proposed.expected_burst > 0)
    target = simulated(proposed, reserves=reserves)
    load = Load(messages=proposed.expected_burst, seconds_per_message=proposed.seconds_per_message)
    scenario = data.draw(scenarios(target))
    outcome = simulate(target, load, scenario)
    # The last batch waits its window when it is not full.
    window = target.batch_window if load.messages % target.batch_size else 0
    assert outcome.throttles == 0
    assert outcome.drained_at <= 1.1 * lower_bound(target, load, scenario.ramp) + window
