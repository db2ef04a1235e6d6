import json
import math
from typing import Any

import pytest

from schemas.findings import (
    VIOLATION_METRICS,
    Concern,
    Drift,
    Measure,
    MonitoringMetric,
    SliceQuality,
    Summary,
    Violation,
)

DRIFT = Drift(psi=0.3, distance=0.1, missing=0.02, baseline_missing=0.01, threshold=0.2)
MEASURE = Measure(value=0.65, low=0.64, high=0.66, baseline=0.7)
SLICE = SliceQuality(
    rows=10,
    auc=None,
    accuracy=0.8,
    positive_share=0.1,
    accuracy_difference=-0.05,
    disparate_impact=None,
)


def violation(concern: Concern) -> Violation:
    return Violation(
        feature_name="distance",
        constraint_check_type="baseline_drift_check",
        description="distance has moved",
        concern=concern,
    )


def summary(*concerns: Concern, **values: Any) -> Summary:
    told: dict[str, Any] = {
        "model_package_arn": "arn",
        "since": "2013-01",
        "until": "2013-02",
        "predictions": 30,
        "judged": 20,
        "labelled": 10,
        "min_labels": 5,
        "drift": {"distance": DRIFT, "year": Drift(**_values(DRIFT) | {"threshold": None})},
        "prediction_drift": DRIFT,
        "quality": {"auc": MEASURE, "brier": Measure(value=0.2, low=0.1, high=0.3)},
        "slices": {"carrier": {"UA": SLICE, "": SLICE}},
        "violations": tuple(map(violation, concerns)),
    }
    return Summary(**told | values)


def _values(drift: Drift) -> dict[str, Any]:
    return {name: getattr(drift, name) for name in Drift.__dataclass_fields__}


@pytest.mark.parametrize(
    "found",
    [
        summary(*Concern),
        summary(),
        summary(drift={}, prediction_drift=None, quality={}, slices={}),
    ],
)
def test_text_is_read_as_it_was_written(found: Summary) -> None:
    assert Summary.from_text(found.to_text()) == found
    assert Summary.from_text(found.to_text()).to_text() == found.to_text()


def test_what_another_release_added_is_ignored() -> None:
    document = json.loads(summary(*Concern).to_text())
    for below in (
        document,
        document["drift"]["distance"],
        document["prediction_drift"],
        document["quality"]["auc"],
        document["slices"]["carrier"]["UA"],
        document["violations"][0],
    ):
        below["later"] = 1

    assert Summary.from_text(json.dumps(document)) == summary(*Concern)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_number_that_json_cannot_say_is_refused(number: float) -> None:
    quality = {"auc": Measure(value=number, low=0, high=1)}

    with pytest.raises(ValueError, match="JSON"):
        summary(quality=quality).to_text()


@pytest.mark.parametrize(
    ("psi", "threshold", "is_drifted"),
    [(0.3, 0.2, True), (0.2, 0.2, False), (0.1, 0.2, False), (9.0, None, False), (0.1, 0.0, True)],
)
def test_a_column_has_drifted_above_its_threshold(
    psi: float, threshold: float | None, *, is_drifted: bool
) -> None:
    values = _values(DRIFT) | {"psi": psi, "threshold": threshold}

    assert Drift(**values).is_drifted is is_drifted


def test_violations_are_found_by_their_concern() -> None:
    found = summary(Concern.DRIFT, Concern.QUALITY, Concern.DRIFT)

    assert [len(found.of(each)) for each in Concern] == [2, 1, 0]


def test_every_concern_has_a_metric_of_its_own() -> None:
    assert VIOLATION_METRICS.keys() == set(Concern)
    assert len(set(VIOLATION_METRICS.values())) == len(Concern)


def test_every_metric_is_published_where_quality_is_known() -> None:
    quality = dict.fromkeys(("auc", "log_loss", "brier", "calibration_error"), MEASURE)

    metrics = summary(Concern.DRIFT, Concern.DRIFT, Concern.FLOOR, quality=quality).metrics()

    assert metrics.keys() == set(MonitoringMetric)
    assert [metrics[VIOLATION_METRICS[each]] for each in Concern] == [2, 0, 1]
    assert metrics[MonitoringMetric.AUC] == 0.65
    assert metrics[MonitoringMetric.PREDICTIONS] == 30
    assert metrics[MonitoringMetric.LABELLED] == 10


def test_quality_that_is_not_known_is_not_published_as_good() -> None:
    found = summary(quality={})

    assert not found.has_quality
    assert found.metrics() == {
        MonitoringMetric.DRIFT_VIOLATIONS: 0,
        MonitoringMetric.PREDICTIONS: 30,
        MonitoringMetric.LABELLED: 10,
    }


def test_a_measure_of_a_forks_own_is_kept_and_not_published() -> None:
    found = summary(quality={"auc": MEASURE, "recall": MEASURE})

    assert Summary.from_text(found.to_text()).quality["recall"] == MEASURE
    assert found.metrics()[MonitoringMetric.AUC] == 0.65
