"""Each rule finds the mistake it is about, says what to do, and nothing else does."""

from collections.abc import Callable

import pytest

from queue_rules import RULES, Severity
from tests.unit.queue_rules.broken import BROKEN, SEVERAL, Broken
from tests.unit.queue_rules.shapes import (
    Change,
    Resources,
    drop,
    findings_in,
    get_att,
    plain,
    put,
)


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_one_mistake_is_found_by_its_rule_alone(broken: Broken) -> None:
    (finding,) = findings_in(broken.template())
    assert (finding.rule, finding.severity) == (broken.rule, broken.severity)
    assert finding.resource == broken.resource
    assert broken.figure in finding.message
    assert finding.consequence
    assert finding.remedy
    assert finding.source.startswith("https://docs.aws.amazon.com/")


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_without_its_rule_nobody_finds_it(broken: Broken) -> None:
    others = [rule for rule in RULES if rule.id != broken.rule]
    assert findings_in(broken.template(), rules=others) == []


def test_every_rule_has_a_template_that_breaks_it_in_each_of_its_ways() -> None:
    broken = {(each.rule, each.severity) for each in BROKEN}
    assert {(rule.id, rule.severity) for rule in RULES} <= broken


@pytest.mark.parametrize(("shape", "change", "rules"), SEVERAL)
def test_mistakes_of_several_resources_are_found(
    shape: Callable[[], Resources], change: Change, rules: set[str]
) -> None:
    resources = shape()
    change(resources)
    found = {each.rule for each in findings_in({"Resources": resources})}
    assert rules <= found


def test_a_functions_own_dead_letter_queue_is_told_to_be_none() -> None:
    resources = plain()
    drop("Orders", "RedrivePolicy")(resources)
    put("Worker", DeadLetterConfig={"TargetArn": get_att("DeadLetters")})(resources)
    messages = {each.rule: each.message for each in findings_in({"Resources": resources})}
    assert set(messages) == {"R10", "R16"}
    assert "(the function's own serves asynchronous invocations only)" in messages["R10"]


def test_rules_are_in_order_and_told_apart() -> None:
    numbers = [int(rule.id.removeprefix("R")) for rule in RULES]
    assert numbers == sorted(set(numbers))


def test_the_rules_with_a_severity_are_all_there() -> None:
    numbers = {int(rule.id.removeprefix("R")) for rule in RULES}
    # R5, R7, R13, R17 and R21 say how the services behave; no template can break them.
    assert numbers == set(range(24)) - {5, 7, 13, 17, 21}


def test_severities_are_as_documented() -> None:
    warnings = {rule.id for rule in RULES if rule.severity is Severity.WARNING}
    assert warnings == {"R4", "R12", "R16", "R22"}
