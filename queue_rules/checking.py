"""Every rule on one application, or on templates whatever their open parameters are."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from queue_rules import suppressions
from queue_rules.application import Application
from queue_rules.assumptions import combinations, merged
from queue_rules.findings import Finding, Rule
from queue_rules.rules import RULES
from queue_rules.sources import Document, find_documents
from queue_rules.suppressions import Suppression
from queue_rules.templates import read_documents, read_template
from queue_rules.values import refusing_depth


def check(
    application: Application,
    *,
    accepted: Iterable[Suppression] = (),
    rules: Sequence[Rule] = RULES,
) -> list[Finding]:
    """Return what an application breaks, rule by rule; what is suppressed says so.

    Args:
        application: What `read` returned.
        accepted: Suppressions beside those in the templates' metadata.
        rules: The rules to check.

    Raises:
        TemplateError: suppressions in the templates cannot be read.
    """
    return _judged(application, _found(application, rules), accepted, rules)


def check_paths(
    paths: Sequence[Path],
    parameters: Mapping[str, str] | None = None,
    *,
    accepted: Iterable[Suppression] = (),
) -> tuple[Application, list[Finding]]:
    """Return what the templates under `paths` deploy, and what they break.

    Unlike `check`, it goes through what parameters without a default may be.

    Raises:
        TemplateError: something cannot be read; the message says what and why.
    """
    return check_documents(find_documents(paths), parameters, accepted=accepted)


def check_documents(
    groups: Sequence[Sequence[Document]],
    parameters: Mapping[str, str] | None = None,
    *,
    accepted: Iterable[Suppression] = (),
) -> tuple[Application, list[Finding]]:
    """Do what `check_paths` does, on templates that were read already."""
    given = parameters or {}
    application = read_documents(groups, given)
    documents = [each for group in groups for each in group]
    with refusing_depth():
        assumptions = combinations(documents, given)
    cases = [
        (assumed, _found(read_documents(groups, {**assumed, **given}), RULES))
        for assumed in assumptions
    ]
    return application, _judged(application, merged(cases), accepted, RULES)


def check_template(body: Any) -> list[Finding]:
    """Return what one template, given as a dict, breaks.

    Raises:
        TemplateError: `body` is no template.
    """
    return check(read_template(body))


def _found(application: Application, rules: Sequence[Rule]) -> list[Finding]:
    with refusing_depth():
        # A value that several mappings share is reported once.
        return list(dict.fromkeys(each for rule in rules for each in rule.findings(application)))


def _judged(
    application: Application,
    findings: Iterable[Finding],
    accepted: Iterable[Suppression],
    rules: Sequence[Rule],
) -> list[Finding]:
    written = [*suppressions.in_templates(application), *accepted]
    known = [each.id for each in rules]
    return list(suppressions.apply(findings, written, known_rules=known))
