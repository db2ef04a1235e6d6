"""`python -m queue_rules burst` as people and programs meet it."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from queue_rules.__main__ import main
from queue_rules.burst import Load, ProvisionedPollers, Settings
from queue_rules.burst.forecast import forecast
from queue_rules.burst.remedy import Change, Remedy, find_remedy
from queue_rules.burst.report import duration

TEMPLATE = """
Parameters:
  Reserved: {Type: Number, Default: 5}
  Unset: {Type: Number}
Resources:
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 180
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5}
  Dead: {Type: AWS::SQS::Queue}
  Worker:
    Type: AWS::Lambda::Function
    Properties: {Timeout: 30, ReservedConcurrentExecutions: !Ref Reserved}
  Feed:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Orders.Arn
      FunctionName: !Ref Worker
      FunctionResponseTypes: [ReportBatchItemFailures]
"""
SIBLING = """
  More: {Type: AWS::SQS::Queue}
  FeedMore:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt More.Arn
      FunctionName: !Ref Worker
      ScalingConfig: {MaximumConcurrency: 2}
"""


def burst(tmp_path: Path, *options: str, text: str = TEMPLATE) -> int:
    template = tmp_path / "app.yaml"
    template.write_text(text)
    load = [] if "--messages" in options else ["--messages", "5000"]
    return main(["burst", str(template), *load, "--seconds-per-message", "2.5", *options])


def answer(tmp_path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    burst(tmp_path, "--json", *options)
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_the_table_says_what_is_lost_and_what_would_save_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert burst(tmp_path) == 1
    text = capsys.readouterr().out
    assert text.startswith("app/Feed: Orders -> Worker\n")
    assert re.search(r"valid messages dead-lettered +\d+ to \d,\d+ of 5,000 \(\d+ to \d+ %\)", text)
    assert "  MaximumConcurrency: 5 (now not set)" in text
    assert "no valid message lost, 41 min 40 s to process all" in text


def test_a_safe_burst_is_status_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert burst(tmp_path, "--messages", "100") == 0
    assert "Safe: every valid message is processed." in capsys.readouterr().out


def test_json_has_the_same_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = answer(tmp_path, capsys, "--poison", "0.01")
    assert result["safe"] is False
    assert result["settings"]["visibility_timeout"] == 180
    assert result["load"]["messages"] == 5_000
    assert result["valid_messages_dead_lettered"]["high"] > 3_000
    assert result["poison_dead_lettered_after"]["low"] < result["lower_bound"]["low"]
    assert result["remedy"] == [{"setting": "MaximumConcurrency", "before": None, "after": 5}]


def test_starvation_and_arrival_reach_the_simulation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Longer than the receives last.
    starved = answer(tmp_path, capsys, "--messages", "20", "--starve", "1000")
    assert starved["valid_messages_dead_lettered"] == {"low": 20, "high": 20}
    slow = answer(tmp_path, capsys, "--messages", "100", "--arrival-seconds", "3600")
    assert slow["drained_after"]["low"] > 3_500


def test_a_parameter_takes_the_place_of_its_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = answer(tmp_path, capsys, "--parameter", "Reserved=50")
    assert result["settings"]["reserved_concurrency"] == 50


def test_the_picture_is_svg(tmp_path: Path) -> None:
    picture = tmp_path / "burst.svg"
    burst(tmp_path, "--plot", str(picture))
    text = picture.read_text()
    assert ElementTree.fromstring(text).tag.endswith("svg")  # noqa: S314 - we wrote it
    for panel in ("Messages in the queue", "Batches running", "Messages in the dead-letter queue"):
        assert panel in text


def test_busy_siblings_leave_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert burst(tmp_path, "--mapping", "Feed", text=TEMPLATE + SIBLING) == 1
    text = capsys.readouterr().out
    assert "other mappings (app/FeedMore) are taken to be busy" in text
    assert "of 5 reserved are left" in text


def test_a_part_of_its_name_chooses_a_mapping(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    burst(tmp_path, "--mapping", "FeedM", text=TEMPLATE + SIBLING)
    assert capsys.readouterr().out.startswith("app/FeedMore: ")


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("Resources: {Topic: {Type: AWS::SNS::Topic}}", (), "no mapping from an SQS queue"),
        (TEMPLATE + SIBLING, (), "--mapping app/FeedMore"),
        (TEMPLATE, ("--mapping", "Fed"), "no mapping is called Fed; name one:"),
        (TEMPLATE.replace("!GetAtt Orders.Arn", "!ImportValue orders"), (), "give that template"),
        (TEMPLATE.replace("!Ref Reserved", "!Ref Unset"), (), "--parameter"),
        (TEMPLATE.replace("VisibilityTimeout: 180", "FifoQueue: true"), (), "FIFO queue; only"),
        (TEMPLATE, ("--messages", "0"), "messages is 0; use 1 or more"),
        (TEMPLATE, ("--poison", "2"), "use a share of 0 to 1"),
        (TEMPLATE, ("--starve", "-1"), "starved_seconds is -1.0; use 0 or more"),
        (TEMPLATE, ("--starve", "inf"), "starved_seconds is inf; use a number of at most"),
        (TEMPLATE, ("--arrival-seconds", "inf"), "arrival_seconds is inf; use a number of"),
        (TEMPLATE, ("--arrival-seconds", "1e300"), "arrival_seconds is 1e+300; use a number"),
        (TEMPLATE, ("--seconds-per-message", "inf"), "seconds_per_message is inf; use a number"),
        (TEMPLATE, ("--seconds-per-message", "nan"), "seconds_per_message is nan; use a number"),
        (TEMPLATE, ("--poison", "nan"), "poison is nan; use a share"),
        (TEMPLATE + "      MaximumBatchingWindowInSeconds: -5\n", (), "batch_window is -5; use 0"),
        (TEMPLATE, ("--plot", "/nowhere/burst.svg"), "/nowhere/burst.svg"),
        ("{", (), "app.yaml"),
    ],
)
def test_what_cannot_be_simulated_is_said_with_the_remedy(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    options: tuple[str, ...],
    expected: str,
) -> None:
    assert burst(tmp_path, *options, text=text) == 2
    assert expected in capsys.readouterr().err


RESERVED = Settings(
    visibility_timeout=180,
    timeout=30,
    reserved_concurrency=5,
    max_receive_count=5,
    reports_failures=True,
)
CAPPED = Settings(
    visibility_timeout=180,
    timeout=30,
    maximum_concurrency=5,
    reserved_concurrency=5,
    max_receive_count=3,
)
ONE_AT_A_TIME = Settings(
    visibility_timeout=30, timeout=30, batch_size=1, reserved_concurrency=1, max_receive_count=1
)
PROVISIONED = Settings(
    visibility_timeout=180,
    timeout=30,
    reserved_concurrency=5,
    max_receive_count=5,
    reports_failures=True,
    pollers=ProvisionedPollers(minimum=2, maximum=4),
)
BURST = Load(messages=5_000, seconds_per_message=2.5)
POISONED = Load(messages=1_000, seconds_per_message=2.5, poison=0.02)
STARVED = Load(messages=40, seconds_per_message=2.5, starved_seconds=2_000)
SLOW = Load(messages=100, seconds_per_message=5)


@pytest.mark.parametrize(
    ("settings", "load", "changed"),
    [
        (RESERVED, BURST, {"MaximumConcurrency": 5}),
        (CAPPED, POISONED, {"ReportBatchItemFailures": True}),
        (CAPPED, STARVED, {"VisibilityTimeout": 1_000}),
        (CAPPED, SLOW, {"BatchSize": 6}),
        (ONE_AT_A_TIME, SLOW, {"MaximumConcurrency": 2, "ReservedConcurrentExecutions": 2}),
        (PROVISIONED, BURST, {"ReservedConcurrentExecutions": 40}),
    ],
)
def test_the_remedy_is_the_smallest_change_and_is_proven(
    settings: Settings, load: Load, changed: dict[str, int]
) -> None:
    assert not forecast(settings, load).is_safe
    remedy = find_remedy(settings, load)
    assert isinstance(remedy, Remedy)
    assert {each.setting: each.after for each in remedy.changes} == changed
    assert all(isinstance(each, Change) and each.before != each.after for each in remedy.changes)
    assert forecast(remedy.proof.settings, load).is_safe


def test_a_remedy_breaks_no_rule_that_was_kept() -> None:
    """R1: with a timeout that fits a message, messages have to stay invisible for longer."""
    one_by_one = replace(RESERVED, batch_size=1, maximum_concurrency=5)
    remedy = find_remedy(one_by_one, Load(messages=20, seconds_per_message=40))
    assert remedy
    assert {each.setting: each.after for each in remedy.changes} == {
        "Timeout": 40,
        "VisibilityTimeout": 240,
    }
    # R11: five receives of 180 s take longer than messages are kept.
    short = replace(CAPPED, retention=900, reports_failures=True)
    assert (
        find_remedy(short, Load(messages=40, seconds_per_message=2.5, starved_seconds=700)) is None
    )


def test_no_remedy_is_claimed_where_there_is_none() -> None:
    beyond = Load(messages=40, seconds_per_message=1_000)
    assert find_remedy(RESERVED, beyond) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.5, "0.5 s"), (59, "59 s"), (60, "1 min"), (3_725, "1 h 2 min"), (345_600, "4 d")],
)
def test_times_are_said_in_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text
