from collections.abc import Sequence
from dataclasses import replace

from demo import year_report
from demo.client import NO_REPLY, Call
from demo.monitoring import Monitored
from demo.trainings import (
    BY_HEART,
    COMPARED_MONTHS,
    FIRST,
    FORGETFUL,
    Trained,
    TrainingResult,
)
from demo.year import YearResult
from ops.conclusions import Conclusion
from schemas.findings import Concern, Measure
from schemas.monitoring import Decision, Reaction

STATIC = Trained(
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
REFUSED = replace(STATIC, title=FORGETFUL, conclusion=Conclusion.REFUSED, version=None)
STOPPED = replace(
    STATIC, title=BY_HEART, conclusion=Conclusion.FAILED, version=None, watchdog="it was stopped"
)
TRAINING = TrainingResult(
    trained=[STATIC, STOPPED, REFUSED],
    static=dict.fromkeys(COMPARED_MONTHS, 0.6),
    managed=dict.fromkeys(COMPARED_MONTHS, 0.7),
    auc={1: dict.fromkeys(COMPARED_MONTHS, 0.6)},
    seconds=300,
)
WARNED = Decision(
    monitoring_id="m1", concern=Concern.DRIFT, reaction=Reaction.WARNED, reason="it warns"
)
RETRAINING = Decision(
    monitoring_id="m1", concern=Concern.QUALITY, reaction=Reaction.RETRAINING, reason="it is bad"
)
APRIL = Monitored(
    month="2013-04",
    version=1,
    predictions=1_000,
    labelled=990,
    auc=Measure(value=0.65, low=0.64, high=0.66, baseline=0.69),
    psi={"temp": 0.9, "carrier": 0.01},
    thresholds={"temp": 0.2, "carrier": 0.2},
    drifted=("temp",),
    violations={"drift": 1, "quality": 1, "floor": 0},
    decisions=(WARNED, RETRAINING),
    seconds=9,
)
ANSWERED = Call(request_id="year-1", began=0, seconds=1, rows=300, status=200)


def result(months: Sequence[Monitored] = (APRIL,), *calls: Call) -> YearResult:
    return YearResult(
        training=TRAINING,
        monitored=months,
        calls=calls or (ANSWERED,),
        served={"2013-04": 1},
        is_full=True,
        seconds=600,
    )


def test_a_year_in_which_everything_went_as_it_must_has_no_violations() -> None:
    assert result().violations == []


def test_a_whole_year_must_gain_what_is_promised() -> None:
    little = replace(TRAINING, managed=dict.fromkeys(COMPARED_MONTHS, 0.63))
    found = replace(result(), training=little)
    assert found.violations == ["retraining gained 0.030, less than 0.04"]
    assert replace(found, is_full=False).violations == []


def test_drift_that_warns_nobody_in_spring_is_a_violation() -> None:
    quiet = replace(APRIL, decisions=(RETRAINING,))
    assert result([quiet, APRIL]).violations == ["drift warned nobody in spring"]


def test_bad_quality_must_begin_a_training() -> None:
    assert result([replace(APRIL, decisions=(WARNED,))]).violations == [
        "bad quality began no training"
    ]


def test_a_request_without_an_answer_is_a_violation() -> None:
    failed = replace(ANSWERED, status=NO_REPLY, code="timed out")
    assert result([APRIL], ANSWERED, failed).violations == [
        "the request year-1 was not answered: timed out"
    ]


def test_predictions_whose_outcome_nobody_knows_are_a_violation() -> None:
    (found,) = result([replace(APRIL, labelled=0)]).violations
    assert found == "2013-04: of 1,000 predictions no outcome is known"


def test_the_report_shows_quality_drift_and_decisions() -> None:
    sections = year_report.sections(result())
    assert "AUC 0.650 (0.640 to 0.660), 0.690 on its holdout" in str(sections)
    assert "it is bad" in str(sections)
    assert len([figure for each in sections for figure in each.figures]) == 2
    assert ("  months in which drift warned", "1") in year_report.rows(result())
