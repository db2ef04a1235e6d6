"""Links between documents lead somewhere, headings included."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *(path for folder in ("docs", "examples") for path in (ROOT / folder).rglob("*.md")),
]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
ANCHOR = re.compile(r'<a (?:id|name)="([^"]+)">')


def anchors(document: Path) -> set[str]:
    """The anchors of a document: its own, and those that GitHub gives to headings."""
    text = document.read_text()
    headings = {re.sub(r"[^\w\- ]", "", each.lower()) for each in HEADING.findall(text)}
    return {each.replace(" ", "-") for each in headings} | set(ANCHOR.findall(text))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    for name, anchor in LINK.findall(document.read_text()):
        target = document.parent / name if name else document
        assert target.exists(), f"{name} is missing"
        assert not anchor or anchor in anchors(target), f"{target.name} has no heading #{anchor}"
