"""A million messages are a matter of seconds, whatever the shape: few steps, and few runs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from queue_rules.__main__ import main
from queue_rules.burst import BackOff, Load, Order, Retry, Scenario, Settings, simulate
from queue_rules.burst import forecast as forecasts
from queue_rules.burst.forecast import LARGE, Forecast, forecast
from queue_rules.burst.scenarios import BACK_OFFS, CURRENT_RAMP

ROOT = Path(__file__).resolve().parents[3]
ORDERS = str(ROOT / "docs/examples/orders.yaml")

UNCAPPED = Settings(
    visibility_timeout=180,
    timeout=30,
    batch_size=1,
    reserved_concurrency=50,
    max_receive_count=5,
    reports_failures=True,
)
ONE_AT_A_TIME = replace(
    UNCAPPED, visibility_timeout=30, reserved_concurrency=1, max_receive_count=1_000
)


@pytest.mark.parametrize("back_off", BACK_OFFS, ids=str)
@pytest.mark.parametrize("settings", [UNCAPPED, ONE_AT_A_TIME], ids=["uncapped", "one"])
def test_a_message_costs_few_steps_however_the_mapping_backs_off(
    settings: Settings, back_off: BackOff
) -> None:
    messages = 20_000
    load = Load(messages=messages, seconds_per_message=0.5)
    outcome = simulate(settings, load, Scenario(ramp=CURRENT_RAMP, back_off=back_off))
    assert outcome.processed == messages
    # It is received, perhaps waits for one try and then another, and ends.
    assert outcome.steps <= 3.5 * messages


def outcomes(answer: Forecast) -> set[tuple[Retry, float, Order]]:
    return {
        (run.scenario.back_off.retry, run.scenario.back_off.kept, run.scenario.order)
        for run in answer.runs
    }


def test_beyond_its_budget_a_forecast_tries_what_throttles_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = Load(messages=2_000, seconds_per_message=2.5)
    assert forecast(UNCAPPED, load).left_out == 0

    monkeypatch.setattr(forecasts, "MOST_STEPS", 0)
    answer = forecast(UNCAPPED, load)
    assert outcomes(answer) == {(retry, 1, Order.OLDEST) for retry in Retry}
    assert len(answer.runs) + answer.left_out == 2 * 3 * len(BACK_OFFS)


def test_a_large_burst_is_drawn_once_and_in_one_order_where_no_message_comes_back() -> None:
    load = Load(messages=LARGE + 1, seconds_per_message=0.1)
    answer = forecast(replace(UNCAPPED, reserved_concurrency=100), load)
    assert not any(run.outcome.came_back for run in answer.runs)
    assert {order for _, _, order in outcomes(answer)} == {Order.OLDEST}
    assert answer.range_of(lambda outcome: outcome.throttles).high > 0
    assert answer.left_out == 0


def test_a_large_burst_is_drawn_in_both_orders_where_messages_come_back() -> None:
    load = Load(messages=LARGE + 1, seconds_per_message=0.3)
    answer = forecast(replace(UNCAPPED, batch_size=10, reserved_concurrency=5), load)
    assert {order for _, _, order in outcomes(answer)} == set(Order)
    # The second draw at random.
    assert answer.left_out == sum(run.scenario.order is Order.RANDOM for run in answer.runs)


def test_what_was_left_out_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(forecasts, "MOST_STEPS", 0)
    burst = ["burst", ORDERS, "--messages", "800", "--seconds-per-message", "2.5"]
    main(burst)
    text = capsys.readouterr().out
    assert "Ranges over 3 ways in which AWS may scale, back off and order.\n27 more were" in text
    main([*burst, "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert (answer["scenarios"], answer["scenarios_left_out"]) == (3, 27)
