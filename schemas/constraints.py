"""Thresholds of monitoring: the baseline's, as the deployment and people change them.

The document has Model Monitor's format for constraints, with additions that it would ignore:
`psi_threshold` beside its distribution constraints, `champion_floor`, and `slice_constraints`. What
people change is kept apart from the baseline, as a patch, so that it survives retraining.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

Document = dict[str, Any]

FEATURES = "features"
QUALITY = "binary_classification_constraints"
"""Measure -> `threshold` and `comparison_operator`; beyond it another model is trained."""
FLOOR = "champion_floor"
"""The same; beyond it the last good model comes back."""
SLICES = "slice_constraints"
"""Column -> `disparate_impact` and `accuracy_difference` -> the same."""
MONITORING = "monitoring_config"
OVERRIDES = "monitoringConfigOverrides"
"""Of a feature: changes of `MONITORING` for it alone."""
DISTRIBUTION = "distribution_constraints"
PSI = "psi_threshold"
PERFORM, ENABLED, DISABLED = "perform_comparison", "Enabled", "Disabled"
LESS, GREATER = "LessThanThreshold", "GreaterThanThreshold"


class ConstraintsError(ValueError):
    """A document is not what it should be; the text says where, and what to write instead."""


def bound(threshold: float, operator: str) -> Document:
    """Return a constraint of a measure: `operator` tells what violates it."""
    return {"threshold": threshold, "comparison_operator": operator}


def deployment_patch(*, max_psi: float, min_auc: float, unwatched: Sequence[str]) -> Document:
    """Return what a deployment asks of any model.

    Args:
        max_psi: Population stability index above which a column has drifted.
        min_auc: AUC below which a model must not serve any longer.
        unwatched: Columns that are not compared.
    """
    silent = {OVERRIDES: {DISTRIBUTION: {PERFORM: DISABLED}}}
    return {
        MONITORING: {DISTRIBUTION: {PSI: max_psi}},
        FLOOR: {"auc": bound(min_auc, LESS)},
        FEATURES: dict.fromkeys(unwatched, silent),
    }


def quality_patch(holdout_auc: float, max_auc_loss: float) -> Document:
    """Return what a deployment asks of a model with this AUC on its holdout."""
    return {QUALITY: {"auc": bound(round(holdout_auc - max_auc_loss, 6), LESS)}}


def effective(
    baseline: Mapping[str, Any], deployment: Mapping[str, Any], people: Mapping[str, Any]
) -> Document:
    """Return the constraints in force: the baseline's, then the deployment's, then people's.

    Args:
        baseline: `constraints.json` of the model.
        deployment: A patch; see `patched`.
        people: Another one.

    Raises:
        ConstraintsError: a patch does not fit.
    """
    return patched(patched(baseline, deployment), people)


def patched(document: Mapping[str, Any], patch: Mapping[str, Any]) -> Document:
    """Return a document with a patch: objects are merged, null removes, the rest replaces.

    As RFC 7396 has it, except that `features`, a list in the document, is an object by name in the
    patch.

    Raises:
        ConstraintsError: the patch names a feature that there is not, or is no object.
    """
    result = copy.deepcopy(dict(document))
    for name, change in patch.items():
        if name == FEATURES:
            result[FEATURES] = _patched_features(result.get(FEATURES, []), change)
        elif change is None:
            result.pop(name, None)
        elif isinstance(change, Mapping):
            below = result.get(name)
            result[name] = _merged(below if isinstance(below, dict) else {}, change)
        else:
            result[name] = copy.deepcopy(change)
    return result


def patch_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Document:
    """Return the patch that makes `after` of `before`; empty when they are equal.

    Raises:
        ConstraintsError: a feature was added or taken away, which no threshold can do.
    """
    patch = _difference(_without_features(before), _without_features(after))
    old, new = (_by_name(each.get(FEATURES, [])) for each in (before, after))
    if old.keys() != new.keys():
        odd = ", ".join(sorted(old.keys() ^ new.keys()))
        raise ConstraintsError(
            f"features are those of the request contract; leave {odd} as it was, and disable its "
            f"comparison under {OVERRIDES} instead"
        )
    features = {name: _difference(old[name], new[name]) for name in old}
    if changed := {name: each for name, each in features.items() if each}:
        patch[FEATURES] = changed
    return patch


def _patched_features(features: list[Document], change: object) -> list[Document]:
    if not isinstance(change, Mapping):
        raise ConstraintsError(f"{FEATURES} of a patch must be an object by name, got {change!r}")
    known = _by_name(features)
    if unknown := sorted(change.keys() - known.keys()):
        raise ConstraintsError(
            f"there is no feature {', '.join(unknown)}; there are {', '.join(known)}"
        )
    return [_merged(each, change.get(name, {})) for name, each in known.items()]


def _by_name(features: list[Document]) -> dict[str, Document]:
    try:
        return {each["name"]: each for each in features}
    except (KeyError, TypeError) as error:
        raise ConstraintsError(f"{FEATURES} must be a list of objects with a name") from error


def _merged(document: Document, patch: object) -> Document:
    if not isinstance(patch, Mapping):
        raise ConstraintsError(f"expected an object, got {patch!r}")
    return patched(document, patch)


def _without_features(document: Mapping[str, Any]) -> Document:
    return {name: value for name, value in document.items() if name != FEATURES}


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Document:
    patch: Document = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            if below := _difference(old, value):
                patch[name] = below
        elif old != value:
            patch[name] = copy.deepcopy(value)
    return patch
