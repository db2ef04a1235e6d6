"""Commands that begin something: all of them take --wait and --no-wait, and say what they do."""

import re
from collections.abc import Iterator

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from ops.app import app
from tests.unit.ops.trained import Training

RUNNER = CliRunner()

WAITS_BY_DEFAULT = {
    "ingest": False,
    "reprocess": False,
    "train": False,
    "reproduce": False,
    "score": False,
    "monitor run": False,
    "release": True,
    "rollback": True,
    "ab start": True,
    "ab weights": True,
    "ab stop": True,
}


def commands(group: typer.core.TyperGroup, above: str = "") -> Iterator[tuple[str, bool]]:
    """Yield the commands that may wait, and whether they do unless told otherwise."""
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from commands(command, f"{above}{name} ")
            continue
        for option in command.params:
            if {"--wait", "--no-wait"} & {*option.opts, *option.secondary_opts}:
                assert option.opts == ["--wait"], name
                assert option.secondary_opts == ["--no-wait"], name
                yield f"{above}{name}", bool(option.default)


def test_all_commands_that_may_wait_take_both_and_keep_their_default() -> None:
    group = get_command(app)

    assert isinstance(group, typer.core.TyperGroup)
    assert dict(commands(group)) == WAITS_BY_DEFAULT


@pytest.mark.parametrize("command", WAITS_BY_DEFAULT)
def test_the_help_says_the_default_and_why(command: str) -> None:
    shown = RUNNER.invoke(app, [*command.split(), "--help"], env={"COLUMNS": "200"})

    text = " ".join(re.sub(r"[│\s]+", " ", shown.stdout).split())
    waits = WAITS_BY_DEFAULT[command]
    why = "what customers meet changes" if waits else "the work may take hours"
    assert f"By default {'it does' if waits else 'not'}: {why}" in text


def test_a_default_can_be_said(training: Training) -> None:
    result = RUNNER.invoke(app, ["train", "--no-wait"])

    assert result.exit_code == 0, result.output
    assert len(training.machine.executions) == 1
