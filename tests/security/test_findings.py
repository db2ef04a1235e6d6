"""Fewer findings per hundred resources than the best comparable project has."""

import pytest

from tests.infrastructure.assembly import Assembly, Templates
from tests.security.nag import unacknowledged_findings
from tests.security.reviewed_findings import (
    WRONG,
    Finding,
    counted,
    is_fed_by_queues,
    keeps_failures,
    per_hundred,
)

MOST_SOLUTIONS = 15  # AwsSolutions, nothing taken out
MOST_SERVERLESS = 3

Packs = dict[str, frozenset[Finding]]


@pytest.fixture(scope="module")
def packs(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Packs:
    return unacknowledged_findings(assembly, tmp_path_factory.mktemp("nag") / "cdk.out")


def test_aws_solutions_has_few_findings_without_acknowledgements(
    assembly: Assembly, packs: Packs
) -> None:
    assert 0 < per_hundred(assembly, packs["AwsSolutions"]) <= MOST_SOLUTIONS


def test_serverless_has_few_findings_that_are_right(assembly: Assembly, packs: Packs) -> None:
    assert per_hundred(assembly, counted(assembly, packs["Serverless"])) <= MOST_SERVERLESS


def test_each_rule_called_wrong_is_wrong_about_something(assembly: Assembly, packs: Packs) -> None:
    """An entry that takes nothing out hides the next finding of its rule."""
    found = packs["AwsSolutions"] | packs["Serverless"]
    for wrong in WRONG:
        if wrong.condition is keeps_failures and not has_events(assembly):
            continue
        nag_rules = [rule for rule in wrong.rules if not rule.startswith("CKV")]
        if nag_rules:
            assert any(
                finding.rule in nag_rules and wrong.condition(assembly, finding.resource)
                for finding in found
            ), wrong


def has_events(assembly: Assembly) -> bool:
    """Return whether events invoke functions here: where a person approves, none do."""
    return assembly.environment.training.approves_automatically


def test_a_function_that_no_queue_feeds_needs_a_dead_letter_queue(assembly: Assembly) -> None:
    findings = frozenset(
        Finding("Serverless-LambdaDLQ", function)
        for function in assembly.resources("AWS::Lambda::Function")
        if is_fed_by_queues(assembly, function)
    )
    assert len(findings) == 4
    assert counted(assembly, findings) == frozenset()
    assert counted(assembly.changed(remove_mappings), findings) == findings


def remove_mappings(templates: Templates) -> None:
    for template in templates.values():
        template["Resources"] = {
            logical_id: body
            for logical_id, body in template["Resources"].items()
            if body["Type"] != "AWS::Lambda::EventSourceMapping"
        }
