"""What the months look like on the demo's page and in its closing table."""

from collections.abc import Sequence

from demo.monitoring import Monitored
from demo.trainings import COMPARED_MONTHS
from demo.year import YearResult
from reporting import Figure, Section, Table, Tile, charts
from reporting.heatmaps import Cell, heatmap
from schemas.monitoring import Reaction

_NOTHING = "–"


def rows(result: YearResult) -> list[tuple[str, str]]:
    """The closing table's lines about what the monitor found."""
    months = result.monitored
    return [
        ("months whose predictions the monitor judged", f"{len(months):,}"),
        ("  predictions, and of how many the outcome is known", _labelled(months)),
        ("  months in which drift warned", f"{sum(bool(each.drifted) for each in months):,}"),
        *(
            (f"  bad quality in {each.month}: {_against(each)}", "retrained")
            for each in months
            if each.decision(Reaction.RETRAINING)
        ),
    ]


def tiles(result: YearResult) -> list[Tile]:
    """The figures about the months to see first."""
    retrained = [each for each in result.monitored if each.decision(Reaction.RETRAINING)]
    return [Tile(label="trainings begun by bad quality", value=str(len(retrained)))]


def sections(result: YearResult) -> list[Section]:
    """The page's sections about the months."""
    return [_quality(result), _drift(result.monitored), _decisions(result.monitored)]


def _quality(result: YearResult) -> Section:
    months = [each for each in COMPARED_MONTHS if each in result.training.static]
    served = {
        month: result.training.auc[version][month]
        for month, version in result.served.items()
        if month in result.training.static
    }
    lines = {
        "trained once, on January and February": result.training.static,
        "the newest one trained before the month": result.training.managed,
        "the model that answered in the month": served,
    }
    named = sorted({*months, *served})
    picture = charts.lines(
        [month[5:] for month in named],
        {
            name: [values.get(month, float("nan")) for month in named]
            for name, values in lines.items()
        },
        x_label="month of 2013",
        y_label="AUC",
    )
    return Section(
        title="A model that is not retrained fades",
        text="All are scored on the same flights of each month, which none of them has seen. What "
        "answers in a month was trained before that month ended: a new model serves from the next.",
        figures=[Figure(svg=picture, caption="Area under the ROC curve by month.")],
    )


def _drift(months: Sequence[Monitored]) -> Section:
    columns = sorted(
        months[0].psi, key=lambda name: -max(month.psi.get(name, 0) for month in months)
    )
    cells = [
        [
            Cell(value=month.psi[name], threshold=month.thresholds[name])
            if name in month.psi
            else None
            for month in months
        ]
        for name in columns
    ]
    picture = heatmap(columns, [month.month for month in months], cells)
    return Section(
        title="The weather drifts all year, schedules do not",
        text="Population stability index of each column against the training data of the model "
        "that serves. Drift warns; whether anything is done, the quality of the answers decides.",
        figures=[Figure(svg=picture, caption="Above the threshold a column has drifted.")],
    )


def _decisions(months: Sequence[Monitored]) -> Section:
    table = [
        [
            month.month,
            f"model {month.version}",
            _against(month),
            each.concern.value,
            each.reaction.value,
            each.reason,
        ]
        for month in months
        for each in month.decisions
    ]
    return Section(
        title="What the platform decided by itself",
        tables=[Table(header=["month", "served", "AUC", "concern", "reaction", "why"], rows=table)],
    )


def _labelled(months: Sequence[Monitored]) -> str:
    known = sum(each.labelled for each in months)
    return f"{known:,} of {sum(each.predictions for each in months):,}"


def _against(month: Monitored) -> str:
    auc = month.auc
    if auc is None:
        return _NOTHING
    interval = f"AUC {auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f})"
    return interval if auc.baseline is None else f"{interval}, {auc.baseline:.3f} on its holdout"
