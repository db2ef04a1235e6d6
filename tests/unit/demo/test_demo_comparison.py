import random
from itertools import product

import pytest

from demo.client import Call
from demo.comparison import LATE_MINUTES, Arm, auc, compare
from ml import features

ARN = "arn:aws:sagemaker:us-east-1:000000000000:model-package/flight-delay"


def made(model: int, *ids: str) -> Call:
    return Call(request_id="r", began=0, seconds=1, rows=len(ids), status=200, variant="champion",
                model=f"{ARN}/{model}", prediction_ids=ids)  # fmt: skip


def row(model: int, score: float | None, delay: int | None) -> dict[str, object]:
    return {"model_package_arn": f"{ARN}/{model}", "score": score, "arr_delay": delay}


def test_the_area_is_the_chance_that_the_late_flight_has_the_higher_score() -> None:
    generator = random.Random(1)  # noqa: S311 - reproducible, not secret
    # A few different scores only, so that many are tied.
    outcomes = [(generator.randrange(8) / 8, generator.random() < 0.3) for _ in range(200)]

    late = [score for score, label in outcomes if label]
    others = [score for score, label in outcomes if not label]
    won = [(a > b) + (a == b) / 2 for a, b in product(late, others)]
    assert auc(outcomes) == pytest.approx(sum(won) / len(won))


def test_one_kind_of_outcome_alone_cannot_be_told_apart() -> None:
    assert auc([]) is None
    assert auc([(0.1, True), (0.2, True)]) is None


def test_late_is_what_the_models_learn() -> None:
    assert LATE_MINUTES == features.LATE_MINUTES


def test_models_are_compared_by_what_each_of_them_has_scored() -> None:
    calls = [made(10, "a", "b"), made(9, "c", "d", "e"), made(9)]
    rows = [
        row(10, 0.9, 16), row(10, 0.1, 15),
        row(9, 0.2, 60), row(9, 0.3, -5), row(9, 0.4, None), row(9, None, 60),
    ]  # fmt: skip

    assert compare(calls, rows) == [
        Arm(version=9, calls=2, labelled=2, auc=0.0),
        Arm(version=10, calls=1, labelled=2, auc=1.0),
    ]


def test_calls_without_an_answer_are_nobodys() -> None:
    failed = Call(request_id="r", began=0, seconds=1, rows=1, status=502, code="model-failed")

    assert compare([failed], []) == []
