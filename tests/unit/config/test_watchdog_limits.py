"""Every rule of the watchdog can end a job, with the limits of every environment."""

from dataclasses import asdict
from math import nan

import pytest

from config import ENVIRONMENTS, MODEL, EnvironmentConfig
from costs.prices import instance
from lambdas.watchdog.lines import Line
from lambdas.watchdog.rules import EXPLODED, RULES, Progress, violation
from schemas.watchdog import ROUNDS_PER_LINE, WatchdogLimits, WatchdogRule

ROUNDS = range(0, int(MODEL.hyperparameters["num_boost_round"]), ROUNDS_PER_LINE)
GOOD = {"train-auc": 0.7, "train-logloss": 0.5, "validation-auc": 0.65, "validation-logloss": 0.5}


def limits_of(environment: EnvironmentConfig) -> WatchdogLimits:
    """Return them as the stack hands them over."""
    limits = asdict(environment.training.watchdog)
    del limits["look_seconds"]
    return WatchdogLimits(**limits)


def broken(rule: WatchdogRule, environment: EnvironmentConfig) -> Progress:
    """Return a job that must be stopped by a rule, while it has rounds and time left."""
    watchdog = environment.training.watchdog
    lines, minutes = [GOOD], 0.0
    match rule:
        case WatchdogRule.NOT_A_NUMBER:
            lines = [GOOD | {"validation-logloss": nan}]
        case WatchdogRule.EXPLODING:
            lines = [GOOD, GOOD | {"validation-logloss": 0.6 * EXPLODED}]
        case WatchdogRule.NOT_IMPROVING:
            lines = [GOOD for _ in ROUNDS][:-1]
        case WatchdogRule.OVERFITTING:
            lines = [GOOD | {"train-auc": 0.99}]
        case WatchdogRule.OVER_TIME:
            minutes = watchdog.max_minutes + watchdog.look_seconds / 60
        case WatchdogRule.OVER_COST:
            affordable = watchdog.max_cost_usd / watchdog.usd_per_hour * 60
            minutes = affordable + watchdog.look_seconds / 60
    assert minutes * 60 < environment.training.job_timeout_seconds
    return Progress(
        lines=[Line(round=each, metrics=found) for each, found in zip(ROUNDS, lines, strict=False)],
        elapsed_seconds=minutes * 60,
        limits=limits_of(environment),
    )


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_rule_can_stop_a_job(name: str, rule: WatchdogRule) -> None:
    found = violation(broken(rule, ENVIRONMENTS[name]))
    assert found
    assert found.startswith(f"{rule}: ")


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_price_is_that_of_the_machine(name: str) -> None:
    training = ENVIRONMENTS[name].training
    assert training.watchdog.usd_per_hour == instance(training.instance_type).dollars
