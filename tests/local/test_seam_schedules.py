from datetime import UTC, datetime, timedelta

import pytest

from tests.local.emulator import run

pytestmark = pytest.mark.local_cloud

SCALE = 60
INSTALL = (
    "from datetime import UTC, datetime\n"
    "import local.adapter.schedules as s; from ministack.services import eventbridge as e\n"
    f"s.install({SCALE}); began = datetime.now(UTC)\n"
)


def occurrences(expression: str, count: int) -> list[float]:
    """Return after how many seconds from now a rule of the scaled emulator fires, each time."""
    told = run(
        f"{INSTALL}fields = e._parse_cron_fields({expression!r}); last = began; found = []\n"
        f"for _ in range({count}):\n"
        "    last = e._cron_next_fire(fields, last); found.append((last - began).total_seconds())\n"
        "print(*found)"
    )
    return [float(each) for each in told.split()]


def test_the_calendar_of_cron_runs_faster_and_evenly() -> None:
    daily = occurrences("cron(0 12 * * ? *)", 4)

    day = timedelta(days=1).total_seconds() / SCALE
    assert 0 <= daily[0] <= day
    assert [round(b - a) for a, b in zip(daily, daily[1:], strict=False)] == [round(day)] * 3


def test_the_first_occurrence_is_as_far_as_on_the_wall_divided() -> None:
    now = datetime.now(UTC)
    next_year = datetime(now.year + 1, 1, 1, tzinfo=UTC)

    (first,) = occurrences("cron(0 0 1 1 ? *)", 1)

    assert first == pytest.approx((next_year - now).total_seconds() / SCALE, abs=1)


def test_rates_are_divided() -> None:
    assert run(f"{INSTALL}print(e._parse_rate_seconds('rate(1 hour)'))") == "60.0"


def test_due_schedules_are_looked_for_more_often() -> None:
    told = run(
        f"{INSTALL}from ministack.services import scheduler\n"
        "print(e._SCHEDULER_TICK_INTERVAL * 60, scheduler._SCHEDULE_TICK_INTERVAL * 60)"
    )

    assert told == "10.0 10.0"
