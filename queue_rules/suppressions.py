"""Findings that somebody accepts, with a reason; they stay visible."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from queue_rules.application import Application, Resource
from queue_rules.documents import parse, read_text
from queue_rules.findings import Finding, Severity
from queue_rules.values import TemplateError

METADATA = "queue_rules"
RULE = "suppression"
TITLE = "Suppressions with a reason, and of something"
CONSEQUENCE = "Nobody can tell later why a finding was accepted, or whether it still is."
SOURCE = "docs/queue-rules.md#suppressions"


@dataclass(frozen=True, kw_only=True, slots=True)
class Suppression:
    """One rule that is accepted to be broken.

    Attributes:
        rule: Id of the rule.
        reason: Why; empty when none was given, which is an error.
        resource: Logical id or construct path, `*` and `?` allowed.
        stack: Name of the stack, `*` and `?` allowed.
        written_in: The resource whose metadata says so, or the file.
        entry: What tells one that was written from others; what a SAM function or a loop makes has
            its metadata, too.
    """

    rule: str
    reason: str
    resource: str
    stack: str
    written_in: Resource | Path
    entry: tuple[str, str, int]

    def covers(self, finding: Finding) -> bool:
        """Return whether `finding` is what this accepts."""
        names = (finding.resource, finding.construct_path or "")
        return (
            finding.rule == self.rule
            and fnmatchcase(finding.stack, self.stack)
            and any(fnmatchcase(name, self.resource) for name in names)
        )


def in_templates(application: Application) -> Iterator[Suppression]:
    """Yield what the metadata of resources suppresses.

    Raises:
        TemplateError: the metadata has another shape.
    """
    for resource in application.resources:
        metadata = resource.definition.get("Metadata")
        ours = metadata.get(METADATA) if isinstance(metadata, Mapping) else None
        if ours is None:
            continue
        where = f"{resource.stack}: Metadata of {resource.logical_id}: {METADATA}"
        entries = ours.get("suppress") if isinstance(ours, Mapping) else None
        for number, entry in enumerate(_entries(entries, f"{where}.suppress")):
            yield Suppression(
                rule=_text(entry.get("id")),
                reason=_text(entry.get("reason")),
                resource=_literally(resource.logical_id),
                stack=_literally(resource.stack),
                written_in=resource,
                entry=(str(resource.template or resource.stack), resource.origin, number),
            )


def in_file(path: Path) -> list[Suppression]:
    """Return what a file suppresses: a list under `suppressions` of id, resource and reason.

    Raises:
        TemplateError: the file cannot be read, or has another shape.
    """
    content = parse(read_text(path), source=str(path))
    entries = content.get("suppressions") if isinstance(content, Mapping) else None
    return [
        Suppression(
            rule=_text(entry.get("id")),
            reason=_text(entry.get("reason")),
            resource=_text(entry.get("resource")) or "*",
            stack=_text(entry.get("stack")) or "*",
            written_in=path,
            entry=(str(path), "", number),
        )
        for number, entry in enumerate(_entries(entries, f"{path}: suppressions"))
    ]


def apply(
    findings: Iterable[Finding], suppressions: Sequence[Suppression], known_rules: Iterable[str]
) -> Iterator[Finding]:
    """Yield the findings, marked where they are suppressed, and what is wrong with suppressions."""
    used: set[tuple[str, str, int]] = set()
    for finding in findings:
        covering = [each for each in suppressions if each.reason and each.covers(finding)]
        used |= {each.entry for each in covering}
        yield _accepted(finding, covering[0]) if covering else finding
    known = set(known_rules)
    for each in {each.entry: each for each in reversed(suppressions)}.values():
        if each.rule not in known:
            message = f"there is no rule {each.rule!r}"
            yield _about(each, message, "name a rule, such as R1", Severity.ERROR)
        elif not each.reason:
            message = f"{each.rule} is suppressed without a reason, so it is not"
            yield _about(each, message, "add a reason that a reviewer can check", Severity.ERROR)
        elif each.entry not in used:
            message = f"the suppression of {each.rule} matches no finding"
            yield _about(each, message, "remove it", Severity.WARNING)


def _accepted(finding: Finding, suppression: Suppression) -> Finding:
    is_in_file = isinstance(suppression.written_in, Path)
    return replace(
        finding,
        suppressed=suppression.reason,
        suppressed_in="file" if is_in_file else "template",
    )


def _about(suppression: Suppression, message: str, remedy: str, severity: Severity) -> Finding:
    where = suppression.written_in
    template = where if isinstance(where, Path) else where.template
    return Finding(
        rule=RULE,
        title=TITLE,
        severity=severity,
        stack=suppression.stack if isinstance(where, Path) else where.stack,
        resource=suppression.resource if isinstance(where, Path) else where.logical_id,
        construct_path=None if isinstance(where, Path) else where.construct_path,
        template=None if template is None else str(template),
        origin=suppression.resource if isinstance(where, Path) else where.origin,
        message=message,
        consequence=CONSEQUENCE,
        remedy=remedy,
        source=SOURCE,
    )


def _entries(value: Any, where: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise TemplateError(f"{where}: expected a list of {{id: R1, reason: ...}}")
    return value


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _literally(name: str) -> str:
    """Escape what `fnmatch` would take for a pattern."""
    return "".join(f"[{each}]" if each in "*?[" else each for each in name)
