"""What the trainings of the demo look like on its page and in its closing table."""

from collections.abc import Sequence

from demo.trainings import COMPARED_MONTHS, Trained, TrainingResult
from ops.conclusions import Conclusion
from reporting import Section, Table, Tile


def rows(result: TrainingResult) -> list[tuple[str, str]]:
    """The closing table's lines about models."""
    registered = [each for each in result.trained if each.conclusion is Conclusion.REGISTERED]
    refused = [each for each in result.trained if each.conclusion is Conclusion.REFUSED]
    stopped = [each for each in result.trained if each.watchdog]
    return [
        ("models registered, approved and released", f"{len(registered):,}"),
        ("models refused by the gate", f"{len(refused):,}"),
        *((f"  {each.title}: {_against(each)}", "refused") for each in refused),
        ("trainings stopped by the watchdog", f"{len(stopped):,}"),
        *((f"  {each.title}", f"after {each.seconds:.0f} s") for each in stopped),
        ("mean AUC, May to December: never retrained", f"{_mean(result.static):.3f}"),
        ("  retrained as the year went by", f"{_mean(result.managed):.3f}"),
        ("  gained by retraining", f"{result.gain:+.3f}"),
        ("time of the trainings", f"{result.seconds:,.0f} s"),
    ]


def tiles(result: TrainingResult) -> list[Tile]:
    """The figures about models to see first."""
    return [
        Tile(
            label="models registered", value=str(sum(1 for each in result.trained if each.version))
        ),
        Tile(
            label="AUC gained by retraining",
            value=f"{result.gain:+.3f}",
            is_good=result.gain > 0,
        ),
    ]


def sections(result: TrainingResult) -> list[Section]:
    """The page's sections about models."""
    return [_runs(result.trained)]


def _runs(trained: Sequence[Trained]) -> Section:
    table = [
        [
            each.title,
            f"{each.window.train_from} to {each.window.training_months[-1]}",
            each.window.holdout_from,
            _figure(each.auc),
            _figure(each.champion_auc),
            _outcome(each),
            f"{each.seconds:.0f} s",
        ]
        for each in trained
    ]
    reasons = [
        [each.title, reason]
        for each in trained
        if each.conclusion is Conclusion.REFUSED or each.watchdog
        for reason in each.reasons
    ]
    return Section(
        title="The gate lets no worse model pass",
        text="A challenger must beat the champion on the challenger's own holdout, where both are "
        "scored by the same job. The one that knows nothing but the last three months does not. A "
        "training that can come to nothing is stopped by the watchdog before it costs more.",
        tables=[
            Table(
                header=["trained on", "months", "holdout", "AUC", "champion", "outcome", "time"],
                rows=table,
            ),
            Table(header=["refused or stopped", "why"], rows=reasons),
        ],
    )


def _outcome(each: Trained) -> str:
    if each.watchdog:
        return "stopped"
    if not each.version:
        return each.conclusion.value
    return f"model {each.version} {'does not serve' if each.problem else 'serves'}"


def _against(each: Trained) -> str:
    return f"AUC {_figure(each.auc)} against {_figure(each.champion_auc)}"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _mean(by_month: dict[str, float]) -> float:
    return sum(by_month[month] for month in COMPARED_MONTHS) / len(COMPARED_MONTHS)
