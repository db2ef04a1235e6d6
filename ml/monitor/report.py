"""What a monitoring run found, as a page for people."""

from collections.abc import Mapping, Sequence

import numpy as np

from ml.monitor.distributions import Sketch
from ml.monitor.quality import LEAST_OF_EACH_LABEL
from ml.monitor.reading import SCORE, Baseline
from reporting import Figure, Page, Section, Table, Tile, charts
from schemas.evaluations import CalibrationBin
from schemas.findings import Concern, Drift, SliceQuality, Summary, Violation

_SHARES = np.linspace(0, 1, 101)
_DRAWN_SLICES = 30
_MEASURES = {
    "auc": "AUC",
    "log_loss": "log loss",
    "brier": "Brier score",
    "calibration_error": "calibration error",
}
_NOW, _THEN = "now", "baseline"


def page(
    summary: Summary, baseline: Baseline, scores: Sketch | None, bins: Sequence[CalibrationBin]
) -> Page:
    """Return the page of a run.

    Args:
        summary: What it found.
        baseline: What that was compared with.
        scores: Of the champion; None without any.
        bins: Calibration of the champion; empty with too few labels.
    """
    return Page(
        title="The model that serves",
        verdict=_verdict(summary),
        is_good=not summary.violations,
        tiles=_tiles(summary),
        sections=[
            *_violations_section(summary.violations),
            *_drift_section(summary.drift),
            *_scores_section(summary.prediction_drift, baseline.holdout_scores, scores),
            _quality_section(summary),
            *_calibration_section(baseline, bins),
            *(_slice_section(column, found) for column, found in summary.slices.items()),
            _about_section(summary),
        ],
    )


def _verdict(summary: Summary) -> str:
    """Return what stands out, the most serious first."""
    if found := summary.of(Concern.FLOOR):
        return f"The model is too bad to serve: {_listed(found)}."
    if found := summary.of(Concern.QUALITY):
        return f"The model is worse than its baseline allows: {_listed(found)}."
    if summary.violations:
        return f"Something has moved: {_listed(summary.of(Concern.DRIFT))}."
    if not summary.predictions:
        return "There were no predictions in this time."
    return "Nothing has moved beyond its threshold."


def _listed(violations: Sequence[Violation]) -> str:
    return ", ".join(dict.fromkeys(each.feature_name for each in violations))


def _tiles(summary: Summary) -> list[Tile]:
    tiles = [
        Tile(label="predictions", value=f"{summary.predictions:,}"),
        Tile(label="by this model", value=f"{summary.judged:,}"),
        Tile(label="known outcomes of these", value=f"{summary.labelled:,}"),
        Tile(label="columns drifted", value=str(sum(e.is_drifted for e in summary.drift.values()))),
    ]
    if auc := summary.quality.get("auc"):
        is_bad = any(
            each.feature_name == "auc" and each.concern is not Concern.DRIFT
            for each in summary.violations
        )
        tiles.append(Tile(label="AUC", value=f"{auc.value:.4f}", is_good=not is_bad))
    return tiles


def _violations_section(violations: Sequence[Violation]) -> list[Section]:
    if not violations:
        return []
    rows = [
        [each.concern.value, each.feature_name, each.constraint_check_type, each.description]
        for each in violations
    ]
    header = ["concern", "what", "check", "found"]
    return [Section(title="What does not hold", tables=[Table(header=header, rows=rows)])]


def _drift_section(drift: Mapping[str, Drift]) -> list[Section]:
    ordered = dict(sorted(drift.items(), key=lambda item: -item[1].psi))
    watched = {name: each.psi for name, each in ordered.items() if each.threshold is not None}
    if not drift:
        return []
    caption = "Population stability index against the training data; columns that are compared."
    picture = charts.bars(watched, x_label="PSI", value_format="{:.3f}") if watched else ""
    return [
        Section(
            title="Drift of what is asked",
            text=(
                "The distance is the Kolmogorov-Smirnov statistic of numbers, and the largest "
                "difference of a share of names. With few predictions, a threshold is what chance "
                "alone reaches once in a thousand times."
            ),
            figures=[Figure(svg=picture, caption=caption)] if watched else [],
            tables=[_drift_table(ordered)],
        )
    ]


