from pathlib import Path
from typing import Any

import pytest

from bench import monitor as monitoring
from bench.results import Verdict
from bench.workshop import Workshop
from tests.unit.ml.synthetic import write_snapshot

YEAR = tuple(f"2013-{month:02}" for month in range(1, 13))


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """One whose snapshot and model are there already."""
    for name in ("snapshot", "half-a-year"):
        tmp_path.joinpath(name).mkdir()
    return Workshop(tmp_path, lambda _: None)


def measured(*seconds: float) -> dict[str, Any]:
    watch = dict(zip(("100000", "200000", "400000"), seconds, strict=True))
    return {"watch": watch, "job": 1.4, "plain": 0.7, "columns": 19}


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(0.5, Verdict.GOAL), (0.9, Verdict.SHORT), (1.1, Verdict.MISSED)]
)
def test_a_hundred_thousand_predictions_take_less_than_a_second(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, seconds: float, verdict: Verdict
) -> None:
    result = measured(seconds, 2 * seconds, 4 * seconds)
    monkeypatch.setattr(monitoring, "run_in_twin", lambda *_: result)

    first, job, *growth = monitoring.monitor(workshop)

    assert (first.figure, first.verdict) == (seconds, verdict)
    assert first.what == "monitor, 100,000 × 19, CPU"
    assert job.figure == 1.4
    assert [line.figure for line in growth] == pytest.approx([1, 1])


@pytest.mark.parametrize(
    ("last", "verdict"), [(1.1, Verdict.GOAL), (1.3, Verdict.SHORT), (2.0, Verdict.MISSED)]
)
def test_time_grows_with_the_rows_and_no_more(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, last: float, verdict: Verdict
) -> None:
    monkeypatch.setattr(monitoring, "run_in_twin", lambda *_: measured(0.3, 0.5, last))

    *_, line = monitoring.monitor(workshop)

    assert line.figure == pytest.approx(last / 4 / 0.3)
    assert line.verdict is verdict


@pytest.mark.slow
def test_the_twin_measures_what_the_lines_need(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "snapshot", YEAR, flights_per_day=10)

    lines = list(monitoring.monitor(Workshop(tmp_path, lambda _: None)))

    assert len(lines) == 4
    assert all(line.figure > 0 for line in lines)
