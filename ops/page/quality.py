"""How good the model is, what has drifted, and what was decided."""

from collections.abc import Sequence

from ops.page.facts import Facts
from ops.page.looks import Look
from ops.page.words import NOTHING, listed, minute, shortened, ticks
from reporting import Figure, Section, Table
from reporting.charts import Estimate, estimates
from reporting.heatmaps import Cell, heatmap
from schemas.findings import Drift, Measure, Summary
from schemas.monitoring import MonitoringStatus
from schemas.names import SCORES
from schemas.registry import version_of

_UNKNOWN = "Nothing monitors the model: the stack that does is not deployed."
_NONE = "The monitor has not run yet: `python -m ops monitor run --wait`"


def sections(facts: Facts) -> list[Section]:
    """Return how good the model is, and what has drifted."""
    if not facts.looks:
        text = _UNKNOWN if facts.looks is None else _NONE
        return [Section(title="How good the model is", text=text)]
    # In order of time, as pictures are read.
    found = [each for each in reversed(facts.looks) if each.summary]
    return [_quality(facts.looks, found), *_drift(found)]


def _quality(looks: Sequence[Look], found: Sequence[Look]) -> Section:
    judged = [each for each in found if each.summary and each.summary.has_quality]
    text = (
        "AUC on the predictions whose outcome has become known, at each run of the monitor, with "
        "its 95 % interval. Below the dotted line another model is trained; below the solid one "
        "the last good model comes back."
        if judged
        else "At no run so far were there enough outcomes to say how good the model is."
    )
    return Section(
        title="How good the model is",
        text=text,
        figures=[_auc_figure(found)] if judged else [],
        tables=[_looks_table(looks)],
    )


def _auc_figure(found: Sequence[Look]) -> Figure:
    measures = [each.summary.quality.get("auc") if each.summary else None for each in found]
    picture = estimates(
        ticks([each.report.run.began_at for each in found]),
        {"AUC of the model that serves": [_estimate(each) for each in measures]},
        x_label="run of the monitor, UTC",
        y_label="AUC",
        references={
            "on its own holdout": [each.baseline if each else None for each in measures],
            "another is trained below": [each.retrain_below for each in found],
            "rolled back below": [each.roll_back_below for each in found],
        },
    )
    return Figure(svg=picture, caption="A gap is a run with too few labels.")


def _estimate(found: Measure | None) -> Estimate | None:
    return Estimate(found.value, found.low, found.high) if found else None


def _looks_table(looks: Sequence[Look]) -> Table:
    return Table(
        title="Every run of the monitor, and what was decided",
        is_folded=True,
        header=["began, UTC", "model", "predictions", "labelled", "AUC", "outcome", "decided"],
        rows=[
            [
                minute(each.report.run.began_at),
                _model(each.report.run.model_package_arn),
                f"{each.report.run.predictions:,}",
                f"{each.report.run.labelled:,}",
                each.report.run.auc or NOTHING,
                _outcome(each),
                "; ".join(
                    f"{one.concern}: {one.reaction}, because {shortened(one.reason)}"
                    for one in each.report.decisions
                )
                or NOTHING,
            ]
            for each in looks
        ],
    )


def _model(arn: str) -> str:
    return f"model {version_of(arn)}" if arn else NOTHING


def _outcome(look: Look) -> str:
    run = look.report.run
    if run.status is not MonitoringStatus.DONE:
        return ": ".join(filter(None, (run.status, shortened(run.reason))))
    counts = [f"{number:,} {concern}" for concern, number in run.violations.items() if number]
    return f"violations: {', '.join(counts)}" if counts else "as it should be"


def _drift(found: Sequence[Look]) -> list[Section]:
    summaries = [each.summary for each in found if each.summary]
    if not summaries:
        return []
    columns = [_columns(each) for each in summaries]
    names = sorted(
        {name for each in columns for name in each},
        key=lambda name: (-max(_share(each.get(name)) for each in columns), name),
    )
    cells = [[_cell(each.get(name)) for each in columns] for name in names]
    drifted = [name for name in names if _is_drifted(columns[-1].get(name))]
    picture = heatmap(names, ticks([each.report.run.began_at for each in found]), cells)
    return [
        Section(
            title="What has drifted",
            text="Population stability index of what the model was asked, and of its scores, "
            "against the data that it was trained on. Drift warns; it retrains nothing by itself. "
            + (f"At the last run above the threshold: {listed(drifted, 6)}." if drifted
               else "At the last run nothing was above its threshold."),
            figures=[
                Figure(
                    svg=picture,
                    caption="By column and run. Figures without colour are compared with no "
                    "threshold.",
                )
            ],
        )
    ]  # fmt: skip


def _columns(summary: Summary) -> dict[str, Drift]:
    scores = {SCORES: summary.prediction_drift} if summary.prediction_drift else {}
    return {**summary.drift, **scores}


def _share(found: Drift | None) -> float:
    """Return a drift as a multiple of its threshold; what nobody compares comes last."""
    return found.psi / found.threshold if found and found.threshold else -1.0


def _is_drifted(found: Drift | None) -> bool:
    return found is not None and found.is_drifted


def _cell(found: Drift | None) -> Cell | None:
    return Cell(found.psi, found.threshold) if found else None
