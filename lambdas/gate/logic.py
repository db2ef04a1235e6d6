"""Whether a trained model is good enough to be registered, or is the one it should reproduce."""

from collections.abc import Iterator

from schemas.evaluations import Evaluation, ModelEvaluation, Scores
from schemas.training import GateResult, PlannedRun, Thresholds, Verdict
from schemas.windows import month_number


def judge(
    run: PlannedRun, evaluation: Evaluation, thresholds: Thresholds, *, evaluation_uri: str
) -> GateResult:
    """Return what becomes of the challenger of `evaluation`."""
    if run.reproduces:
        return _compare(run, evaluation, evaluation_uri)
    reasons = tuple(_shortcomings(run, evaluation, thresholds))
    return GateResult(
        decision=Verdict.REFUSE if reasons else Verdict.REGISTER,
        reasons=reasons or tuple(_merits(run, evaluation)),
        evaluation_uri=evaluation_uri,
    )


def _compare(run: PlannedRun, evaluation: Evaluation, evaluation_uri: str) -> GateResult:
    again, original = evaluation.challenger, evaluation.champion
    if original is not None and again.model_sha256 == original.model_sha256:
        verdict = Verdict.REPRODUCED
        reason = f"the model file has the hash of {run.reproduces}: {again.model_sha256}"
    else:
        verdict = Verdict.DIFFERS
        reason = (
            f"the model file has the hash {again.model_sha256}, that of {run.reproduces} has "
            f"{original.model_sha256 if original else 'none'}; their scores differ by at most "
            f"{evaluation.max_difference}"
        )
    return GateResult(
        decision=verdict,
        reasons=(reason,),
        evaluation_uri=evaluation_uri,
        max_difference=evaluation.max_difference,
    )


def _merits(run: PlannedRun, evaluation: Evaluation) -> Iterator[str]:
    scores = evaluation.challenger.overall
    yield (
        f"AUC {scores.auc:.6f}, log loss {scores.log_loss:.6f}, Brier score {scores.brier:.6f} on "
        f"{scores.rows:,} rows of {_months(run)}"
    )
    if evaluation.champion is None:
        yield "there is no champion to compare with"
    else:
        yield f"the champion's AUC on the same rows is {evaluation.champion.overall.auc:.6f}"


def _shortcomings(run: PlannedRun, evaluation: Evaluation, thresholds: Thresholds) -> Iterator[str]:
    """Yield every reason to refuse the challenger.

    Comparisons are negated, because a score that is not a number is below and above nothing.
    """
    challenger = evaluation.challenger
    yield from _missed_thresholds(challenger.overall, thresholds)
    yield from _thin_months(run, challenger, thresholds.min_rows_per_month)
    if evaluation.champion is not None:
        yield from _defeats(run, challenger, evaluation.champion, thresholds.min_improvement)


def _missed_thresholds(scores: Scores, thresholds: Thresholds) -> Iterator[str]:
    if scores.auc is None:
        yield "there is no AUC: all labels of the holdout are equal"
    elif not scores.auc >= thresholds.min_auc:
        yield f"AUC {scores.auc:.6f} is below {thresholds.min_auc}"
    if not scores.log_loss <= thresholds.max_log_loss:
        yield f"log loss {scores.log_loss:.6f} is above {thresholds.max_log_loss}"
    if not scores.brier <= thresholds.max_brier:
        yield f"Brier score {scores.brier:.6f} is above {thresholds.max_brier}"


def _thin_months(run: PlannedRun, challenger: ModelEvaluation, least: int) -> Iterator[str]:
    for month in run.window.holdout_months:
        scores = challenger.by_month.get(month)
        rows = scores.rows if scores else 0
        if rows < least:
            yield f"holdout month {month} has {rows:,} labelled rows, fewer than {least:,}"


def _defeats(
    run: PlannedRun, challenger: ModelEvaluation, champion: ModelEvaluation, least: float
) -> Iterator[str]:
    if month_number(run.champion_holdout_from) > month_number(run.window.holdout_from):
        yield (
            f"the champion was trained on data up to {run.champion_holdout_from} (exclusive), so "
            f"it has seen a part of the holdout, {_months(run)}, and no comparison is fair; use a "
            "later holdout, or reject the champion"
        )
    mine, theirs = challenger.overall.auc, champion.overall.auc
    if mine is None:
        return  # said among the thresholds
    if theirs is None:
        yield "the champion has no AUC on the same rows"
    elif not mine - theirs > least:
        yield (
            f"AUC {mine:.6f} does not exceed the champion's {theirs:.6f} on the same rows by more "
            f"than {least}; a tie keeps the champion"
        )


def _months(run: PlannedRun) -> str:
    months = run.window.holdout_months
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
