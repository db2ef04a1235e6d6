"""The page that explains the simulator shows what it really answers."""

import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from queue_rules import RULES
from queue_rules.burst.experiments import BURST, EXPERIMENTS, SOUND, share_lost
from queue_rules.burst.forecast import forecast
from queue_rules.burst.pictures import pictures, with_table

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "why-valid-messages-die.md"
TEXT = PAGE.read_text(encoding="utf-8")
RULES_PAGE = (ROOT / "docs" / "queue-rules.md").read_text(encoding="utf-8")
REMEDY = "run `python -m queue_rules.burst.pictures docs/why-valid-messages-die.md`"

CONSOLE = re.compile(r"```console\n\$ python (?P<command>.*)\n(?P<output>(?s:.*?))```")


@pytest.mark.parametrize("console", list(CONSOLE.finditer(TEXT)), ids=lambda each: each["command"])
def test_every_command_answers_as_shown(console: re.Match[str]) -> None:
    command = [sys.executable, *shlex.split(console["command"])]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert answer.stderr == ""
    assert answer.stdout == console["output"]


def test_there_are_commands_to_try() -> None:
    assert len(CONSOLE.findall(TEXT)) == TEXT.count("```console") > 1


def test_pictures_are_what_the_simulator_draws() -> None:
    folder = PAGE.parent / "pictures"
    drawn = pictures()
    assert {path.name for path in folder.glob("*.svg")} == set(drawn)
    for name, picture in drawn.items():
        assert (folder / name).read_text(encoding="utf-8") == picture, REMEDY


def test_the_table_is_what_the_simulator_says() -> None:
    assert with_table(TEXT) == TEXT, REMEDY


def test_pictures_and_files_of_the_page_exist() -> None:
    links = re.findall(r"\]\((?!https:)([^)#]+)", TEXT)
    assert {link for link in links if link.endswith(".svg")} == {
        f"pictures/{name}" for name in pictures()
    }
    for link in links:
        assert (PAGE.parent / link).is_file(), link


def test_what_the_rules_say_of_losses_is_what_the_simulator_says() -> None:
    """R3 and R8, in the words of the findings and of docs/queue-rules.md."""
    (together,) = (each for each in EXPERIMENTS if each.rule.startswith("R8 "))
    lost = share_lost(forecast(together.settings, together.load))
    (r8,) = (each for each in RULES if each.id == "R8")
    for text in (r8.consequence, RULES_PAGE):
        assert f"1 % bad messages drag {lost} of the valid ones" in text

    alone = replace(SOUND, maximum_concurrency=None)
    most = share_lost(forecast(alone, BURST)).rpartition(" to ")[2]
    assert f"the simulator loses up to {most} of 5,000 valid messages (V 180, mrc 5)" in RULES_PAGE
    impatient = replace(alone, visibility_timeout=30, max_receive_count=3)
    assert f"{share_lost(forecast(impatient, BURST))} with V 30 and mrc 3" in RULES_PAGE
