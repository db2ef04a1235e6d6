"""Findings in SARIF 2.1.0, which code hosts show beside the lines they are about.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from queue_rules import suppressions
from queue_rules.documents import line_of, read_text
from queue_rules.findings import Finding, Rule, Severity
from queue_rules.values import TemplateError

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.CANNOT_CHECK: "note",
}


def as_sarif(findings: Sequence[Finding], rules: Sequence[Rule]) -> dict[str, Any]:
    """Return a SARIF log; paths are relative to the current folder where they can be."""
    descriptors = [
        *(
            _descriptor(each.id, each.title, each.consequence, each.severity) | _help(each.source)
            for each in rules
        ),
        _descriptor(
            suppressions.RULE, suppressions.TITLE, suppressions.CONSEQUENCE, Severity.ERROR
        ),
    ]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "queue-rules", "rules": descriptors}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(each) for each in findings],
            }
        ],
    }


def _descriptor(id_: str, title: str, consequence: str, severity: Severity) -> dict[str, Any]:
    return {
        "id": id_,
        "shortDescription": {"text": title},
        "fullDescription": {"text": consequence},
        "defaultConfiguration": {"level": LEVELS[severity]},
    }


def _help(source: str) -> dict[str, str]:
    return {"helpUri": source}


def _result(finding: Finding) -> dict[str, Any]:
    logical: dict[str, str] = {"name": finding.resource, "kind": "resource"}
    if finding.construct_path is not None:
        logical["fullyQualifiedName"] = finding.construct_path
    location: dict[str, Any] = {"logicalLocations": [logical]}
    if finding.template is not None:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": _uri(finding.template)},
            "region": {"startLine": line_of(_text(finding.template), finding.origin)},
        }
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": LEVELS[finding.severity],
        "message": {
            "text": f"{finding.resource}: {finding.message}. {finding.consequence} "
            f"Remedy: {finding.remedy}."
        },
        "locations": [location],
        "partialFingerprints": {
            "resource/v1": f"{finding.rule}:{finding.stack}:{finding.resource}"
        },
    }
    if finding.suppressed is not None:
        kind = "inSource" if finding.suppressed_in == "template" else "external"
        result["suppressions"] = [{"kind": kind, "justification": finding.suppressed}]
    return result


def _uri(template: str) -> str:
    path = Path(template).resolve()
    if path.is_relative_to(Path.cwd()):
        return quote(path.relative_to(Path.cwd()).as_posix())
    return path.as_uri()


@cache
def _text(template: str) -> str:
    try:
        return read_text(Path(template))
    except TemplateError:  # deleted since it was read
        return ""
