"""What parameters without a default may be, so that both branches of a condition are checked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from queue_rules.findings import Finding
from queue_rules.sources import Document

MAX_COMBINATIONS = 64
"""Beyond, what depends on such parameters cannot be checked."""

ANOTHER = "(something else)"
"""Stands for every value that no condition compares with."""


def combinations(documents: Iterable[Document], given: Mapping[str, str]) -> list[dict[str, str]]:
    """Return every combination of what the open parameters that matter may be.

    A parameter matters when a condition compares it, or when its template lists its values.

    Args:
        documents: Templates; nested ones get their parameters from their parents.
        given: Parameters whose value is decided.
    """
    choices: dict[str, list[str]] = {}
    for document in documents:
        for name, values in _open_parameters(document.body):
            if name not in given:
                known = choices.setdefault(name, [])
                known += [value for value in values if value not in known]
    total = 1
    for values in choices.values():
        total *= len(values)
    if total > MAX_COMBINATIONS:
        return [{}]
    return [dict(zip(choices, each, strict=True)) for each in product(*choices.values())]


def _open_parameters(body: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    parameters = body.get("Parameters")
    compared = _compared(body.get("Conditions"))
    for name, definition in parameters.items() if isinstance(parameters, Mapping) else []:
        if not isinstance(definition, Mapping) or "Default" in definition:
            continue
        allowed = definition.get("AllowedValues")
        if isinstance(allowed, list) and allowed:
            yield str(name), [str(each) for each in allowed]
        elif name in compared:
            yield str(name), [*compared[name], ANOTHER]


def _compared(conditions: Any) -> dict[str, list[str]]:
    """Return the values that conditions compare each parameter with."""
    found: dict[str, list[str]] = {}
    for value in _equalities(conditions):
        match value:
            case [{"Ref": str(name)}, literal] | [literal, {"Ref": str(name)}]:
                if isinstance(literal, str | int | float):
                    known = found.setdefault(name, [])
                    known += [text for text in [str(literal)] if text not in known]
    return found


def _equalities(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        if "Fn::Equals" in value:
            yield value["Fn::Equals"]
        for each in value.values():
            yield from _equalities(each)
    elif isinstance(value, list):
        for each in value:
            yield from _equalities(each)


def merged(cases: Sequence[tuple[Mapping[str, str], Sequence[Finding]]]) -> list[Finding]:
    """Return the findings of every case once; what is not found in all of them says where.

    Args:
        cases: What was assumed, and what was found then.
    """
    found: dict[Finding, list[Mapping[str, str]]] = {}
    for assumed, findings in cases:
        for finding in findings:
            found.setdefault(finding, []).append(assumed)
    return [
        finding
        if len(where) == len(cases)
        else replace(finding, message=f"{finding.message} (where {_shortest(where)})")
        for finding, where in found.items()
    ]


def _shortest(cases: Sequence[Mapping[str, str]]) -> str:
    """Name what the cases have in common, or else the first of them."""
    common = set(cases[0].items()).intersection(*(case.items() for case in cases))
    told = {name: value for name, value in cases[0].items() if (name, value) in common}
    return " and ".join(f"{name} is {value}" for name, value in (told or cases[0]).items())
