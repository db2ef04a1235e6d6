"""What the runbooks of releases and predictions tell people to do, and of which refusals."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COMMAND = re.compile(r"^python -m ops (.+)$", re.MULTILINE)
# The status as the enumeration names it, or how long to wait; then the code.
REFUSAL = re.compile(
    r'(?:HTTPStatus\.(?:BAD_GATEWAY|INTERNAL_SERVER_ERROR),|unavailable\()\s*"([a-z-]+)"'
)


def runbook(name: str) -> str:
    return (ROOT / "docs" / "runbooks" / f"{name}.md").read_text()


def remedy(letter: str, page: str = "releases") -> list[str]:
    """Return the commands of a page's remedy, in order."""
    text = re.search(rf"^\*\*{letter}\. .*?(?=^\*\*|^##)", runbook(page), re.M | re.S)
    assert text, (page, letter)
    return COMMAND.findall(text[0])


def test_messages_of_predictions_are_looked_for_in_their_own_queues() -> None:
    commands = [
        each
        for each in COMMAND.findall(runbook("predictions"))
        if each.startswith(("dead-letters", "parking"))
    ]

    assert len(commands) == 3
    assert all("--queue predictions" in each for each in commands)


def test_every_refusal_that_is_not_the_clients_has_its_line() -> None:
    sources = (ROOT / "lambdas" / "predict").glob("*.py")
    codes = {code for source in sources for code in REFUSAL.findall(source.read_text())}

    assert {"internal", "not-logged", "model-refused", "invalid-answer"} <= codes
    lines = [line for line in runbook("predictions").splitlines() if line.startswith("| 5")]
    assert {
        code for line in lines for code in re.findall(r"`([a-z-]+)`", line.split("|")[1])
    } == codes


def test_a_bad_model_is_rejected_by_its_version() -> None:
    assert [each.split()[:3] for each in remedy("A")] == [
        ["models", "reject", "8"], ["lineage", "8"],
    ]  # fmt: skip


def test_what_was_not_recovered_is_rolled_back_and_nothing_is_released() -> None:
    assert remedy("D") == ["rollback"]


def test_a_claim_that_was_let_go_of_is_taken_over_with_the_version_that_serves() -> None:
    assert remedy("E") == ["release 7"]


def test_an_ab_test_is_ended_and_leaves_the_champion_alone() -> None:
    assert remedy("A", "endpoint") == ["ab stop"]


def test_an_ill_champion_is_replaced_before_it_is_rejected() -> None:
    assert [each.split()[:3] for each in remedy("C", "endpoint")] == [
        ["rollback", "--note", '"errors'], ["models", "reject", "8"],
    ]  # fmt: skip


@pytest.mark.parametrize("letter", "ABDE")
def test_no_remedy_takes_the_newest_model_whichever_that_is(letter: str) -> None:
    assert not any("latest" in each or each == "release" for each in remedy(letter))
