"""Every check of a monitoring run. A fork adds a function, and its name in `RULES`.

    def far_flights(context: Context) -> Iterator[Violation]:
        distance = context.columns["distance"]
        if isinstance(distance, Numbers) and distance.present and distance.ordered[-1] > 5000:
            yield context.violation("distance", "a flight is longer than 5,000 miles")

    RULES = {..., "far_flights": far_flights}

Model Monitor's own checks have its names.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-violations.html
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from ml.monitor import intervals
from ml.monitor.reading import SCORE
from ml.monitor.slices import Slice
from ml.monitor.thresholds import Thresholds, in_words, is_beyond
from ml.monitor.values import Names, Numbers, Values
from schemas.constraints import FLOOR, QUALITY, SLICES
from schemas.findings import Concern, Drift, Measure, Violation


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What a rule may judge by.

    Attributes:
        rule: The rule's name.
        thresholds: The constraints in force.
        predictions: All rows of the window: time, model, score and what was asked.
        columns: Column to its values; `score` to those of the champion, unusable ones missing.
        types: Column to the type that Model Monitor would infer.
        drift: Column to its drift; `score` to that of the champion's scores.
        quality: Measure of the champion to its value; empty with too few labels.
        slices: Column to value to the champion on those rows; likewise.
    """

    rule: str = ""
    thresholds: Thresholds
    predictions: pa.Table
    columns: Mapping[str, Values]
    types: Mapping[str, str]
    drift: Mapping[str, Drift] = field(default_factory=dict)
    quality: Mapping[str, Measure] = field(default_factory=dict)
    slices: Mapping[str, Mapping[str, Slice]] = field(default_factory=dict)

    def violation(
        self, feature: str, description: str, *, concern: Concern = Concern.DRIFT, check: str = ""
    ) -> Violation:
        """Return a violation of this rule.

        Args:
            feature: Column, metric, or `column=value` of a slice.
            description: What was found and what was expected, for people.
            concern: What is to be done about it.
            check: Its type where that is not the rule's name.
        """
        return Violation(
            feature_name=feature,
            constraint_check_type=check or self.rule,
            description=description,
            concern=concern,
        )


Rule = Callable[[Context], Iterator[Violation]]


def violations(context: Context) -> tuple[Violation, ...]:
    """Return what any of `RULES` finds, in their order."""
    return tuple(
        violation for name, rule in RULES.items() for violation in rule(replace(context, rule=name))
    )


def _completeness(context: Context) -> Iterator[Violation]:
    """Fewer values are there than must be, by more than chance.

    A score is always there; of a column that must be complete, one missing value is too many.
    """
    least = {SCORE: 1.0} | {
        name: feature["completeness"]
        for name, feature in context.thresholds.features.items()
        if "completeness" in feature
    }
    for name, values in _evaluated(context):
        rows = values.present + values.missing
        if not rows or name not in least:
            continue
        _, high = intervals.of_share(values.present, rows)
        if high < least[name]:
            yield context.violation(
                name,
                f"{values.present / rows:.2%} of {rows:,} values are there, less than "
                f"{least[name]:.2%}",
            )


def _data_type(context: Context) -> Iterator[Violation]:
    """Too few values have the baseline's type; infinities have none."""
    for name, values in _evaluated(context):
        expected = context.thresholds.features.get(name, {}).get("inferred_type")
        if expected is None or not values.present:
            continue
        share = _share_of_type(values, expected, context.types[name])
        least = context.thresholds.settings(name).get("datatype_check_threshold", 1.0)
        if share < least:
            yield context.violation(
                name, f"{share:.2%} of the values are {expected}, less than {least:.2%}"
            )


def _share_of_type(values: Values, expected: str, found: str) -> float:
    if isinstance(values, Numbers):
        if expected == "String":
            return 0.0
        is_right = np.isfinite(values.ordered)
        if expected == "Integral" and found != expected:
            is_right &= np.floor(values.ordered) == values.ordered
        return float(is_right.mean())
    return float(expected == "String")


def _non_negative(context: Context) -> Iterator[Violation]:
    """A column that was never negative is."""
    for name, values in _evaluated(context):
        constraints = context.thresholds.features.get(name, {}).get("num_constraints", {})
        if not isinstance(values, Numbers) or not constraints.get("is_non_negative", False):
            continue
        if negative := int(np.searchsorted(values.ordered, 0.0)):
            yield context.violation(
                name, f"{negative:,} values are negative, the least {values.ordered[0]:g}"
            )


def _categorical_values(context: Context) -> Iterator[Violation]:
    """Too few values are among those of the baseline."""
    for name, values in _evaluated(context):
        feature = context.thresholds.features.get(name, {})
        domain = feature.get("string_constraints", {}).get("domains")
        if domain is None or not isinstance(values, Names) or not values.present:
            continue
        new = {value: count for value, count in values.counts.items() if value not in set(domain)}
        share = 1 - sum(new.values()) / values.present
        least = context.thresholds.settings(name).get("domain_content_threshold", 1.0)
        if share < least:
            shown = ", ".join(list(new)[:5])
            yield context.violation(
                name,
                f"{share:.2%} of the values are known, less than {least:.2%}; new ones: {shown}",
            )


def _baseline_drift(context: Context) -> Iterator[Violation]:
    """A column, or the scores, have moved further than their threshold."""
    for name, drift in context.drift.items():
        if drift.is_drifted:
            yield context.violation(
                name,
                f"the population stability index {drift.psi:.3f} exceeds {drift.threshold:.3g} "
                f"(distance {drift.distance:.3f}, missing {drift.missing:.1%})",
            )


def _model_quality(context: Context) -> Iterator[Violation]:
    """The model is worse than its baseline allows; the type is Model Monitor's: the operator."""
    for name, bound in context.thresholds.document.get(QUALITY, {}).items():
        if name in context.quality and is_beyond(context.quality[name], bound):
            yield context.violation(
                name,
                in_words(context.quality[name], bound),
                concern=Concern.QUALITY,
                check=bound["comparison_operator"],
            )


def _champion_floor(context: Context) -> Iterator[Violation]:
    """The model is worse than the least that may serve."""
    for name, bound in context.thresholds.document.get(FLOOR, {}).items():
        if name in context.quality and is_beyond(context.quality[name], bound):
            yield context.violation(
                name, in_words(context.quality[name], bound), concern=Concern.FLOOR
            )


def _bias_drift(context: Context) -> Iterator[Violation]:
    """The model treats the rows of a slice too differently from all others."""
    for column, bounds in context.thresholds.document.get(SLICES, {}).items():
        for value, found in context.slices.get(column, {}).items():
            for name, bound in bounds.items():
                if name in found.measures and is_beyond(found.measures[name], bound):
                    words = in_words(found.measures[name], bound)
                    yield context.violation(f"{column}={value}", f"{name} {words}")


def _evaluated(context: Context) -> Iterator[tuple[str, Values]]:
    return (
        (name, values)
        for name, values in context.columns.items()
        if context.thresholds.is_evaluated(name)
    )


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "completeness_check": _completeness,
        "data_type_check": _data_type,
        "non_negative_check": _non_negative,
        "categorical_values_check": _categorical_values,
        "baseline_drift_check": _baseline_drift,
        "model_quality_check": _model_quality,
        "champion_floor": _champion_floor,
        "bias_drift_check": _bias_drift,
    }
)
"""Name of each check to its function; the name is the type of its violations."""
