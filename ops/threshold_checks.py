"""Whether thresholds that people have edited make sense.

Only what they changed is judged: a baseline may hold more than is known here. A name that nobody
reads would look like a threshold and be none, so it is refused.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.constraints import (
    DISABLED,
    DISTRIBUTION,
    ENABLED,
    FEATURES,
    FLOOR,
    GREATER,
    LESS,
    MONITORING,
    OVERRIDES,
    PERFORM,
    PSI,
    QUALITY,
    SLICES,
)

MEASURES = ("auc", "log_loss", "brier", "calibration_error")
SLICE_MEASURES = ("disparate_impact", "accuracy_difference")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Value:
    """A value: what is expected of it, in words and as a function."""

    expected: str
    fits: Callable[[Any], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Object:
    """An object: what its members may be, and whether one may be taken away."""

    members: Mapping[str, "_Object | _Value"]
    may_lose: bool = False


def _one_of(*words: str) -> _Value:
    return _Value(expected=f"one of {', '.join(words)}", fits=lambda value: value in words)


def _is_number(value: object) -> bool:
    # True is an int, too.
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_bound(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"threshold", "comparison_operator"}
        and _is_number(value["threshold"])
        and value["comparison_operator"] in {LESS, GREATER}
    )


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


_SWITCH = _one_of(ENABLED, DISABLED)
_SHARE = _Value(
    expected="a number from 0 to 1", fits=lambda value: _is_number(value) and 0 <= value <= 1
)
_POSITIVE = _Value(expected="a number above 0", fits=lambda value: _is_number(value) and value > 0)
_BOUND = _Value(
    expected=f"an object with threshold, a number, and comparison_operator, {LESS} or {GREATER}",
    fits=_is_bound,
)
# As Model Monitor has them; `psi_threshold` is ours.
# https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
_DISTRIBUTION: Mapping[str, _Value] = {
    PERFORM: _SWITCH,
    PSI: _POSITIVE,
    "comparison_threshold": _SHARE,
    "comparison_method": _one_of("Robust", "Simple"),
    "categorical_comparison_threshold": _SHARE,
    "categorical_drift_method": _one_of("LInfinity", "ChiSquared"),
}


def _settings(*, may_lose: bool) -> _Object:
    return _Object(
        members={
            "evaluate_constraints": _SWITCH,
            "emit_metrics": _SWITCH,
            "datatype_check_threshold": _SHARE,
            "domain_content_threshold": _SHARE,
            DISTRIBUTION: _Object(members=_DISTRIBUTION, may_lose=may_lose),
        },
        may_lose=may_lose,
    )


_FEATURE = _Object(
    members={
        "completeness": _SHARE,
        "num_constraints": _Object(
            members={
                "is_non_negative": _Value(
                    expected="true or false", fits=lambda value: isinstance(value, bool)
                )
            },
            may_lose=True,
        ),
        "string_constraints": _Object(
            members={"domains": _Value(expected="a list of texts", fits=_are_texts)}, may_lose=True
        ),
        OVERRIDES: _settings(may_lose=True),
    },
    may_lose=True,
)
_MEASURES = _Object(members=dict.fromkeys(MEASURES, _BOUND), may_lose=True)
_SLICE = _Object(members=dict.fromkeys(SLICE_MEASURES, _BOUND), may_lose=True)


def problems(patch: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with what a patch changes, one text each; empty when all is well.

    Args:
        patch: What was changed; see `schemas.constraints.patch_between`.
        document: The whole document, changed.
    """
    named = {each["name"]: each for each in document.get(FEATURES, [])}
    known = _Object(
        members={
            FEATURES: _Object(members=dict.fromkeys(named, _FEATURE)),
            MONITORING: _settings(may_lose=False),
            QUALITY: _MEASURES,
            FLOOR: _MEASURES,
            SLICES: _Object(members=dict.fromkeys(named, _SLICE), may_lose=True),
        }
    )
    return list(_problems(patch, {**document, FEATURES: named}, known, ""))


def _problems(
    patch: Mapping[str, Any], document: Mapping[str, Any], known: _Object, above: str
) -> Iterator[str]:
    for name, change in patch.items():
        where, below = f"{above}{name}", known.members.get(name)
        if below is None:
            yield f"{where} is no threshold: there are {', '.join(sorted(known.members))}"
        elif name not in document:
            if not known.may_lose:
                yield f"{where} must stay"
        elif isinstance(below, _Value):
            if not below.fits(document[name]):
                yield f"{where} must be {below.expected}, got {document[name]!r}"
        elif not isinstance(document[name], Mapping):
            yield f"{where} must be an object, got {document[name]!r}"
        else:
            # What became an object, or is a new one, is judged whole.
            whole = change if isinstance(change, Mapping) else document[name]
            yield from _problems(whole, document[name], below, f"{where}.")
