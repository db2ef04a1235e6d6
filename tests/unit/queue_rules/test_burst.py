"""What was published and what the rules claim comes out of the simulator, as ranges."""

from dataclasses import replace
from typing import Any

import pytest

from queue_rules.burst import BackOff, Load, Ramp, Retry, Settings
from queue_rules.burst.concurrency import MappingLimit
from queue_rules.burst.forecast import Forecast, forecast
from queue_rules.burst.scenarios import BACK_OFFS, CURRENT_RAMP, Order, Rejection, Scenario
from queue_rules.burst.settings import ProvisionedPollers
from queue_rules.burst.simulation import simulate

# The settings of docs/queue-rules.md: all rules but R3.
RESERVED_ALONE = Settings(
    visibility_timeout=180,
    timeout=30,
    batch_size=10,
    reserved_concurrency=5,
    max_receive_count=5,
    reports_failures=True,
)
CAPPED = replace(RESERVED_ALONE, maximum_concurrency=5)
SLOW = 2.5
"""Seconds per message: 25 s for a batch of ten."""


def burst(settings: Settings, messages: int, **load: Any) -> Forecast:
    answer = forecast(settings, Load(messages=messages, **{"seconds_per_message": SLOW, **load}))
    for run in answer.runs:
        assert run.outcome.ended == messages
    return answer


def test_valid_messages_die_in_the_reproduction_of_2019() -> None:
    """zaccharles.medium.com, "Reproducing the SQS Trigger and Lambda Concurrency Limit Issue"."""
    settings = Settings(
        visibility_timeout=30,
        timeout=30,
        batch_size=1,
        reserved_concurrency=1,
        max_receive_count=1,
    )
    answer = burst(settings, 50, seconds_per_message=5)
    assert answer.lost.low >= 20
    # One run at a time ends every five seconds; the other batches read with it have 30 seconds.
    assert answer.lost.high >= 40


DEMONSTRATION = Settings(
    visibility_timeout=20, timeout=15, batch_size=1, reserved_concurrency=5, max_receive_count=1
)
"""The AWS Compute Blog's demonstration of MaximumConcurrency, January 2023."""


def test_valid_messages_die_in_the_demonstration_of_2023() -> None:
    answer = burst(DEMONSTRATION, 25, seconds_per_message=10)
    assert answer.lost.low >= 5
    assert answer.lost.high <= 15


def test_none_dies_in_the_demonstration_with_maximum_concurrency() -> None:
    answer = burst(replace(DEMONSTRATION, maximum_concurrency=5), 25, seconds_per_message=10)
    assert answer.is_safe
    assert answer.range_of(lambda outcome: outcome.throttles).high == 0


BUDGET = 5 * (180 - 25) * 5 * 10 // 25
"""mrc (V - d) C B / d = 1,550: what a reservation alone works off before receives run out."""


