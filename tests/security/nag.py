"""What cdk-nag finds in an environment when nobody acknowledges anything."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from app import build_app
from tests.infrastructure.assembly import Assembly
from tests.security.reviewed_findings import Finding


def unacknowledged_findings(assembly: Assembly, folder: Path) -> dict[str, frozenset[Finding]]:
    """Return the findings of each rule pack, one per rule and resource.

    Args:
        assembly: The environment; it is synthesized anew.
        folder: For the templates.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cdk.Validations, "acknowledge", lambda *_: None)
        with pytest.raises(RuntimeError, match="ValidationFailed"):
            build_app(assembly.environment.name, outdir=str(folder)).synth()
    report = json.loads((folder / "validation-report.json").read_text())
    places = _places(folder)
    return {
        pack["pluginName"]: frozenset(
            # A granular finding, `AwsSolutions-IAM5[Resource::*]`, is one of its rule.
            Finding(violation["ruleName"].partition("[")[0], assembly.find(*places[path]))
            for violation in pack["violations"]
            for path in _paths(violation)
        )
        for pack in report["pluginReports"]
    }


def _paths(violation: dict[str, Any]) -> list[str]:
    return [f"/{construct['constructPath']}" for construct in violation["violatingConstructs"]]


def _places(folder: Path) -> dict[str, tuple[str, str]]:
    """Return stack and logical id of each construct that is a resource, by its path."""
    return {
        path: (file.name.removesuffix(".metadata.json"), entry["data"])
        for file in folder.glob("*.metadata.json")
        for path, entries in json.loads(file.read_text()).items()
        for entry in entries
        if entry["type"] == "aws:cdk:logicalId"
    }
