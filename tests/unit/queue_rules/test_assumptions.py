"""A parameter without default is checked for whatever it may be."""

from pathlib import Path

import pytest

from queue_rules import Finding, check_paths
from tests.unit.queue_rules.shapes import SOUND

STAGE = """\
Parameters:
  Stage: {Type: String%s}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsOther: !Not [!Condition IsProd]
"""


def found(
    tmp_path: Path, visibility: str, parameters: str, **given: str
) -> list[tuple[str, str, str]]:
    text = (SOUND / "plain.yaml").read_text()
    text = text.replace("VisibilityTimeout: 180", f"VisibilityTimeout: {visibility}")
    path = tmp_path / "app.yaml"
    path.write_text(text.replace("Parameters:\n", parameters))
    findings: list[Finding] = check_paths([path], given)[1]
    return [(each.rule, each.severity.value, each.message.rpartition(" (where ")[2])
            for each in findings]  # fmt: skip


def stage(allowed: str = "") -> str:
    head, conditions = (STAGE % allowed).split("Conditions:")
    return f"Conditions:{conditions}{head}"


def test_both_branches_of_an_open_condition_are_checked(tmp_path: Path) -> None:
    assert found(tmp_path, "!If [IsProd, 180, 200]", stage()) == []
    assert found(tmp_path, "!If [IsProd, 180, 179]", stage()) == [
        ("R1", "error", "Stage is (something else))"),
        ("R4", "warning", "Stage is (something else))"),
    ]
    assert {each[2] for each in found(tmp_path, "!If [IsOther, 180, 179]", stage())} == {
        "Stage is prod)"
    }


def test_conditions_are_never_assumed_against_each_other(tmp_path: Path) -> None:
    both = "!If [IsProd, !If [IsOther, 1, 180], !If [IsProd, 1, 180]]"
    assert found(tmp_path, both, stage()) == []


def test_every_allowed_value_is_checked(tmp_path: Path) -> None:
    parameters = "Parameters:\n  Seconds: {Type: Number, AllowedValues: [180, 179, 240]}\n"
    assert {each[2] for each in found(tmp_path, "!Ref Seconds", parameters)} == {"Seconds is 179)"}


def test_a_given_value_leaves_nothing_open(tmp_path: Path) -> None:
    assert found(tmp_path, "!If [IsProd, 180, 179]", stage(), Stage="prod") == []
    rules = [each[0] for each in found(tmp_path, "!If [IsProd, 180, 179]", stage(), Stage="x")]
    assert rules == ["R1", "R4"]


def test_what_is_wrong_in_every_case_says_so_once(tmp_path: Path) -> None:
    findings = found(tmp_path, "179", stage())
    assert [each[0] for each in findings] == ["R1", "R4"]
    assert not any("Stage" in each[2] for each in findings)


@pytest.mark.parametrize("count", [6, 7])
def test_too_many_open_parameters_cannot_be_checked(count: int, tmp_path: Path) -> None:
    names = [f"P{number}" for number in range(count)]
    parameters = "".join(f"  {name}: {{Type: String, AllowedValues: [a, b]}}\n" for name in names)
    parameters = f"Conditions:\n  IsA: !Equals [!Ref P0, a]\nParameters:\n{parameters}"
    severities = {each[1] for each in found(tmp_path, "!If [IsA, 180, 181]", parameters)}
    assert severities == ({"cannot-check"} if count == 7 else set())
