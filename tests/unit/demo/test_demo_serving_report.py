"""The page tells what happened to the client, and a breach of a promise is a violation."""

from dataclasses import replace
from pathlib import Path

import pytest

from demo import serving, serving_report
from demo.bad_release import BadRelease
from demo.comparison import Arm
from demo.prediction_audit import Audit, Traced
from demo.serving import Days, ServingResult
from demo.traffic import Errors, Traffic
from reporting import Page
from schemas.releases import Action, Release, ReleaseStatus, ReleaseTrigger, Serving

ARN = "arn:aws:sagemaker:us-east-1:000000000000:model-package/flight-delay"
RESULT = ServingResult(
    days=Days(requests=21, rows=6_552, median_seconds=0.1, p95_seconds=0.25),
    calls=500,
    answered=497,
    arms=[
        Arm(version=4, calls=70, labelled=20_000, auc=0.7),
        Arm(version=5, calls=170, labelled=50_000, auc=0.71),
    ],
    bad=BadRelease(
        version=6,
        status=ReleaseStatus.FAILED,
        reason="an alarm",
        canary_percent=50,
        calls=140,
        errors=Errors(errors=3, calls=7, first=60.0, last=62.5),
        began=50.0,
        alarm=61.5,
        undone=63.0,
        ended=80.0,
        violations=(),
    ),
    releases=[
        Release(
            release_id="r",
            status=ReleaseStatus.FAILED,
            action=Action.RELEASE,
            trigger=ReleaseTrigger.APPROVAL,
            execution_arn="e",
            target=Serving(champion=f"{ARN}/6"),
            reason="x" * 5_000,
            began_at="2026-11-23T04:00:00+00:00",
            ended_at="2026-11-23T04:00:30+00:00",
        )
    ],
    audit=Audit(given=160_000, logged=160_000, violations=()),
    traced=[Traced(prediction_id="a.1f.0", version=5, links=[("code", "ok: it lies there")],
                   problems=())],
    traffic=Traffic(seconds=[0, 2], per_second={"model 5": [2.5, 0], "errors": [0, 1]}),
    marks={"bad model": 1.0},
    seconds=200.0,
    unexpected=(),
)  # fmt: skip


def test_the_page_shows_who_answered_when_and_what_went_wrong(tmp_path: Path) -> None:
    sections = serving_report.sections(RESULT)
    page = Page(title="t", verdict="v", is_good=True, tiles=serving_report.tiles(RESULT),
                sections=sections)  # fmt: skip
    text = page.write(tmp_path / "page.html").read_text()

    assert "#c62828" in text
    for figure in ("6,552", "1.5 s", "2.5 s", "0.710", "140", "30.0 s", "a.1f.0"):
        assert figure in text, figure


def test_the_closing_table_has_a_line_per_model_and_figure() -> None:
    rows = dict(serving_report.rows(RESULT))

    assert rows["requests for predictions"] == "500"
    assert rows["A/B test: AUC of model 4, 70 requests"] == "0.700"
    assert rows["bad model: from its first error to the alarm"] == "1.5 s"


def test_a_release_without_an_alarm_has_no_time_to_it() -> None:
    rows = dict(serving_report.rows(replace(RESULT, bad=replace(RESULT.bad, alarm=None))))

    assert rows["bad model: from its first error to the alarm"] == "–"


def test_every_breach_of_a_promise_is_a_violation() -> None:
    broken = replace(
        RESULT,
        unexpected=["a call failed"],
        arms=RESULT.arms[:1],
        bad=replace(RESULT.bad, violations=("the alarm did not fire",)),
        audit=replace(RESULT.audit, violations=("one is not logged",)),
        traced=[replace(RESULT.traced[0], problems=["the code is gone"])],
    )

    assert RESULT.violations == []
    assert broken.violations == [
        "a call failed",
        "the A/B test had answers of one model only",
        "the alarm did not fire",
        "one is not logged",
        "a.1f.0: the code is gone",
    ]


def test_two_models_are_tried_beside_each_other_with_however_many_shares(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "PERCENTS", (10, 20, 50))

    assert RESULT.violations == []
