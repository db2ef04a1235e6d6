from dataclasses import replace

import pytest

from demo import training_report
from demo.errors import DemoError
from demo.trainings import (
    BY_HEART,
    COMPARED_MONTHS,
    FIRST,
    FORGETFUL,
    Trained,
    TrainingResult,
)
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
    watchdog="",
    seconds=60,
)
REFUSED = replace(
    GOOD, title=FORGETFUL, conclusion=Conclusion.REFUSED, reasons=("it is worse",), version=None
)
STOPPED = replace(
    GOOD, title=BY_HEART, conclusion=Conclusion.FAILED, reasons=("stopped",), version=None,
    watchdog="the job was stopped",
)  # fmt: skip
BETTER = replace(GOOD, title="everything before 2013-12", version=2)


def result(*trained: Trained) -> TrainingResult:
    return TrainingResult(
        trained=(*trained, STOPPED),
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


def test_a_training_that_fails_is_a_violation_and_so_is_one_that_nobody_stops() -> None:
    failed = replace(BETTER, conclusion=Conclusion.FAILED, reasons=("no memory",), version=None)
    found = replace(result(), trained=[GOOD, REFUSED, replace(STOPPED, watchdog=""), failed])

    assert found.violations == [
        "the watchdog let trees learn by heart",
        "everything before 2013-12: the training failed: no memory",
    ]


def test_what_the_watchdog_has_stopped_is_in_the_table_and_on_the_page() -> None:
    found = result(GOOD, REFUSED)

    assert (f"  {BY_HEART}", "after 60 s") in training_report.rows(found)
    (section,) = training_report.sections(found)
    trainings, reasons = section.tables
    assert next(row for row in trainings.rows if row[0] == BY_HEART)[-2] == "stopped"
    assert [BY_HEART, "stopped"] in reasons.rows
