import json
import math
from dataclasses import replace
from typing import Any

import pytest

from lambdas.gate import handler
from lambdas.gate.logic import judge
from lambdas.shared.errors import PermanentError
from schemas.evaluations import CHALLENGER, Evaluation, ModelEvaluation
from schemas.training import GateResult, PlannedRun, Thresholds, Verdict
from tests.unit.lambdas.models import (
    CHAMPION_ARN,
    CONTENDER,
    PREFIX,
    REPRODUCTION,
    RUN,
    TRAINING_JOB,
    evaluation,
    model,
)
from tests.unit.lambdas.pipeline import THRESHOLDS, Pipeline
from tests.unit.lambdas.world import FakeContext

LIMITS = Thresholds(**THRESHOLDS)  # type: ignore[arg-type]


def judged(
    run: PlannedRun,
    challenger: ModelEvaluation,
    champion: ModelEvaluation | None = None,
    **values: Any,
) -> GateResult:
    limits = replace(LIMITS, **values)
    return judge(run, evaluation(challenger, champion), limits, evaluation_uri="s3://e")


def test_without_a_champion_the_thresholds_decide() -> None:
    result = judged(RUN, model())

    assert result.decision is Verdict.REGISTER
    assert result.reasons == (
        "AUC 0.700000, log loss 0.450000, Brier score 0.150000 on 1,000 rows of 2013-03 to 2013-04",
        "there is no champion to compare with",
    )


@pytest.mark.parametrize("score", ["auc", "log_loss", "brier"])
def test_a_score_at_its_threshold_passes(score: str) -> None:
    limits = {"auc": LIMITS.min_auc, "log_loss": LIMITS.max_log_loss, "brier": LIMITS.max_brier}
    changes: dict[str, Any] = {score: limits[score]}

    assert judged(RUN, model(**changes)).decision is Verdict.REGISTER


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ({"auc": 0.599}, "AUC 0.599000 is below 0.6"),
        ({"auc": None}, "there is no AUC: all labels of the holdout are equal"),
        ({"log_loss": 0.66}, "log loss 0.660000 is above 0.65"),
        ({"brier": 0.23}, "Brier score 0.230000 is above 0.22"),
        ({"auc": math.nan}, "AUC nan is below 0.6"),
        ({"log_loss": math.nan}, "log loss nan is above 0.65"),
        ({"brier": math.inf}, "Brier score inf is above 0.22"),
        ({"months": {"2013-03": 99, "2013-04": 500}},
         "holdout month 2013-03 has 99 labelled rows, fewer than 100"),
        ({"months": {"2013-03": 500}}, "holdout month 2013-04 has 0 labelled rows, fewer than 100"),
    ],
)  # fmt: skip
def test_each_shortcoming_refuses(scores: dict[str, Any], reason: str) -> None:
    result = judged(RUN, model(**scores))

    assert (result.decision, result.reasons) == (Verdict.REFUSE, (reason,))


def test_all_reasons_are_listed() -> None:
    challenger = model(auc=0.5, log_loss=0.7, brier=0.3, months={})

    result = judged(CONTENDER, challenger, model(auc=0.6))

    assert [reason.split()[0] for reason in result.reasons] == [
        "AUC", "log", "Brier", "holdout", "holdout", "AUC"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mine", "theirs", "least", "verdict"),
    [
        (0.701, 0.700, 0.0, Verdict.REGISTER),
        (0.700, 0.700, 0.0, Verdict.REFUSE),
        (0.699, 0.700, 0.0, Verdict.REFUSE),
        (0.709, 0.700, 0.01, Verdict.REFUSE),
        (0.720, 0.700, 0.01, Verdict.REGISTER),
        (0.700, math.nan, 0.0, Verdict.REFUSE),
        (0.700, None, 0.0, Verdict.REFUSE),
    ],
)
def test_the_champion_must_be_exceeded_and_a_tie_keeps_it(
    mine: float, theirs: float | None, least: float, verdict: Verdict
) -> None:
    result = judged(CONTENDER, model(auc=mine), model(auc=theirs), min_improvement=least)

    assert result.decision is verdict
    assert len(result.reasons) == (2 if verdict is Verdict.REGISTER else 1)


