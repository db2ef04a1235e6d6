"""The step: compares a window of predictions with the baseline of the model that serves.

Writes `statistics.json` and `constraint_violations.json` in Model Monitor's formats,
`monitoring.json` (`schemas.findings.Summary`), and a page for people.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml import measures, profile
from ml.features import SLICES
from ml.model import Predictions
from ml.monitor import drift, quality, report, rules, slices, values
from ml.monitor.distributions import Sketch, sketch
from ml.monitor.quality import Judged
from ml.monitor.reading import MODEL, SCORE, Baseline, match, read_labels, read_predictions
from ml.monitor.thresholds import Thresholds
from ml.monitor.values import Values
from schemas.catalog import MODEL_INPUT
from schemas.findings import Drift, Summary
from schemas.monitoring import REPORT_FILE, STATISTICS_FILE, SUMMARY_FILE, VIOLATIONS_FILE

_LEAST_LABELS = 2  # of fewer, no spread is known


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """Everything that a run found.

    Attributes:
        summary: What the platform acts on.
        statistics: Of everything that was asked, in Model Monitor's format.
        scores: Of the champion, usable ones.
        judged: Its last predictions of what has a known outcome; None with too few.
    """

    summary: Summary
    statistics: Mapping[str, Any]
    scores: values.Numbers
    judged: Judged | None


def run(folder: Path, baseline: Path, output: Path) -> None:
    """Watch a window of predictions.

    Args:
        folder: `predictions/dt=.../*.parquet` and `curated/<main dataset>/.../*.parquet`.
        baseline: `request.json`, `statistics.json`, `constraints.json`, and where there are any,
            `score-statistics.json` and `evaluation.json`; see `schemas.monitoring`.
        output: Where to write; made.

    Raises:
        UserError: an input is missing or unusable.
    """
    norm = Baseline.read(baseline)
    found = watch(norm, read_predictions(folder, norm.request), read_labels(folder))
    output.mkdir(parents=True, exist_ok=True)
    violations = {"violations": [asdict(each) for each in found.summary.violations]}
    for name, document in ((STATISTICS_FILE, found.statistics), (VIOLATIONS_FILE, violations)):
        output.joinpath(name).write_text(json.dumps(document, indent=1, allow_nan=False))
    output.joinpath(SUMMARY_FILE).write_text(found.summary.to_text())
    bins = measures.calibration(found.judged.labels, found.judged.scores) if found.judged else ()
    page = report.page(found.summary, norm, Sketch.read(sketch(found.scores.ordered)), bins)
    page.write(output / REPORT_FILE)
    print(f"{found.summary.predictions:,} predictions: {page.verdict}")  # noqa: T201


def watch(baseline: Baseline, predictions: pa.Table, labels: pa.Table) -> Findings:
    """Compare a window with the baseline.

    Args:
        baseline: What is normal.
        predictions: See `ml.monitor.reading.read_predictions`.
        labels: See `ml.monitor.reading.read_labels`.
    """
    thresholds = Thresholds(document=baseline.constraints)
    champions = predictions.filter(pc.equal(predictions[MODEL], baseline.request.model_package_arn))
    scores = _usable(champions[SCORE].to_numpy())
    columns: dict[str, Values] = {
        column.name: values.of_column(column, predictions[column.name])
        for column in MODEL_INPUT.columns
    }
    drifts = _drifts(baseline, thresholds, columns)
    prediction_drift = _score_drift(baseline, thresholds, scores)
    judged = _judged(champions, scores, labels)
    is_judged = len(judged) >= max(baseline.request.min_labels, _LEAST_LABELS)
    measured = quality.judge(judged, baseline.evaluation) if is_judged else {}
    sliced = slices.judge(judged, _yes_threshold(baseline, judged)) if is_judged else {}
    violations = rules.violations(
        rules.Context(
            thresholds=thresholds,
            predictions=predictions,
            columns=columns | {SCORE: values.numbers(scores)},
            types={each.name: profile.inferred_type(each) for each in MODEL_INPUT.columns},
            drift=drifts | ({SCORE: prediction_drift} if prediction_drift else {}),
            quality=measured,
            slices=sliced,
        )
    )
    summary = Summary(
        model_package_arn=baseline.request.model_package_arn,
        since=baseline.request.since,
        until=baseline.request.until,
        predictions=len(predictions),
        judged=len(champions),
        labelled=len(judged),
        min_labels=baseline.request.min_labels,
        drift=drifts,
        prediction_drift=prediction_drift,
        quality=measured,
        slices={
            column: {value: each.quality for value, each in found.items()}
            for column, found in sliced.items()
        },
        violations=violations,
    )
    return Findings(
        summary=summary,
        statistics=profile.document(len(predictions), columns),
        scores=values.numbers(scores),
        judged=judged if is_judged else None,
    )


def _usable(scores: Predictions) -> Predictions:
    """Return scores, NaN where one is no probability."""
    is_usable = (scores >= 0) & (scores <= 1)
    return np.where(is_usable, scores, np.nan)


def _drifts(
    baseline: Baseline, thresholds: Thresholds, columns: Mapping[str, Values]
) -> dict[str, Drift]:
    return {
        name: found
        for name, each in columns.items()
        if name in baseline.statistics
        if (found := drift.drift_of(baseline.statistics[name], each, thresholds.max_psi(name)))
    }


def _score_drift(baseline: Baseline, thresholds: Thresholds, scores: Predictions) -> Drift | None:
    if baseline.scores is None:
        return None
    return drift.drift_of(baseline.scores, values.numbers(scores), thresholds.max_psi(SCORE))


def _judged(champions: pa.Table, scores: Predictions, labels: pa.Table) -> Judged:
    """Return the champion's last usable answer about whatever has a known outcome.

    Whoever asks again gets nearly the same answer, and there is still one outcome. Were each
    repetition counted, intervals would be narrower than what is known.
    """
    is_usable = ~np.isnan(scores)
    usable = champions.filter(pa.array(is_usable))
    positions, answers = match(usable, labels)
    known = usable.select(SLICES).take(pa.array(positions))
    return Judged(
        labels=answers,
        scores=scores[is_usable][positions],
        slices={name: known[name].to_numpy() for name in SLICES},
    )


def _yes_threshold(baseline: Baseline, judged: Judged) -> float:
    """Return the least score that is a yes; see `ml.monitor.slices`.

    What the baseline does not tell, the predictions themselves stand for.
    """
    evaluation, scores = baseline.evaluation, baseline.holdout_scores
    share = evaluation.overall.positive_share if evaluation else float(judged.labels.mean())
    if scores is None:
        return float(np.quantile(judged.scores, 1 - share, method="inverted_cdf"))
    return scores.quantile(1 - share)
