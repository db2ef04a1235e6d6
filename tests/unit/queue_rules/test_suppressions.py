"""What somebody accepts stays visible, needs a reason, and may not outlive its finding."""

from pathlib import Path
from typing import Any

import pytest

from queue_rules import Finding, TemplateError, check, read
from queue_rules.suppressions import in_file
from tests.unit.queue_rules.shapes import SOUND, Resources, drop, findings_in, plain, put

REASON = "Polled by its mapping only; measured in May."


def without_long_polling(*suppress: Any) -> Resources:
    resources = plain()
    drop("Orders", "ReceiveMessageWaitTimeSeconds")(resources)
    resources["Orders"]["Metadata"] = {"queue_rules": {"suppress": list(suppress)}}
    return resources


def seen(findings: list[Finding]) -> list[tuple[str, str, str | None]]:
    return [(each.rule, each.severity.value, each.suppressed) for each in findings]


def test_a_suppressed_finding_stays_visible_with_its_reason() -> None:
    resources = without_long_polling({"id": "R22", "reason": REASON})
    assert seen(findings_in({"Resources": resources})) == [("R22", "warning", REASON)]


def test_a_suppression_covers_its_own_resource_only() -> None:
    resources = without_long_polling({"id": "R22", "reason": REASON})
    put("DeadLetters", ReceiveMessageWaitTimeSeconds=0)(resources)
    assert seen(findings_in({"Resources": resources})) == [
        ("R22", "warning", REASON),
        ("R22", "warning", None),
    ]


@pytest.mark.parametrize("reason", [{}, {"reason": ""}, {"reason": "  "}, {"reason": 1}])
def test_without_a_reason_nothing_is_suppressed(reason: dict[str, Any]) -> None:
    findings = findings_in({"Resources": without_long_polling({"id": "R22", **reason})})
    assert seen(findings) == [("R22", "warning", None), ("suppression", "error", None)]
    assert "without a reason" in findings[-1].message


def test_an_unused_suppression_is_reported() -> None:
    resources = without_long_polling({"id": "R1", "reason": REASON})
    findings = findings_in({"Resources": resources})
    assert seen(findings) == [("R22", "warning", None), ("suppression", "warning", None)]
    assert findings[-1].resource == "Orders"


def test_an_unknown_rule_is_reported() -> None:
    findings = findings_in({"Resources": without_long_polling({"id": "R99", "reason": REASON})})
    assert seen(findings)[-1] == ("suppression", "error", None)
    assert "there is no rule 'R99'" in findings[-1].message


@pytest.mark.parametrize("metadata", [1, {}, {"suppress": 1}, {"suppress": ["R1"]}])
def test_metadata_of_another_shape_is_an_error(metadata: Any) -> None:
    resources = plain()
    resources["Orders"]["Metadata"] = {"queue_rules": metadata}
    with pytest.raises(TemplateError, match="Metadata of Orders.*expected a list"):
        findings_in({"Resources": resources})


def broken_file(tmp_path: Path) -> Path:
    path = tmp_path / "app.yaml"
    text = (SOUND / "plain.yaml").read_text()
    path.write_text(text.replace("ReceiveMessageWaitTimeSeconds: 20", "DelaySeconds: 0"))
    return path


@pytest.mark.parametrize(
    ("pattern", "suppressed"),
    [
        ("resource: Orders", ["Orders"]),
        ("resource: Dead*", ["DeadLetters"]),
        ("resource: '*', stack: app", ["DeadLetters", "Orders"]),
        ("stack: app", ["DeadLetters", "Orders"]),
        ("stack: other", []),
    ],
)
def test_a_file_suppresses_by_pattern(pattern: str, suppressed: list[str], tmp_path: Path) -> None:
    file = tmp_path / "accepted.yaml"
    file.write_text(f"suppressions:\n- {{id: R22, reason: '{REASON}', {pattern}}}\n")
    findings = check(read([broken_file(tmp_path)]), accepted=in_file(file))
    assert sorted(each.resource for each in findings if each.suppressed) == suppressed


@pytest.mark.parametrize("text", ["", "[]", "suppressions: R1", "suppressions: [R1]", "{"])
def test_a_file_of_another_shape_is_an_error(text: str, tmp_path: Path) -> None:
    file = tmp_path / "accepted.yaml"
    file.write_text(text)
    with pytest.raises(TemplateError, match="accepted.yaml"):
        in_file(file)