def test_a_champion_that_has_seen_the_holdout_is_no_measure() -> None:
    run = replace(CONTENDER, champion_holdout_from="2013-04")

    result = judged(run, model(auc=0.8), model(auc=0.7))

    assert result.decision is Verdict.REFUSE
    assert "trained on data up to 2013-04 (exclusive)" in result.reasons[0]


def test_a_champion_of_the_same_holdout_is_a_measure() -> None:
    run = replace(CONTENDER, champion_holdout_from="2013-03")

    assert judged(run, model(auc=0.8), model(auc=0.7)).decision is Verdict.REGISTER


def test_equal_model_files_are_a_reproduction_whatever_they_score() -> None:
    result = judged(REPRODUCTION, model(auc=0.5), model(auc=0.5))

    assert result.decision is Verdict.REPRODUCED
    assert result.reasons == (f"the model file has the hash of {CHAMPION_ARN}: {'1' * 64}",)


def test_other_model_files_are_told_with_how_much_they_differ() -> None:
    compared = evaluation(model(sha="2"), model(sha="1"), max_difference=0.0001)

    result = judge(REPRODUCTION, compared, LIMITS, evaluation_uri="s3://e")

    assert (result.decision, result.max_difference) == (Verdict.DIFFERS, 0.0001)
    assert "differ by at most 0.0001" in result.reasons[0]


def put(pipeline: Pipeline, found: Evaluation) -> None:
    pipeline.put(f"{PREFIX}evaluation/evaluation.json", found.to_text())


def call(run: PlannedRun) -> dict[str, Any]:
    event = {"run": run.to_json(), "training_job": TRAINING_JOB}
    result = handler.lambda_handler(
        json.loads(json.dumps(event)),
        FakeContext(),  # type: ignore[arg-type]
    )
    return dict(json.loads(json.dumps(result)))


def test_the_function_answers_the_same_each_time(pipeline: Pipeline) -> None:
    put(pipeline, evaluation(model(auc=0.8), model()))

    result = call(CONTENDER)

    assert result == call(CONTENDER)
    assert result["decision"] == "register"
    assert result["evaluation_uri"] == f"{PREFIX}evaluation/evaluation.json"
    assert GateResult.from_json(result).to_json() == {**result, "reasons": tuple(result["reasons"])}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "evaluation-missing"),
        ("{", "evaluation-unusable"),
        ("[]", "evaluation-unusable"),
        ("{}", "evaluation-unusable: .*'models'"),
        (json.dumps({"models": {}}), "it says nothing of the challenger"),
        (json.dumps({"models": {CHALLENGER: {}}}), "'overall'"),
    ],
)
def test_an_evaluation_that_cannot_be_judged_by_is_named(
    pipeline: Pipeline, text: str | None, said: str
) -> None:
    if text is not None:
        pipeline.put(f"{PREFIX}evaluation/evaluation.json", text)

    with pytest.raises(PermanentError, match=said):
        call(RUN)


@pytest.mark.parametrize(
    ("run", "champion"), [(RUN, model()), (CONTENDER, None), (REPRODUCTION, None)]
)
def test_an_evaluation_of_other_models_is_refused(
    pipeline: Pipeline, run: PlannedRun, champion: ModelEvaluation | None
) -> None:
    put(pipeline, evaluation(model(), champion))

    with pytest.raises(PermanentError, match="does not compare with the champion"):
        call(run)


def test_a_champion_that_somebody_changed_stops_the_run(pipeline: Pipeline) -> None:
    put(pipeline, evaluation(model(), replace(model(), artifact_sha256="f" * 64)))

    with pytest.raises(PermanentError, match=f"champion-changed: the archive of {CHAMPION_ARN}"):
        call(CONTENDER)


def test_thresholds_must_be_all_there(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    put(pipeline, evaluation())
    monkeypatch.setenv("THRESHOLDS", json.dumps({"min_auc": 0.5}))

    with pytest.raises(TypeError, match="max_brier"):
        call(RUN)
