"""Synthesis is a pure function of the repository, and its checks are on."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs

from app import ROOT, add_checks, build_app
from schemas.names import StackName
from tests.infrastructure.assembly import Assembly

# Rules whose findings have ids of their own, so that one cannot be acknowledged with another.
NEED_A_FINDING = ("AwsSolutions-IAM4", "AwsSolutions-IAM5")


NO_NETWORK = {"HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1"}


def start_synthesis(folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Synthesize in a process of its own that knows no account, no home and no way out."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    return subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={"PATH": path, "CDK_OUTDIR": str(folder)} | NO_NETWORK | environment,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_two_processes_write_the_same_bytes_without_credentials(tmp_path: Path) -> None:
    runs = {
        tmp_path / "first": {"PYTHONHASHSEED": "1", "TZ": "UTC"},
        tmp_path / "second": {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo"},
    }
    processes = [start_synthesis(folder, **variables) for folder, variables in runs.items()]
    assert [process.wait() for process in processes] == [0, 0]
    first, second = map(contents, runs)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert any(name.endswith("ingestion.assets.json") for name in first)


def test_nothing_was_looked_up(assembly: Assembly) -> None:
    manifest = json.loads((assembly.folder / "manifest.json").read_text())
    assert "missing" not in manifest
    for artifact in manifest["artifacts"].values():
        environment = artifact.get("environment", "aws://unknown-account/unknown-region")
        assert environment == "aws://unknown-account/unknown-region"


def test_templates_name_no_folder_of_this_machine(assembly: Assembly) -> None:
    for template in assembly.templates.values():
        assert str(ROOT) not in json.dumps(template)


def test_no_rule_is_violated(assembly: Assembly) -> None:
    report = json.loads((assembly.folder / "validation-report.json").read_text())
    assert report["pluginReports"] == []


def acknowledgements(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield construct path, rule and reason of everything that was acknowledged."""
    for path in sorted(folder.glob("*.metadata.json")):
        metadata: dict[str, list[dict[str, Any]]] = json.loads(path.read_text())
        for construct, entries in metadata.items():
            for entry in entries:
                if entry["type"] == "aws:cdk:acknowledged-rules":
                    for rule, reason in entry["data"].items():
                        yield construct, rule.partition("::")[2], reason


def test_acknowledgements_are_granular_and_reasoned(assembly: Assembly) -> None:
    found = list(acknowledgements(assembly.folder))
    assert found
    for construct, rule, reason in found:
        # /stack/construct/...: never a whole stack, nor the app.
        assert construct.count("/") >= 2, (construct, rule)
        assert len(reason) > 30, (construct, rule)
        if rule.startswith(NEED_A_FINDING):
            assert rule.endswith("]"), (construct, rule)


def test_stacks_depend_on_those_before_them_only(assembly: Assembly) -> None:
    order = [each.in_environment(assembly.environment.name) for each in StackName]
    for stack, template in assembly.templates.items():
        producers = {assembly.exports[name][0] for name in imports(template)}
        assert all(order.index(each) < order.index(stack) for each in producers), stack


def imports(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "Fn::ImportValue" in value:
            yield value["Fn::ImportValue"]
        for each in value.values():
            yield from imports(each)
    elif isinstance(value, list):
        for each in value:
            yield from imports(each)


def test_cfn_lint_finds_nothing(assembly: Assembly) -> None:
    templates = sorted(map(str, assembly.folder.glob("*.template.json")))
    linter = Path(sys.executable).with_name("cfn-lint")
    result = subprocess.run(
        [linter, *templates], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (0, "")


def test_an_unknown_environment_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="use -c env=<one of: dev, local, prod>"):
        build_app("staging")


def test_a_broken_queue_rule_fails_synthesis(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), analytics_reporting=False)
    stack = cdk.Stack(app, "Test")
    function = lambda_.Function(
        stack,
        "Function",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )
    function.add_event_source(event_sources.SqsEventSource(sqs.Queue(stack, "Queue")))
    add_checks(app)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report = json.loads((tmp_path / "validation-report.json").read_text())
    (ours,) = (each for each in report["pluginReports"] if each["pluginName"] == "queue-rules")
    errors = {each["ruleName"] for each in ours["violations"] if each["severity"] == "error"}
    assert errors == {"R3", "R8", "R10"}
