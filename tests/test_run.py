"""The second chance of a test that fails beside others, and what has none."""

from pathlib import Path

import pytest

from tests import run

PASSES = "def test_passes(): pass"
FAILS = "def test_fails(): assert False"
FAILS_ONCE = """
import pathlib

def test_fails_once():
    seen = pathlib.Path(__file__).with_suffix(".seen")
    if not seen.exists():
        seen.touch()
        assert False
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where groups keep their logs."""
    monkeypatch.setattr(run, "FOLDER", tmp_path / "logs")
    return tmp_path / "logs"


def group(folder: Path, name: str, code: str) -> run.Group:
    """Return a group of one file of tests."""
    file = folder / f"test_{name}.py"
    file.write_text(code)
    return run.Group(name, (str(file), "-c", "/dev/null", "--rootdir", str(folder)))


def test_what_passes_when_run_alone_is_named_in_the_last_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    unstable, fine = group(tmp_path, "unstable", FAILS_ONCE), group(tmp_path, "fine", PASSES)

    assert run.main([[fine], [unstable]]) == 0

    last = capfd.readouterr().out.splitlines()[-1]
    assert last == "unstable: passed when run alone: test_unstable.py::test_fails_once"


def test_what_fails_again_fails_the_build(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    both = group(tmp_path, "both", f"{FAILS_ONCE}\n{FAILS}\n{PASSES}")

    assert run.main([[both]]) == 1

    said = capfd.readouterr().out
    assert "both: 2 failed; once more, alone" in said
    assert "unstable: passed when run alone: test_both.py::test_fails_once" in said
    assert said.splitlines()[-1].startswith("failed, and failed again when run alone: ")
    assert said.splitlines()[-1].endswith("test_both.py::test_fails")


@pytest.mark.parametrize("code", ["import nothing_of_that_name", "raise KeyboardInterrupt"])
def test_what_does_not_run_to_its_end_has_no_second_chance(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], code: str
) -> None:
    broken, failing = group(tmp_path, "broken", code), group(tmp_path, "failing", FAILS_ONCE)

    assert run.main([[failing], [broken]]) == 1

    said = capfd.readouterr().out
    assert "broken: did not run to its end (pytest's exit status 2)" in said
    assert "once more" not in said


def test_a_lane_goes_on_after_a_failure_and_ends_when_it_is_interrupted(
    tmp_path: Path, folder: Path
) -> None:
    fails, fine = group(tmp_path, "fails", FAILS), group(tmp_path, "fine", PASSES)
    interrupted = group(tmp_path, "interrupted", "def test_it(): raise KeyboardInterrupt")
    never = group(tmp_path, "never", PASSES)
    folder.mkdir()

    statuses = run.run_lane([fails, fine, interrupted, never], quietly=True)

    assert list(statuses.values()) == [1, 0, 2]
    assert never not in statuses


def test_what_one_group_leaves_out_another_runs() -> None:
    named = {each.arguments[0] for lane in run.LANES for each in lane}

    assert {*run.ELSEWHERE, "tests"} == named
    selected = {each.arguments[1:] for each in (run.MODELS, run.FILES)}
    assert selected == {("-m", "models"), ("-m", "not models")}
