"""Lines of a log are read as XGBoost prints them, and each rule stops what it is for."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.watchdog.lines import Line, parsed, since_last_start
from lambdas.watchdog.rules import EXPLODED, RULES, Progress, violation
from schemas.watchdog import WatchdogLimits, WatchdogRule
from tests.unit.lambdas.watching import LIMITS, line

FINE = ("0.75 0.5", "0.70 0.5")


def progress(*lines: str, minutes: float = 0, limits: WatchdogLimits = LIMITS) -> Progress:
    return Progress(lines=list(parsed(lines)), elapsed_seconds=60 * minutes, limits=limits)


def losses(*values: float) -> Sequence[str]:
    """Lines, 25 rounds apart, with these losses of validation."""
    return [line(25 * i, FINE[0], f"0.70 {value}") for i, value in enumerate(values)]


@pytest.mark.parametrize("tab", ["\t", "#011", "  "])
def test_a_line_is_read_however_its_tabs_are_written(tab: str) -> None:
    metrics = {
        "train-auc": 0.74231,
        "train-logloss": 0.46846,
        "validation-auc": -math.inf,
        "validation-logloss": math.inf,
    }
    found = list(parsed([line(25, "0.74231 0.46846", "-inf inf", tab=tab)]))
    assert found == [Line(round=25, metrics=metrics)]


@pytest.mark.parametrize(
    ("text", "value"), [("-inf", -math.inf), ("1", 1), ("1.5e-05", 1.5e-5), ("12.00000", 12)]
)
def test_numbers_are_read_as_they_are_printed(text: str, value: float) -> None:
    (found,) = parsed([f"[0]\tvalidation-logloss:{text}\n"])
    assert found.metrics == {"validation-logloss": value}


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[25]",
        "trees: 33, features: origin, dest",
        "validation:auc=0.672918",
        "[x]\tvalidation-auc:0.7",
        "[1]\tvalidation-auc:high",
        "[1]\tvalidation-auc:0.7 and then some",
        "[1]\tvalidation-auc:0.7.1",
    ],
)
def test_everything_else_in_a_log_is_passed_over(message: str) -> None:
    assert list(parsed([message])) == []


@given(st.lists(st.text() | st.from_regex(r"\[\d+\](\t[a-z-]+:[-\w.+]*)*", fullmatch=True)))
def test_no_log_is_too_strange_to_be_read(messages: list[str]) -> None:
    found = Progress(lines=list(parsed(messages)), elapsed_seconds=0, limits=LIMITS)
    assert violation(found) is None or found.lines


@pytest.mark.parametrize(
    ("rounds", "since"),
    [
        ([], []),
        ([0, 25, 50], [0, 25, 50]),
        ([0, 25, 50, 0, 25], [0, 25]),
        ([0, 0], [0]),
        ([0, 25, 0, 25, 50, 0], [0]),
    ],
)
def test_a_job_that_began_again_is_judged_from_there(rounds: list[int], since: list[int]) -> None:
    lines = list(parsed(line(number, *FINE) for number in rounds))
    assert [each.round for each in since_last_start(lines)] == since


def test_a_job_that_learns_is_left_alone() -> None:
    assert violation(progress()) is None
    assert violation(progress(*losses(0.6, 0.5, 0.51, 0.52, 0.45), minutes=30)) is None


@pytest.mark.parametrize(
    ("train", "validation", "name"),
    [
        ("0.7 nan", FINE[1], "train-logloss"),
        ("0.7 -nan", FINE[1], "train-logloss"),
        (FINE[0], "nan 0.5", "validation-auc"),
        (FINE[0], "0.7 nan", "validation-logloss"),
    ],
)
def test_what_is_no_number_is_found_in_any_line(train: str, validation: str, name: str) -> None:
    found = violation(progress(line(0, train, validation), line(25, *FINE)))
    assert found == f"not-a-number: {name} is not a number in round 0"


def test_the_auc_of_a_few_examples_of_one_label_ends_no_job() -> None:
    lines = (line(0, "nan 0.1", FINE[1]), line(25, "-nan 0.1", FINE[1]))
    assert violation(progress(*lines)) is None


def test_an_infinite_loss_has_exploded() -> None:
    found = violation(progress(*losses(0.6, math.inf)))
    assert found == "exploding: validation-logloss is infinite in round 25"


def test_a_loss_has_exploded_beyond_many_times_the_first() -> None:
    assert violation(progress(*losses(0.5, 0.5 * EXPLODED))) is None
    found = violation(progress(*losses(0.5, 0.4, 5.1, 0.5)))
    assert found == (
        "exploding: validation-logloss is 5.1 in round 50, more than 10 times what it was at "
        "first, 0.5"
    )


def test_a_loss_of_training_explodes_as_well() -> None:
    found = violation(progress(line(0, "0.7 0.6", FINE[1]), line(25, "0.7 7.0", FINE[1])))
    assert found
    assert found.startswith("exploding: train-logloss is 7 in round 25")


def test_patience_ends_with_the_last_accepted_line() -> None:
    assert LIMITS.patience_lines == 3
    # As good as the best is no better.
    assert violation(progress(*losses(0.6, 0.5, 0.55, 0.5))) is None
    assert violation(progress(*losses(0.6, 0.5, 0.55, 0.5, 0.56))) == (
        "not-improving: validation-logloss has been no better than 0.5, of round 25, in 3 lines "
        "of the log since then"
    )


def test_a_new_best_renews_the_patience() -> None:
    stuck = losses(0.5, 0.6, 0.6, 0.6)
    assert violation(progress(*stuck)) is not None
    better = losses(0.5, 0.6, 0.6, 0.6, 0.49)
    assert violation(progress(*better)) is None


@pytest.mark.parametrize(("known", "is_accepted"), [("0.85", True), ("0.86", False)])
def test_a_gap_is_accepted_up_to_the_limit(known: str, *, is_accepted: bool) -> None:
    found = violation(progress(line(25, f"{known} 0.3", "0.60 0.5")))
    assert (found is None) is is_accepted


def test_the_newest_line_says_whether_a_model_overfits() -> None:
    overfitted, fine = line(0, "0.95 0.3", "0.60 0.5"), line(25, "0.75 0.3", "0.70 0.5")
    assert violation(progress(overfitted, fine)) is None
    assert violation(progress(fine, overfitted)) == (
        "overfitting: train AUC 0.9500 exceeds validation AUC 0.6000 by 0.3500 in round 0, which "
        "is more than 0.25"
    )


def test_what_overfits_is_told_so_although_it_does_not_improve_either() -> None:
    learnt = line(100, "0.99 0.1", "0.60 0.9")
    assert violation(progress(*losses(0.5, 0.6, 0.7, 0.8))) is not None
    found = violation(progress(*losses(0.5, 0.6, 0.7, 0.8), learnt))
    assert found
    assert found.startswith("overfitting: ")


def test_a_gap_is_not_looked_for_without_both_numbers() -> None:
    assert violation(progress("[0]\tvalidation-auc:0.1\tvalidation-logloss:0.6")) is None
    assert violation(progress("[0]\ttrain-auc:0.99")) is None


def test_time_is_up_after_the_last_accepted_minute() -> None:
    assert violation(progress(minutes=30)) is None
    assert violation(progress(minutes=30.1)) == ("over-time: it has run for more than 30 minutes")


def test_cost_is_time_by_the_machines_price() -> None:
    dear = replace(LIMITS, usd_per_hour=2.0)
    assert violation(progress(minutes=15, limits=dear)) is None
    assert violation(progress(minutes=15.1, limits=dear)) == (
        "over-cost: it has cost more than 0.5 USD, at 2 USD an hour"
    )


def test_every_rule_has_a_function_and_a_name() -> None:
    assert list(RULES) == list(WatchdogRule)


def test_a_custom_rule_is_a_function_and_a_name() -> None:
    def too_chatty(progress: Progress) -> str | None:
        return "it logs too much" if len(progress.lines) > 1 else None

    rules = {**RULES, "chatty": too_chatty}
    assert violation(progress(*losses(0.6)), rules) is None
    assert violation(progress(*losses(0.6, 0.5)), rules) == "chatty: it logs too much"
    assert violation(progress(*losses(0.6, math.nan)), rules) != "chatty: it logs too much"
