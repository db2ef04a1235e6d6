"""The page that findings refer to has every rule, as the code has it, and nothing else."""

import re
from pathlib import Path

import pytest

from queue_rules import RULES, Rule
from queue_rules.suppressions import SOURCE

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/queue-rules.md"
SECTION = re.compile(r'<a id="(r\d+)"></a>\n### (R\d+) (.+)\n\n(.+(?:\n.+)*)')
SECTIONS = {id_: (anchor, title, text) for anchor, id_, title, text in
            SECTION.findall(PAGE.read_text())}  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_is_explained(rule: Rule) -> None:
    anchor, title, text = SECTIONS[rule.id]
    assert (anchor, title) == (rule.id.lower(), rule.title)
    severity = {"cannot-check": "Cannot check"}.get(rule.severity, rule.severity.capitalize())
    assert text.startswith(severity)
    assert rule.id == "R0" or rule.source in text
    assert f"[{rule.id}](#{anchor})" in PAGE.read_text()


def test_no_other_rule_is_explained() -> None:
    assert set(SECTIONS) == {rule.id for rule in RULES}


def test_references_within_the_page_lead_somewhere() -> None:
    text = PAGE.read_text()
    headings = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)
    }
    anchors = set(re.findall(r'<a id="(.+?)">', text)) | headings
    assert set(re.findall(r"\]\(#(.+?)\)", text)) <= anchors
    assert SOURCE == "docs/queue-rules.md#suppressions"
    assert "suppressions" in anchors


def test_the_plugins_version_is_stated_in_the_project_only() -> None:
    plugin = (ROOT / "mlops_constructs/queue_rules_plugin.py").read_text()
    assert re.findall(r"\d+\.\d+\.\d+", plugin) == []
    assert '"pyproject.toml"' in plugin


def test_ride_out_is_the_same_figure_wherever_it_is_said() -> None:
    """(mrc - 1) V: the last receive has to begin after starvation."""
    (ride_out,) = (each for each in RULES if each.id == "R4")
    assert "(maxReceiveCount - 1) x visibility timeout" in ride_out.consequence
    assert "(mrc−1)·V < 900" in SECTIONS["R4"][2]
