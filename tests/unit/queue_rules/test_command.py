"""`python -m queue_rules check` as people and code hosts meet it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from queue_rules import RULES
from queue_rules.__main__ import main
from tests.unit.queue_rules.shapes import SOUND

ROOT = Path(__file__).resolve().parents[3]
SOUND_FILE = str(SOUND / "plain.yaml")

# Stands in the way of `import aws_cdk`, and fails the run when something tries.
GUARD = "import sys\nsys.modules.update(dict.fromkeys(('aws_cdk', 'jsii', 'boto3', 'botocore')))\n"


def template(tmp_path: Path, *replacements: tuple[str, str]) -> Path:
    text = Path(SOUND_FILE).read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "app.yaml"
    path.write_text(text)
    return path


ERROR = ("maxReceiveCount: 6", "maxReceiveCount: 4")
WARNING = ("redrivePermission: denyAll", "redrivePermission: allowAll")
UNKNOWN = ("VisibilityTimeout: 180", "VisibilityTimeout: !ImportValue elsewhere")


@pytest.mark.parametrize(
    ("replacement", "status", "strict_status"),
    [(None, 0, 0), (ERROR, 1, 1), (WARNING, 0, 1), (UNKNOWN, 0, 1)],
)
def test_the_exit_status_says_what_was_found(
    replacement: tuple[str, str] | None, status: int, strict_status: int, tmp_path: Path
) -> None:
    replacements = [] if replacement is None else [replacement]
    path = str(template(tmp_path, *replacements))
    assert main(["check", path]) == status
    assert main(["check", path, "--strict"]) == strict_status


def test_a_suppressed_error_does_not_fail(tmp_path: Path) -> None:
    accepted = tmp_path / "accepted.yaml"
    accepted.write_text("suppressions: [{id: R2, resource: Orders, reason: Measured.}]")
    path = str(template(tmp_path, ERROR, ("VisibilityTimeout: 180", "VisibilityTimeout: 300")))
    assert main(["check", path, "--strict", "--suppressions", str(accepted)]) == 0
    accepted.write_text("suppressions: [{id: R2, resource: Orders}]")
    assert main(["check", path, "--suppressions", str(accepted)]) == 1


def test_people_read_what_why_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", str(template(tmp_path, ERROR))])
    text = capsys.readouterr().out
    assert "error    R2: At least 5 receives" in text
    assert "maxReceiveCount is 4" in text
    assert "so:  Every throttle" in text
    assert "do:  set maxReceiveCount to 5 or more" in text
    assert "see: https://docs.aws.amazon.com/" in text
    assert "1 error(s), 1 warning(s), 0 cannot be checked" in text


def test_people_are_told_once_what_keeps_several_rules_from_being_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", str(template(tmp_path, UNKNOWN))])
    text = capsys.readouterr().out
    assert "unknown  R1, R4, R11, R23" in text
    assert text.count("imports elsewhere") == 1


def test_templates_without_mappings_say_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "app.yaml"
    path.write_text("Resources: {Topic: {Type: AWS::SNS::Topic}}")
    assert main(["check", str(path), "--strict"]) == 0
    assert "no queue feeds a function here" in capsys.readouterr().out


def test_json_says_everything_that_text_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = template(tmp_path, ERROR, ("VisibilityTimeout: 180", "VisibilityTimeout: 300"))
    main(["check", str(path), "--json"])
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"version", "mappings", "findings", "summary"}
    assert document["version"] == 1
    assert document["mappings"] == [{"stack": "app", "resource": "Mapping"}]
    assert document["summary"] == {
        "errors": 1, "warnings": 0, "cannot_check": 0, "suppressed": 0,
    }  # fmt: skip
    (finding,) = document["findings"]
    assert finding == {
        "rule": "R2",
        "title": "At least 5 receives before a message is dead-lettered",
        "severity": "error",
        "stack": "app",
        "resource": "Orders",
        "construct_path": None,
        "template": str(path),
        "origin": "Orders",
        "message": "maxReceiveCount is 4, less than 5",
        "consequence": finding["consequence"],
        "remedy": "set maxReceiveCount to 5 or more",
        "source": finding["source"],
        "suppressed": None,
        "suppressed_in": None,
    }


def sarif(tmp_path: Path, path: Path, *options: str) -> dict[str, Any]:
    target = tmp_path / "out.sarif"
    main(["check", str(path), "--sarif", str(target), *options])
    log: dict[str, Any] = json.loads(target.read_text())
    return log


def test_sarif_has_what_the_standard_requires(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    log = sarif(tmp_path, template(tmp_path, ERROR, WARNING, UNKNOWN))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "queue-rules"
    ids = [each["id"] for each in driver["rules"]]
    assert ids == [*(rule.id for rule in RULES), "suppression"]
    assert all(each["shortDescription"]["text"] for each in driver["rules"])
    assert {each["level"] for each in run["results"]} == {"error", "warning", "note"}
    for result in run["results"]:
        assert result["ruleId"] in ids
        assert result["message"]["text"]
        (location,) = result["locations"]
        assert location["logicalLocations"][0]["name"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"] == {"uri": "app.yaml"}
        line = physical["region"]["startLine"]
        text = (tmp_path / "app.yaml").read_text().splitlines()[line - 1]
        assert location["logicalLocations"][0]["name"] + ":" in text


def test_sarif_names_files_as_uris(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = template(tmp_path, WARNING).rename(tmp_path / "my app.yaml")
    (result,) = sarif(tmp_path, path)["runs"][0]["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {"uri": "my%20app.yaml"}


def test_sarif_keeps_suppressed_findings(tmp_path: Path) -> None:
    accepted = tmp_path / "accepted.yaml"
    accepted.write_text("suppressions: [{id: R12, reason: Nobody else deploys here.}]")
    log = sarif(tmp_path, template(tmp_path, WARNING), "--suppressions", str(accepted))
    (result,) = log["runs"][0]["results"]
    assert result["suppressions"] == [
        {"kind": "external", "justification": "Nobody else deploys here."}
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["missing.yaml"], "missing.yaml: no such file or folder"),
        ([SOUND_FILE, "--suppressions", "missing.yaml"], "missing.yaml: cannot be read"),
        ([SOUND_FILE, "--sarif", "missing/out.sarif"], "out.sarif: cannot be written"),
    ],
)
def test_what_cannot_be_read_or_written_is_said(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *arguments]) == 2
    streams = capsys.readouterr()
    assert reason in streams.err
    assert streams.out == ""


@pytest.mark.parametrize("arguments", [[], ["check"], ["check", SOUND_FILE, "--parameter", "x"]])
def test_wrong_arguments_are_explained(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m queue_rules" in capsys.readouterr().err


def test_a_parameter_decides_what_is_checked(tmp_path: Path) -> None:
    path = str(template(tmp_path))
    assert main(["check", path, "--parameter", "Timeout=30"]) == 0
    assert main(["check", path, "--parameter", "Timeout=31"]) == 1


def test_it_needs_neither_node_nor_the_cdk(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    environment = {
        "PATH": str(tmp_path),
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
    }
    run = subprocess.run(
        [sys.executable, "-m", "queue_rules", "check", SOUND_FILE, "--strict"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "1 mapping(s)" in run.stdout