def _drift_table(drift: Mapping[str, Drift]) -> Table:
    rows = [
        [
            name,
            f"{each.psi:.3f}",
            "none" if each.threshold is None else f"{each.threshold:.3g}",
            f"{each.distance:.3f}",
            f"{each.missing:.1%}",
            f"{each.baseline_missing:.1%}",
            "drifted" if each.is_drifted else "",
        ]
        for name, each in drift.items()
    ]
    header = ["column", "PSI", "threshold", "distance", "missing", "in the baseline", ""]
    return Table(header=header, rows=rows)


def _scores_section(
    drift: Drift | None, holdout: Sketch | None, scores: Sketch | None
) -> list[Section]:
    known = {_THEN: holdout, _NOW: scores}
    lines = {
        name: (_SHARES.tolist(), [each.quantile(share) for share in _SHARES])
        for name, each in known.items()
        if each is not None
    }
    if not lines:
        return []
    picture = charts.curves(lines, x_label="share of the predictions", y_label="score up to")
    caption = "Quantiles of the model's scores: on its holdout, and now."
    return [
        Section(
            title="Drift of what is answered",
            figures=[Figure(svg=picture, caption=caption)],
            tables=[_drift_table({SCORE: drift})] if drift else [],
        )
    ]


def _quality_section(summary: Summary) -> Section:
    if not summary.has_quality:
        return Section(
            title="Quality",
            text=(
                f"Not judged: {summary.labelled:,} outcomes of what this model has predicted are "
                f"known, each counted once, where {summary.min_labels:,} say something."
            ),
        )
    unsaid = (
        f"AUC is not judged: that takes {LEAST_OF_EACH_LABEL} known outcomes that are true, and "
        f"{LEAST_OF_EACH_LABEL} that are false."
    )
    rows = [
        [
            _MEASURES[name],
            f"{each.value:.4f}",
            f"{each.low:.4f}",
            f"{each.high:.4f}",
            "none" if each.baseline is None else f"{each.baseline:.4f}",
        ]
        for name, each in summary.quality.items()
    ]
    header = ["measure", _NOW, "at least (95 %)", "at most (95 %)", "on the holdout"]
    return Section(
        title="Quality",
        text="" if "auc" in summary.quality else unsaid,
        tables=[Table(header=header, rows=rows)],
    )


def _calibration_section(baseline: Baseline, bins: Sequence[CalibrationBin]) -> list[Section]:
    if not bins:
        return []
    known = {_THEN: baseline.evaluation.calibration if baseline.evaluation else (), _NOW: bins}
    lines = {
        name: ([each.mean_score for each in found], [each.positive_share for each in found])
        for name, found in known.items()
        if found
    }
    picture = charts.curves(lines, x_label="mean score", y_label="share of true labels", marker="o")
    caption = "Bins of equally many rows. On the diagonal, a score is the share of true labels."
    return [Section(title="Calibration", figures=[Figure(svg=picture, caption=caption)])]


def _slice_section(column: str, found: Mapping[str, SliceQuality]) -> Section:
    most = sorted(found.items(), key=lambda item: -item[1].rows)[:_DRAWN_SLICES]
    areas = {value: each.auc for value, each in sorted(most) if each.auc is not None}
    caption = f"AUC on the rows with each value of {column}; few rows make it uncertain."
    rows = [
        [
            value,
            f"{each.rows:,}",
            "none" if each.auc is None else f"{each.auc:.4f}",
            f"{each.accuracy:.4f}",
            f"{each.accuracy_difference:+.4f}",
            f"{each.positive_share:.1%}",
            "none" if each.disparate_impact is None else f"{each.disparate_impact:.3f}",
        ]
        for value, each in found.items()
    ]
    header = [column, "rows", "AUC", "accuracy", "accuracy difference (AD)", "answered yes",
              "disparate impact (DI)"]  # fmt: skip
    return Section(
        title=f"By {column}",
        text=(
            "Yes is a score of at least that at which, on the holdout, as many rows are answered "
            "with yes as are true. AD is the accuracy of all other rows less that of these, DI the "
            "share of yes here over that of all others."
        ),
        figures=[Figure(svg=charts.dots({_NOW: areas}, x_label="AUC"), caption=caption)]
        if areas
        else [],
        tables=[Table(header=header, rows=rows)],
    )


def _about_section(summary: Summary) -> Section:
    rows = [
        ["model", summary.model_package_arn],
        ["predictions from", summary.since],
        ["until", summary.until],
    ]
    return Section(title="What was looked at", tables=[Table(header=["", ""], rows=rows)])
