import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.exceptions import TyperException
from typer.main import get_command

from ops.app import app

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [
    ROOT / "README.md",
    *(path for folder in ("docs", "examples") for path in (ROOT / folder).rglob("*.md")),
    *(ROOT / "ops").rglob("*.py"),
]
# A command ends with its line, its quotation, a comment or a pipe.
COMMAND = re.compile(r"python -m ops +([^`\n\"#|]+)")
MAKE = re.compile(r"(?:`|^)make ([a-z-]+)", re.MULTILINE)


def documented_commands() -> set[str]:
    texts = (source.read_text() for source in SOURCES if source.exists())
    return {found.strip() for text in texts for found in COMMAND.findall(_join_lines(text))}


def _join_lines(text: str) -> str:
    """Keep quoted notes whole, which the pattern would cut."""
    return re.sub(r'--note "([^"]*)"', lambda note: "--note " + note[1].replace(" ", "-"), text)


def parse(arguments: list[str]) -> None:
    """Parse as the command line would, and run nothing."""
    command = get_command(app)
    while isinstance(command, typer.core.TyperGroup):
        name, *arguments = arguments
        command = command.commands[name]
    command.make_context("ops", arguments)


@pytest.mark.parametrize("command", sorted(documented_commands()))
def test_every_documented_command_exists(command: str) -> None:
    parse(shlex.split(command))


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {found for source in SOURCES for found in MAKE.findall(source.read_text())}

    assert {"bootstrap", "deploy", "local-up"} <= named
    assert named <= targets


def test_the_runbooks_are_among_the_sources() -> None:
    assert any(command.startswith("parking redrive") for command in documented_commands())


@pytest.mark.parametrize("command", ["status --no-such-option", "no-such-command", "parking nope"])
def test_a_command_that_does_not_exist_is_noticed(command: str) -> None:
    with pytest.raises((KeyError, TyperException)):
        parse(shlex.split(command))
