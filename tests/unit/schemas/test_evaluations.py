import json
import math
from dataclasses import replace

import pytest

from schemas.evaluations import (
    CHALLENGER,
    CHAMPION,
    CalibrationBin,
    Evaluation,
    ModelEvaluation,
    Scores,
)

SCORES = Scores(rows=10, positive_share=0.2, auc=0.7, log_loss=0.4, brier=0.1)
MODEL = ModelEvaluation(
    overall=SCORES,
    by_month={"2013-03": SCORES, "2013-04": replace(SCORES, auc=None)},
    slices={"origin": {"JFK": SCORES}},
    calibration=(CalibrationBin(rows=5, mean_score=0.1, positive_share=0.2),),
    importance={"hour": 1.0},
    model_sha256="m",
    artifact_sha256="a",
    platform="linux-x86_64",
)
EVALUATION = Evaluation(
    models={CHALLENGER: MODEL, CHAMPION: replace(MODEL, model_sha256="c")},
    max_difference=0.5,
    data_sha256="d",
)


def test_text_is_read_as_it_was_written() -> None:
    assert Evaluation.from_text(EVALUATION.to_text()) == EVALUATION
    assert Evaluation.from_text(EVALUATION.to_text()).to_text() == EVALUATION.to_text()


def test_models_are_found_by_their_part() -> None:
    assert EVALUATION.challenger is MODEL
    assert EVALUATION.champion is not None
    assert EVALUATION.champion.model_sha256 == "c"
    assert replace(EVALUATION, models={CHALLENGER: MODEL}).champion is None


def test_what_another_release_wrote_is_read() -> None:
    document = json.loads(EVALUATION.to_text())
    document["added_later"] = 1
    challenger = document["models"][CHALLENGER]
    challenger["added_later"] = {"x": 1}
    challenger["overall"]["added_later"] = 0.5
    for name in ("platform", "slices", "calibration", "importance"):
        del challenger[name]

    read = Evaluation.from_text(json.dumps(document)).challenger

    assert read.overall == SCORES
    assert (read.platform, read.slices, read.calibration) == ("", {}, ())


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_what_is_not_a_number_is_not_written(number: float) -> None:
    broken = replace(MODEL, overall=replace(SCORES, log_loss=number))

    with pytest.raises(ValueError, match="not JSON compliant"):
        replace(EVALUATION, models={CHALLENGER: broken}).to_text()
