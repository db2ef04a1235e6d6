"""What `docs/your-own-model.md` says of the steps is what they are."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from local.environment import ROOT
from ml.__main__ import _parser
from mlops_constructs.training_states import TRAINING_METRICS

PAGE: Path = ROOT / "docs" / "your-own-model.md"
TEXT = PAGE.read_text()
ROW = re.compile(r"^\| `([a-z]+)` \| ((?:`--[a-z-]+` ?)+)\|", re.MULTILINE)
STEPS = {step: set(re.findall(r"--[a-z-]+", options)) for step, options in ROW.findall(TEXT)}
COMMANDS = re.findall(r"^PYTHONPATH=.*python -m ml (.+)$", TEXT, re.MULTILINE)
METRIC = re.compile(r"`([a-z]+:[a-z]+=[0-9.]+)`")


def declared_options(step: str) -> set[str]:
    """Return the options of a step that are not about where it runs."""
    (steps,) = (each for each in _parser()._actions if isinstance(each, argparse._SubParsersAction))
    options = {text for each in steps.choices[step]._actions for text in each.option_strings}
    return options - {"-h", "--help"} - ({"--root"} if step != "train" else set())


def test_the_steps_of_the_pipeline_are_documented() -> None:
    assert set(STEPS) == {"profile", "preprocess", "train", "evaluate", "requests"}


@pytest.mark.parametrize("step", sorted(STEPS))
def test_each_step_has_the_options_that_are_documented(step: str) -> None:
    assert STEPS[step] == declared_options(step)


def test_each_command_can_be_given() -> None:
    assert COMMANDS
    for command in COMMANDS:
        _parser().parse_args(shlex.split(command))


def test_the_metrics_that_are_looked_for_are_documented() -> None:
    found = {
        name
        for line in METRIC.findall(TEXT)
        for name, regex in TRAINING_METRICS.items()
        if re.fullmatch(regex, line)
    }
    assert found == set(TRAINING_METRICS)
