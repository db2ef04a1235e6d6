from datetime import UTC, datetime, timedelta

import pytest

from bench import flights
from bench.deployed import monthly
from bench.release import MONTHS, SECOND, guarding_seconds, line_of
from ops.executions import Execution

BEGAN = datetime(2026, 11, 1, 12, tzinfo=UTC)
RUNNING = Execution(arn="arn:x:release-1", name="release-1", status="RUNNING", began_at=BEGAN)


def ended(seconds: float) -> Execution:
    return Execution(
        arn=RUNNING.arn,
        name=RUNNING.name,
        status="SUCCEEDED",
        began_at=BEGAN,
        ended_at=BEGAN + timedelta(seconds=seconds),
    )


def test_a_release_is_held_against_the_waits_that_guard_it() -> None:
    line = line_of("release", ended(20.5), 14)

    assert line.ours == "20.5 s"
    assert "14.0 s" in line.peer
    assert line.figure == pytest.approx(6.5)


def test_a_new_endpoint_has_no_waits() -> None:
    assert "no wait" in line_of("release", ended(8), 0).peer


def test_a_release_that_runs_has_no_line() -> None:
    with pytest.raises(ValueError, match="release-1 has not ended"):
        line_of("release", RUNNING, 14)


def test_the_waits_are_those_that_are_configured() -> None:
    assert guarding_seconds() > 0


def test_each_month_has_its_own_flights() -> None:
    files = dict(monthly(range(1, 3)))

    header = flights.year().partition(b"\n")[0]
    assert list(files) == ["flights/bench/1.csv", "flights/bench/2.csv"]
    for month, content in (
        (b"1", files["flights/bench/1.csv"]),
        (b"2", files["flights/bench/2.csv"]),
    ):
        first, *rows = content.splitlines()
        assert first == header
        assert {row.split(b",")[1] for row in rows} == {month}


def test_every_month_of_the_windows_is_ingested() -> None:
    assert [f"2013-{month:02}" for month in MONTHS] == list(SECOND.months)
