"""Monitoring runs as tables for people."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType

from ops.following import Started
from ops.monitoring import MonitoredRun, MonitoringReport
from ops.monitoring_status import MonitoringStatus
from ops.output import facts, short_time, table
from schemas.findings import Drift, Measure, Summary, Violation
from schemas.monitoring import Decision, MonitoringRun, Reaction
from schemas.monitoring import MonitoringStatus as RunStatus
from schemas.names import SCORES
from schemas.registry import version_of

SHOW = "python -m ops monitor show"
MINUTES = 16
"""Characters of a moment to the minute."""

_HEADLINES = {
    RunStatus.RUNNING: "is still running",
    RunStatus.SKIPPED: "was skipped",
    RunStatus.FAILED: "FAILED",
}
_REACTIONS = {
    Reaction.WARNED: "people were warned",
    Reaction.RETRAINING: "a training was begun",
    Reaction.ROLLBACK: "a rollback was begun",
    Reaction.NOTHING: "nothing",
}
_FOLLOWED_BY = {
    Reaction.RETRAINING: "python -m ops runs show {name}",
    Reaction.ROLLBACK: "python -m ops releases show {name}",
}


def started(begun: Started) -> Iterator[RenderableType]:
    """Show what was begun."""
    yield f"{begun.execution} began: {begun.execution_arn}"
    yield f"How far it is: {SHOW} {begun.execution}"


def status(result: MonitoringStatus) -> str:
    """Show monitoring in a line."""
    last = result.last_run
    if last is None:
        return "Monitoring: no run yet: python -m ops monitor run --wait"
    run = last.run
    about = {
        RunStatus.DONE: f"{_counted(run)}; violations: {_violations(run.violations) or 'none'}",
        RunStatus.RUNNING: "",
    }.get(run.status, run.reason)
    decided = ", ".join(f"{each.concern}: {_done(each)}" for each in last.decisions)
    parts = (f"last run {run.status} {short_time(run.began_at)}", about, decided)
    return f"Monitoring: {'; '.join(filter(None, parts))}: {SHOW}"


def _counted(run: MonitoringRun) -> str:
    auc = f", AUC {run.auc}" if run.auc else ""
    return f"{run.predictions:,} predictions, {run.labelled:,} labelled{auc}"


def _violations(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {concern}" for concern, count in counts.items() if count)


def runs(found: Sequence[MonitoredRun]) -> RenderableType:
    """Show runs, one line each."""
    if not found:
        return "There was no run yet: python -m ops monitor run --wait"
    return table(
        f"{len(found):,} runs",
        ("run", "began (UTC)", "predictions of (UTC)", "model", "predictions", "labelled", "AUC",
         "violations", "status", "decided"),
        (
            (
                each.run.monitoring_id,
                _minute(each.run.began_at),
                _span(each.run.since, each.run.until),
                each.version,
                each.run.predictions,
                each.run.labelled,
                each.run.auc,
                _violations(each.run.violations),
                ": ".join(filter(None, (each.run.status, each.run.reason))),
                ", ".join(f"{one.concern}: {_reaction(one)}" for one in each.decisions),
            )
            for each in found
        ),
        caption=f"One of them: {SHOW} <run>",
    )  # fmt: skip


def _minute(moment: str) -> str:
    return short_time(moment)[:MINUTES]


def _span(since: str, until: str) -> str:
    return f"{_minute(since)} to {_minute(until)}" if since else ""


def report(result: MonitoringReport) -> Iterator[RenderableType]:
    """Show one run: the verdict, what it looked at, what it found, and what was decided."""
    run = result.run
    yield f"{run.monitoring_id} {_verdict(run)}"
    if run.reason:
        yield from (f"  {line}" for line in run.reason.splitlines() if line)
    yield facts("What it looked at", _looked_at(run))
    if result.summary:
        yield from _found(result.summary)
    elif run.status is RunStatus.DONE:
        yield f"What it found is gone: {run.summary_uri}"
    yield from _decisions(result)
    if run.report_uri:
        yield f"With pictures: python -m ops monitor report {run.monitoring_id}"


def _verdict(run: MonitoringRun) -> str:
    if run.status is not RunStatus.DONE:
        return _HEADLINES[run.status]
    found = _violations(run.violations)
    return f"found violations: {found}" if found else "found nothing that is not as it should be"


def _looked_at(run: MonitoringRun) -> dict[str, object]:
    return {
        "model": version_of(run.model_package_arn) if run.model_package_arn else "",
        "predictions of (UTC)": _span(run.since, run.until),
        "predictions": run.predictions,
        "labelled, of this model": run.labelled,
        "asked by": run.trigger,
        "began (UTC)": short_time(run.began_at),
        "ended (UTC)": short_time(run.ended_at),
        "execution": run.execution_arn,
    }


def _found(summary: Summary) -> Iterator[RenderableType]:
    if summary.violations:
        yield table(
            f"{len(summary.violations):,} violations",
            ("concern", "of", "check", "what was found"),
            (
                (each.concern, each.feature_name, each.constraint_check_type, each.description)
                for each in summary.violations
            ),
        )
    if summary.has_quality:
        yield _quality(summary.quality, summary.violations)
    else:
        yield (
            f"Quality: not known, by {summary.labelled:,} labelled predictions of at least "
            f"{summary.min_labels:,}."
        )
    yield _drift(summary)


def _quality(measures: Mapping[str, Measure], violations: Sequence[Violation]) -> RenderableType:
    bad = {each.feature_name for each in violations}
    return table(
        "Quality",
        ("measure", "value", "95 % interval", "on the holdout", ""),
        (
            (
                name,
                f"{each.value:.4f}",
                f"{each.low:.4f} to {each.high:.4f}",
                "" if each.baseline is None else f"{each.baseline:.4f}",
                "VIOLATED" if name in bad else " ",
            )
            for name, each in measures.items()
        ),
    )


def _drift(summary: Summary) -> RenderableType:
    columns = sorted(summary.drift.items(), key=lambda each: (-each[1].psi, each[0]))
    scores = summary.prediction_drift
    return table(
        "Columns, the most drifted first",
        ("column", "PSI", "above is drift", "distance", "missing", "in the baseline", ""),
        (
            (
                name,
                f"{each.psi:.4f}",
                "not compared" if each.threshold is None else f"{each.threshold:g}",
                f"{each.distance:.4f}",
                f"{each.missing:.2%}",
                f"{each.baseline_missing:.2%}",
                "DRIFTED" if each.is_drifted else " ",
            )
            for name, each in [*_named(scores), *columns]
        ),
    )


def _named(scores: Drift | None) -> list[tuple[str, Drift]]:
    return [(SCORES, scores)] if scores else []


def _decisions(result: MonitoringReport) -> Iterator[RenderableType]:
    if result.decisions:
        yield table(
            "What was decided",
            ("concern", "what is done", "why", "see", "when (UTC)"),
            (
                (
                    each.concern,
                    _done(each),
                    each.reason,
                    _followed_by(each),
                    short_time(each.decided_at),
                )
                for each in result.decisions
            ),
        )
    if not all(each.is_announced for each in result.decisions):
        yield (
            "What is not begun or told yet is tried again within minutes, and by the next run that "
            "finds the same. See: python -m ops alarms"
        )
    if not result.is_told:
        yield (
            "NO ALARM HAS HEARD OF IT: CloudWatch could not be told. Look again: "
            "python -m ops monitor run --wait"
        )
    elif result.undecided:
        yield (
            f"Nothing is decided about {', '.join(result.undecided)}: that follows when the alarm "
            "goes off, and one that is on already stays silent. See: python -m ops alarms"
        )


def _done(decision: Decision) -> str:
    return _REACTIONS[decision.reaction] if decision.is_announced else _reaction(decision)


def _reaction(decision: Decision) -> str:
    """Return what was decided, in a word, and whether that is all so far."""
    if decision.is_announced:
        return decision.reaction
    return f"{decision.reaction}, not {'begun' if decision.execution_arn else 'told'} yet"


def _followed_by(decision: Decision) -> str:
    command = _FOLLOWED_BY.get(decision.reaction)
    if not command or not decision.execution_arn:
        return ""
    return command.format(name=decision.execution_arn.rpartition(":")[2])
