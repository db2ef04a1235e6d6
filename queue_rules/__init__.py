"""Rules for queues that feed functions, checked on CloudFormation templates.

    from queue_rules import check_paths
    application, findings = check_paths([Path("cdk.out")])

Neither Node nor aws_cdk is needed. docs/queue-rules.md explains every rule.
"""

from queue_rules.application import Application, Function, Pollers, Queue, QueueMapping, Resource
from queue_rules.checking import check, check_paths, check_template
from queue_rules.findings import Finding, Rule, Severity
from queue_rules.rules import RULES
from queue_rules.templates import read, read_template
from queue_rules.values import TemplateError, Unknown

__all__ = [
    "RULES",
    "Application",
    "Finding",
    "Function",
    "Pollers",
    "Queue",
    "QueueMapping",
    "Resource",
    "Rule",
    "Severity",
    "TemplateError",
    "Unknown",
    "check",
    "check_paths",
    "check_template",
    "read",
    "read_template",
]
