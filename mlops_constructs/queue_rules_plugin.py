"""The queue rules as a check inside synthesis, beside cdk-nag.

It reads the templates as written, all of them together, so it also sees L1 constructs, property
overrides, included templates and what crosses from stack to stack.

Findings are acknowledged where they are, with a reason, as those of any other plugin:
`acknowledge_queue_rule(queue, "R22", reason=...)`.
"""

import tomllib
from dataclasses import replace
from pathlib import Path

import aws_cdk as cdk
import jsii
from constructs import IConstruct

from queue_rules import RULES, Finding, Severity
from queue_rules.checking import check_documents
from queue_rules.sources import Document, load

NAME = "queue-rules"
PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"

# What CDK calls them; only an error fails synthesis.
SEVERITIES = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.CANNOT_CHECK: "info",
}


def acknowledge_queue_rule(construct: IConstruct, rule: str, *, reason: str) -> None:
    """Accept that `construct`, or something in it, breaks a rule.

    Args:
        construct: Where the finding is.
        rule: Id of the rule, such as `R22`.
        reason: Why; a reviewer can check it.

    Raises:
        ValueError: there is no such rule, or no reason.
    """
    known = [each.id for each in RULES]
    if rule not in known:
        raise ValueError(f"there is no queue rule {rule!r}; use one of {', '.join(known)}")
    if not reason.strip():
        raise ValueError(f"{rule} cannot be acknowledged without a reason; say why it is accepted")
    cdk.Validations.of(construct).acknowledge(
        cdk.Acknowledgment(id=f"{NAME}::{rule}", reason=reason)
    )


@jsii.implements(cdk.IPolicyValidationPlugin)
class QueueRulesPlugin:
    """Fails synthesis when a queue that feeds a function breaks a rule."""

    @property
    def name(self) -> str:
        """Name in the report, and what acknowledgements begin with."""
        return NAME

    @property
    def version(self) -> str:
        """Version in the report: the project's."""
        version: str = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"]
        return version

    @property
    def rule_ids(self) -> list[str]:
        """Ids of the rules that are checked."""
        return [rule.id for rule in RULES]

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Check every template, all at once; called by CDK."""
        documents = [_document(stack) for stack in context.stack_templates]
        _, findings = check_documents([documents])
        standing = [finding for finding in findings if finding.suppressed is None]
        return cdk.PolicyValidationPluginReport(
            success=not any(finding.severity is Severity.ERROR for finding in standing),
            violations=[_violation(finding) for finding in standing],
            metadata={
                f"{finding.rule} at {finding.stack}/{finding.resource}": finding.suppressed
                for finding in findings
                if finding.suppressed is not None
            },
        )


def _document(stack: cdk.PolicyValidationStack) -> Document:
    return replace(
        load(Path(stack.template_path)),
        # The name that CDK gives a stack unless it is told another.
        name=stack.stack_construct_path.replace("/", "-"),
        account=stack.account_id,
        region=stack.region,
    )


def _violation(finding: Finding) -> cdk.PolicyViolation:
    return cdk.PolicyViolation(
        rule_name=finding.rule,
        description=f"{finding.message}. {finding.consequence}",
        fix=f"{finding.remedy} ({finding.source})",
        severity=SEVERITIES[finding.severity],
        violating_resources=[
            cdk.PolicyViolatingResource(
                resource_logical_id=finding.resource,
                template_path=finding.template,
                locations=["Properties"],
            )
        ],
    )
