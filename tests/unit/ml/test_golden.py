"""Golden records are requests that an endpoint answers with the score they name."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from contracts.rows import JsonJudge
from ml import golden, inference
from ml.errors import UserError
from schemas.catalog import MODEL_INPUT
from schemas.training import GOLDEN_FILE
from tests.unit.ml.jobs import A_CHAMPION, Job
from tests.unit.ml.samples import json_lines


@pytest.fixture
def written(job: Job, model: Path, other: Path) -> list[dict[str, Any]]:
    """What the evaluation of a challenger beside a champion writes."""
    job.challenger(model).champion(A_CHAMPION, other).run()
    text = job.output.joinpath(Path(GOLDEN_FILE).name).read_text()
    return [json.loads(line) for line in text.splitlines()]


def answers(model: Path, *requests: dict[str, Any]) -> list[float]:
    served = inference.model_fn(str(model))
    asked = inference.input_fn(json_lines(*requests), "application/jsonlines")
    answer = inference.output_fn(inference.predict_fn(asked, served), "application/json")
    assert isinstance(answer, tuple)
    return [each["score"] for each in json.loads(answer[0])["predictions"]]


def test_the_challenger_answers_them_as_they_say(
    written: list[dict[str, Any]], model: Path, other: Path
) -> None:
    requests, expected = zip(*((each["request"], each["score"]) for each in written), strict=True)
    assert answers(model, *requests) == list(expected)
    assert [answers(model, each)[0] for each in requests] == list(expected)
    assert not np.allclose(answers(other, *requests), expected, rtol=0, atol=1e-6)


def test_they_are_what_a_client_may_ask(written: list[dict[str, Any]]) -> None:
    judge = JsonJudge(MODEL_INPUT)
    for each in written:
        assert list(each["request"]) == list(MODEL_INPUT.column_names)
        judge.judge_object(each["request"])


def test_there_are_twenty_from_the_least_to_the_greatest_score(holdout: pd.DataFrame) -> None:
    scores = np.random.default_rng(3).permutation(len(holdout)) / len(holdout)
    found = [json.loads(line)["score"] for line in golden.lines(holdout, scores)]
    assert len(found) == 20
    assert (found[0], found[-1]) == (scores.min(), scores.max())
    assert np.allclose(np.diff(found), 1 / 19, atol=0.01)


def test_equal_scores_give_the_same_records_every_time(holdout: pd.DataFrame) -> None:
    scores = np.repeat(0.5, len(holdout))
    assert golden.lines(holdout, scores) == golden.lines(holdout.copy(), scores.copy())


def test_a_small_holdout_has_fewer(holdout: pd.DataFrame) -> None:
    assert len(golden.lines(holdout.head(3), np.array([0.1, 0.2, 0.3]))) == 3


def test_what_nobody_could_ask_is_left_out(holdout: pd.DataFrame) -> None:
    few = holdout.head(3).assign(distance=[0, 100, 100])
    found = golden.lines(few, np.array([0.3, 0.2, 0.1]))
    assert [json.loads(line)["score"] for line in found] == [0.1, 0.2]


def test_a_holdout_of_such_records_only_is_refused(holdout: pd.DataFrame) -> None:
    few = holdout.head(3).assign(distance=0)
    with pytest.raises(UserError, match="'distance': 0 is below the minimum 1; correct"):
        golden.lines(few, np.array([0.3, 0.2, 0.1]))
