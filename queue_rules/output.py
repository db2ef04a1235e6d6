"""Findings as text for people and as JSON for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from textwrap import fill
from typing import Any

from queue_rules.application import Application
from queue_rules.findings import Finding, Severity

FORMAT_VERSION = 1
"""Of the JSON output; raised when a reader of the former one would break."""

WIDTH = 100
INDENT = " " * 10
LABELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.CANNOT_CHECK: "unknown",
}


def as_text(application: Application, findings: Sequence[Finding]) -> str:
    """Return the findings by stack and resource, and a summary."""
    lines: list[str] = []
    ordered = _worst_first(findings)
    for (stack, template), group in groupby(ordered, lambda each: (each.stack, each.template)):
        lines.append(f"{stack} ({template})" if template else stack)
        lines += _stack(list(group))
    lines.append(_summary(application, findings))
    return "\n".join(lines)


def _worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Order by stack, then by the worst finding of each resource."""
    order = list(Severity)
    worst: dict[tuple[str, str], int] = {}
    for each in findings:
        standing = order.index(each.severity) if each.suppressed is None else len(order)
        key = (each.stack, each.resource)
        worst[key] = min(worst.get(key, standing), standing)
    return sorted(
        findings,
        key=lambda each: (
            each.stack,
            each.template or "",
            worst[each.stack, each.resource],
            each.resource,
        ),
    )


def _stack(findings: Sequence[Finding]) -> Iterator[str]:
    for resource, group in groupby(findings, lambda each: each.resource):
        of_resource = list(group)
        path = of_resource[0].construct_path
        yield f"  {resource}{f' ({path})' if path else ''}"
        for finding in of_resource:
            if finding.severity is not Severity.CANNOT_CHECK:
                yield from _finding(finding)
        yield from _unchecked(of_resource)
    yield ""


def _finding(finding: Finding) -> Iterator[str]:
    label = "accepted" if finding.suppressed is not None else LABELS[finding.severity]
    yield f"    {label:8} {finding.rule}: {finding.title}"
    yield _wrapped("", finding.message)
    if finding.suppressed is not None:
        yield _wrapped("because: ", finding.suppressed)
        return
    yield _wrapped("so:  ", finding.consequence)
    yield _wrapped("do:  ", finding.remedy)
    yield f"{INDENT}see: {finding.source}"


def _unchecked(findings: Sequence[Finding]) -> Iterator[str]:
    """Say once what keeps several rules from being checked."""
    rules: dict[tuple[str, str, str | None], list[str]] = {}
    for finding in findings:
        if finding.severity is Severity.CANNOT_CHECK:
            told = (finding.message, finding.remedy, finding.suppressed)
            rules.setdefault(told, []).append(finding.rule)
    for (message, remedy, suppressed), ids in rules.items():
        yield f"    {LABELS[Severity.CANNOT_CHECK]:8} {', '.join(ids)}"
        yield _wrapped("", message)
        yield _wrapped("because: ", suppressed) if suppressed else _wrapped("do:  ", remedy)


def _wrapped(label: str, text: str) -> str:
    hanging = INDENT + " " * len(label)
    return fill(
        text,
        WIDTH,
        initial_indent=INDENT + label,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def summary(findings: Sequence[Finding]) -> dict[str, int]:
    """Return how many findings of each severity stand, and how many are suppressed."""
    standing = [each.severity for each in findings if each.suppressed is None]
    return {
        "errors": standing.count(Severity.ERROR),
        "warnings": standing.count(Severity.WARNING),
        "cannot_check": standing.count(Severity.CANNOT_CHECK),
        "suppressed": len(findings) - len(standing),
    }


def _summary(application: Application, findings: Sequence[Finding]) -> str:
    counts = summary(findings)
    read = (
        f"{len(application.mappings)} mapping(s) from queues to functions, "
        f"{len(application.queues)} queue(s)"
    )
    if not application.mappings:
        read += "; no queue feeds a function here"
    return (
        f"{counts['errors']} error(s), {counts['warnings']} warning(s), "
        f"{counts['cannot_check']} cannot be checked, {counts['suppressed']} suppressed in {read}"
    )


def as_json(application: Application, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the findings as a JSON document; docs/queue-rules.md describes it."""
    return {
        "version": FORMAT_VERSION,
        "mappings": [
            {"stack": each.resource.stack, "resource": each.resource.logical_id}
            for each in application.mappings
        ],
        "findings": [asdict(each) for each in findings],
        "summary": summary(findings),
    }
