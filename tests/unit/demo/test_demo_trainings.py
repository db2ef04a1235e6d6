from dataclasses import replace

import pytest

from demo.errors import DemoError
from demo.trainings import COMPARED_MONTHS, FIRST, FORGETFUL, Trained, TrainingResult
from ops.conclusions import Conclusion

GOOD = Trained(
    title="January and February",
    window=FIRST,
    conclusion=Conclusion.REGISTERED,
    reasons=(),
    auc=0.7,
    champion_auc=None,
    version=1,
    problem="",
    seconds=60,
)
REFUSED = replace(
    GOOD, title=FORGETFUL, conclusion=Conclusion.REFUSED, reasons=("it is worse",), version=None
)
BETTER = replace(GOOD, title="everything before 2013-12", version=2)


def result(*trained: Trained) -> TrainingResult:
    return TrainingResult(
        trained=trained,
        static=dict.fromkeys(COMPARED_MONTHS, 0.6),
        managed=dict.fromkeys(COMPARED_MONTHS, 0.7),
        auc={},
        seconds=300,
    )


def test_the_last_two_that_served_are_compared_whatever_was_refused_since() -> None:
    assert result(GOOD, BETTER, REFUSED).last_two == (1, 2)


def test_a_model_that_does_not_serve_is_a_violation_and_is_not_compared() -> None:
    failed = replace(BETTER, title="the third", version=3, problem="failed: an alarm")

    found = result(GOOD, BETTER, REFUSED, failed)

    assert found.violations == ["the third: model 3 does not serve: failed: an alarm"]
    assert found.last_two == (1, 2)


def test_one_model_alone_has_nobody_to_be_compared_with() -> None:
    with pytest.raises(DemoError, match="two models"):
        _ = result(GOOD, REFUSED).last_two
