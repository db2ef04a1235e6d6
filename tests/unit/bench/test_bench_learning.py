from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from bench import learning
from bench.results import Line, Verdict
from bench.snapshot import write_snapshot
from bench.workshop import Workshop
from tests.unit.ml.synthetic import write_snapshot as write_synthetic

YEAR = tuple(f"2013-{month:02}" for month in range(1, 13))
COMPARED = YEAR[4:]


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """One whose snapshot is there already."""
    (tmp_path / "snapshot").mkdir()
    return Workshop(tmp_path, lambda _: None)


def overhead(ours: float) -> dict[str, Any]:
    plain = {"plain train": 2.0, "plain judge": 1.0}
    seconds = {"train": 2 * ours, "judge": ours, "evaluate": 2.5, "features": 0.1, "matrix": 0.2}
    return {"seconds": seconds | plain, "examples": 500_000, "features": 17, "xgboost": "3.2.0"}


def year(gain: float, challenger: float) -> dict[str, Any]:
    return {
        "static": dict.fromkeys(COMPARED, 0.6),
        "retrained": dict.fromkeys(COMPARED, 0.6 + gain),
        "last three months": {"2013-10": challenger},
    }


def answer(monkeypatch: pytest.MonkeyPatch, result: dict[str, Any]) -> None:
    monkeypatch.setattr(learning, "run_in_twin", lambda *_: result)


def by_name(lines: list[Line]) -> dict[str, Line]:
    return {line.what: line for line in lines}


@pytest.mark.parametrize(("ours", "verdict"), [(1.09, Verdict.OK), (1.11, Verdict.MISSED)])
def test_our_code_may_add_a_tenth(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, ours: float, verdict: Verdict
) -> None:
    answer(monkeypatch, overhead(ours))

    training, evaluation, page, features, matrix = learning.training(workshop)

    assert [line.figure for line in (training, evaluation)] == pytest.approx([ours, ours])
    assert training.verdict is evaluation.verdict is verdict
    assert page.figure == pytest.approx(1000 * (2.5 - ours))
    assert [line.figure for line in (features, matrix)] == pytest.approx([5, 2.5])


@pytest.mark.parametrize(
    ("gain", "verdict"),
    [(0.06, Verdict.GOAL), (0.05, Verdict.SHORT), (0.03, Verdict.MISSED)],
)
def test_retraining_must_gain(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, gain: float, verdict: Verdict
) -> None:
    answer(monkeypatch, year(gain, challenger=0.5))

    lines = by_name(list(learning.retraining(workshop)))

    assert lines["AUC gained by retraining, mean"].figure == pytest.approx(100 * gain)
    assert lines["AUC gained by retraining, mean"].verdict is verdict
    assert lines["AUC gained by retraining, 2013-12"].figure == pytest.approx(100 * gain)
    assert len(lines) == len(COMPARED) + 2


@pytest.mark.parametrize(("auc", "verdict"), [(0.62, Verdict.OK), (0.66, Verdict.MISSED)])
def test_a_challenger_of_three_months_must_not_win(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, auc: float, verdict: Verdict
) -> None:
    answer(monkeypatch, year(0.05, challenger=auc))

    (*_, line) = learning.retraining(workshop)

    assert line.figure == pytest.approx(100 * (auc - 0.65))
    assert line.verdict is verdict


@pytest.mark.slow
def test_the_twin_measures_what_the_lines_need(tmp_path: Path) -> None:
    write_synthetic(tmp_path / "snapshot", YEAR, flights_per_day=10)
    workshop = Workshop(tmp_path, lambda _: None)

    lines = [*learning.training(workshop), *learning.retraining(workshop)]

    assert len(lines) == 5 + len(COMPARED) + 2
    figures = by_name(lines)
    gains = [figures[f"AUC gained by retraining, {month}"].figure for month in COMPARED]
    mean = figures["AUC gained by retraining, mean"].figure
    assert mean == pytest.approx(sum(gains) / len(gains))


@pytest.mark.slow
def test_the_snapshot_is_the_whole_year_but_a_wind_that_never_blew(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "snapshot")

    rows = {
        name: [
            pyarrow.parquet.read_metadata(path).num_rows
            for path in sorted((tmp_path / "snapshot" / name).glob("year=2013/month=??/*.parquet"))
        ]
        for name in ("flights", "weather")
    }
    assert {name: len(months) for name, months in rows.items()} == {"flights": 12, "weather": 12}
    assert {name: sum(months) for name, months in rows.items()} == {
        "flights": 336_776,
        "weather": 26_114,
    }