def test_a_reservation_alone_buys_a_budget() -> None:
    assert burst(RESERVED_ALONE, BUDGET // 2).is_safe
    assert burst(RESERVED_ALONE, 2 * BUDGET).lost.high > 0
    assert burst(RESERVED_ALONE, 5_000).lost.high >= 0.66 * 5_000


def test_the_defaults_kill_most_of_a_large_burst() -> None:
    defaults = replace(RESERVED_ALONE, visibility_timeout=30, max_receive_count=3)
    lost = burst(defaults, 5_000).lost
    assert lost.low >= 0.1 * 5_000
    assert lost.high >= 0.74 * 5_000


@pytest.mark.parametrize("messages", [1_000, 5_000, 50_000])
def test_maximum_concurrency_makes_any_burst_safe_and_fast(messages: int) -> None:
    answer = burst(CAPPED, messages)
    assert answer.is_safe
    assert answer.range_of(lambda outcome: outcome.throttles).high == 0
    assert answer.drain_ratio
    assert answer.drain_ratio.high <= 1.04


@pytest.mark.parametrize("receives", [3, 5, 10])
def test_poison_takes_its_batch_with_it_whatever_the_receives(receives: int) -> None:
    together = replace(CAPPED, reports_failures=False, max_receive_count=receives)
    lost = burst(together, 5_000, poison=0.01).lost
    assert lost.low > 0
    assert 0.075 <= lost.high / 4_950 <= 0.11


def test_poison_dies_alone_when_failures_are_reported() -> None:
    answer = burst(CAPPED, 5_000, poison=0.01)
    assert answer.is_safe
    assert {run.outcome.rejected for run in answer.runs} == {50}


@pytest.mark.parametrize(("visibility_timeout", "receives", "lost"), [(30, 3, 40), (180, 5, 0)])
def test_ten_minutes_of_starvation(visibility_timeout: int, receives: int, lost: int) -> None:
    settings = replace(
        CAPPED,
        visibility_timeout=visibility_timeout,
        max_receive_count=receives,
        reserved_concurrency=None,
    )
    answer = burst(settings, 40, starved_seconds=600)
    assert (answer.lost.low, answer.lost.high) == (lost, lost)


def test_starvation_may_last_until_the_last_receive_begins_and_no_longer() -> None:
    """mrc V is too much to hope for: it depends on when AWS tries last."""
    assert burst(CAPPED, 40, starved_seconds=4 * 180).is_safe
    assert burst(CAPPED, 40, starved_seconds=5 * 180).lost.high > 0


def rejected_after(rejection: Rejection) -> tuple[float, float]:
    scenario = Scenario(ramp=CURRENT_RAMP, back_off=BACK_OFFS[0], rejection=rejection)
    load = Load(messages=1, seconds_per_message=0.5, poison=1)
    ages = simulate(CAPPED, load, scenario).rejected_after
    assert ages
    return ages


def test_a_rejected_message_need_not_wait_for_its_visibility_timeout() -> None:
    assert rejected_after(Rejection.MAKES_VISIBLE) == (2.5, 2.5)
    assert rejected_after(Rejection.WAITS) == (5 * 180, 5 * 180)


def test_a_batch_that_exceeds_the_timeout_never_succeeds() -> None:
    answer = burst(CAPPED, 100, seconds_per_message=3.1)
    assert (answer.lost.low, answer.lost.high) == (100, 100)


def test_messages_that_are_older_than_the_retention_are_gone() -> None:
    answer = burst(replace(CAPPED, retention=600), 5_000)
    assert answer.expired.low > 3_000
    assert answer.lost.high == 0


def test_without_a_dead_letter_queue_nothing_is_dead_lettered() -> None:
    answer = burst(replace(CAPPED, max_receive_count=None), 1_000, poison=0.01)
    assert answer.is_safe
    assert {run.outcome.poison_expired for run in answer.runs} == {10}


def test_provisioned_pollers_do_not_look_at_the_reservation_either() -> None:
    pollers = ProvisionedPollers(minimum=2, maximum=10)
    assert burst(replace(RESERVED_ALONE, pollers=pollers), 5_000).lost.low > 0
    enough = replace(RESERVED_ALONE, pollers=pollers, reserved_concurrency=100)
    assert burst(enough, 5_000).is_safe


def test_a_batch_that_is_not_full_waits_for_its_window() -> None:
    scenario = Scenario(ramp=CURRENT_RAMP, back_off=BACK_OFFS[0])
    windowed = replace(CAPPED, batch_window=20)
    partial = Load(messages=5, seconds_per_message=1)
    assert simulate(windowed, partial, scenario).drained_at == 20 + 5
    full = Load(messages=10, seconds_per_message=1)
    assert simulate(windowed, full, scenario).drained_at == 10


def test_visibility_counts_from_the_beginning_of_the_window() -> None:
    settings = replace(CAPPED, batch_window=20, visibility_timeout=30, max_receive_count=1)
    load = Load(messages=5, seconds_per_message=1, poison=1, starved_seconds=100)
    outcome = simulate(settings, load, Scenario(ramp=CURRENT_RAMP, back_off=BACK_OFFS[0]))
    # Received from 0 on, visible again at 30, and received by a batch that waits its window again.
    assert outcome.rejected_after == (50, 50)


def test_every_try_of_a_throttled_batch_counts_as_a_throttle() -> None:
    doubling = next(each for each in BACK_OFFS if each.retry is Retry.DOUBLING)
    load = Load(messages=10, seconds_per_message=1, starved_seconds=10)
    outcome = simulate(CAPPED, load, Scenario(ramp=CURRENT_RAMP, back_off=doubling))
    assert outcome.throttles == 4  # at 0, 1, 3 and 7 seconds
    assert outcome.drained_at == 15 + 10


def test_a_mapping_that_backed_off_grows_to_its_cap_again_and_no_further() -> None:
    ramp = Ramp(first=5, per_minute=300, most=10)
    limit = MappingLimit(ramp, BackOff(retry=Retry.AT_ONCE, kept=0.5))
    assert limit.at(60) == 10
    limit.back_off(60)
    assert [limit.at(60), limit.at(600)] == [5, 10]
    gentle = MappingLimit(ramp, BackOff(retry=Retry.AT_ONCE, kept=0.9))
    gentle.back_off(60)
    assert [gentle.at(60), gentle.at(600)] == [9, 10]


def test_a_run_that_outlasts_the_visibility_timeout_is_delivered_again() -> None:
    scenario = Scenario(ramp=CURRENT_RAMP, back_off=BACK_OFFS[0])
    starved = Load(messages=10, seconds_per_message=2.5, starved_seconds=170)
    outcome = simulate(CAPPED, starved, scenario)
    assert (outcome.processed, outcome.duplicates) == (10, 10)


def test_the_same_seed_gives_the_same_figures() -> None:
    load = Load(messages=600, seconds_per_message=SLOW, poison=0.02, arrival_seconds=60)
    settings = replace(RESERVED_ALONE, reports_failures=False)
    first, second, other = (forecast(settings, load, seed=seed) for seed in (1, 1, 2))
    assert [run.outcome for run in first.runs] == [run.outcome for run in second.runs]
    assert [run.outcome for run in first.runs] != [run.outcome for run in other.runs]


def test_a_second_order_of_receives_is_tried_only_where_it_matters() -> None:
    assert len(burst(CAPPED, 100).runs) == 1
    orders = {run.scenario.order for run in burst(RESERVED_ALONE, 5_000).runs}
    assert orders == set(Order)


@pytest.mark.slow
def test_a_million_messages_are_simulated_event_by_event_not_message_by_message() -> None:
    answer = burst(CAPPED, 1_000_000, seconds_per_message=0.3, poison=0.001)
    assert answer.is_safe
    assert all(len(run.outcome.samples) <= 1_001 for run in answer.runs)
