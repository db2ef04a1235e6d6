"""Thresholds of monitoring as tables for people."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType

from ops.output import table
from ops.thresholds import RESET, Change, Overrides, Thresholds
from schemas.constraints import (
    DISABLED,
    DISTRIBUTION,
    FEATURES,
    FLOOR,
    LESS,
    MONITORING,
    OVERRIDES,
    PERFORM,
    PSI,
    QUALITY,
    SLICES,
    Document,
    patched,
)

_MARK = "*"
_CONSEQUENCES = {
    QUALITY: "another model is trained",
    FLOOR: "the last good model comes back",
    SLICES: "people are warned",
}


def thresholds(result: Thresholds) -> Iterator[RenderableType]:
    """Show thresholds of columns and of quality, and what people have changed."""
    constraints = result.constraints
    changed = {change.where for change in result.changes}
    yield f"Thresholds of model {result.model.version}"
    yield table(
        "Columns: people are warned",
        ("column", "type", "PSI above", "present", "values", ""),
        (
            (
                each["name"],
                each.get("inferred_type", ""),
                _psi(constraints, each),
                each.get("completeness"),
                _domain(each),
                _mark(changed, FEATURES, each["name"]),
            )
            for each in constraints.get(FEATURES, [])
        ),
    )
    yield table(
        "Quality: counts when it is surer than chance",
        ("of", "measure", "when it is", "then", ""),
        _bounds(constraints, changed),
    )
    if not result.changes:
        yield "People have changed nothing: python -m ops monitor baseline edit"
        return
    yield table(
        f"{_MARK} Changed by people",
        ("what", "model and deployment", "in force"),
        ((each.where, _value(each.before), _value(each.after)) for each in result.changes),
        caption=f"Undo it: {RESET}",
    )


def _psi(constraints: Document, feature: Mapping[str, Any]) -> object:
    settings = patched(constraints.get(MONITORING, {}), feature.get(OVERRIDES, {}))
    distribution = settings.get(DISTRIBUTION, {})
    if DISABLED in {settings.get("evaluate_constraints"), distribution.get(PERFORM)}:
        return "not compared"
    return distribution.get(PSI, "not compared")


def _domain(feature: Mapping[str, Any]) -> str:
    if domains := feature.get("string_constraints", {}).get("domains"):
        return f"one of {len(domains):,}"
    is_bounded = feature.get("num_constraints", {}).get("is_non_negative")
    return "0 or more" if is_bounded else ""


def _bounds(constraints: Document, changed: set[str]) -> Iterator[tuple[str, str, str, str, str]]:
    for kind in (QUALITY, FLOOR):
        for measure, limit in constraints.get(kind, {}).items():
            mark = _mark(changed, kind, measure)
            yield "the model", measure, _limit(limit), _CONSEQUENCES[kind], mark
    for column, measures in constraints.get(SLICES, {}).items():
        for measure, limit in measures.items():
            mark = _mark(changed, SLICES, column, measure)
            yield f"each {column}", measure, _limit(limit), _CONSEQUENCES[SLICES], mark


def _limit(limit: Mapping[str, Any]) -> str:
    word = "below" if limit["comparison_operator"] == LESS else "above"
    return f"{word} {limit['threshold']:g}"


def _mark(changed: set[str], *path: str) -> str:
    above = ".".join(path)
    is_changed = any(f"{where}.".startswith(f"{above}.") for where in changed)
    return _MARK if is_changed else " "


def _value(value: object) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def changes(found: Sequence[Change]) -> RenderableType:
    """Show what is about to change."""
    return table(
        "What changes",
        ("what", "now", "from now on"),
        ((each.where, _value(each.before), _value(each.after)) for each in found),
    )


def edited(found: Sequence[Change]) -> str:
    """Show what an edit has come to."""
    if not found:
        return "Nothing was changed."
    return f"{len(found):,} thresholds are stored; they hold from the next run on, for every model."


def reset(people: Overrides) -> str:
    """Show what was undone."""
    if people.is_empty:
        return "People have changed nothing, so there is nothing to undo."
    return "Undone: from the next run on, model and deployment alone decide."
