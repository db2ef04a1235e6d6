from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.monitor.request import Request, parse_request
from lambdas.shared.errors import InvalidInputError
from schemas.monitoring import MonitoringTrigger

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


def parsed(document: object) -> Request:
    return parse_request(document, window_days=28, now=NOW)


def test_nothing_asks_for_the_window_of_the_deployment_by_hand() -> None:
    assert parsed({}) == Request(
        trigger=MonitoringTrigger.MANUAL,
        since=NOW - timedelta(days=28),
        until=NOW,
        label_months=(),
    )


def test_everything_that_may_be_asked_for() -> None:
    request = parsed(
        {
            "trigger": "schedule",
            "since": "2013-04-01T02:00:00+02:00",
            "until": "2013-05-01T00:00:00Z",
            "label_months": ["2013-05", "2013-04", "2013-05"],
        }
    )

    assert request == Request(
        trigger=MonitoringTrigger.SCHEDULE,
        since=datetime(2013, 4, 1, tzinfo=UTC),
        until=datetime(2013, 5, 1, tzinfo=UTC),
        label_months=("2013-04", "2013-05"),
    )


def test_the_window_ends_where_the_input_says() -> None:
    request = parsed({"until": "2013-05-01T00:00:00+00:00"})

    assert request.since == datetime(2013, 4, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("document", "cause", "remedy"),
    [
        ([], "the input must be a JSON object", "got []"),
        (None, "the input must be a JSON object", "got None"),
        ({"untill": "x"}, "unknown key 'untill'", "known are trigger, since, until, label_months"),
        ({"trigger": "quality"}, "trigger must be one of 'schedule', 'manual'", "got 'quality'"),
        ({"trigger": ["manual"]}, "trigger must be one of", "got ['manual']"),
        ({"since": "yesterday"}, "since must be a moment", "got 'yesterday'"),
        ({"since": 20130401}, "since must be a moment", "got 20130401"),
        ({"since": None}, "since must be a moment", "got None"),
        ({"until": "2013-04-01"}, "with its time zone", "'2013-04-01T00:00:00+00:00'"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "until must be a moment", "0001"),
        ({"until": "0001-01-02T00:00:00+00:00"}, "until is too early", "28 days before"),
        ({"since": NOW.isoformat()}, "since must be before until", "got 2026-11-23T04:00:00"),
        ({"label_months": "2013-04"}, "must be a list of months", "['2013-04']"),
        ({"label_months": [4]}, "must be a list of months", "got [4]"),
        ({"label_months": ["2013-13"]}, "label_months: a month is written YYYY-MM", "2013-13"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_write_instead(
    document: Any, cause: str, remedy: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parsed(document)

    assert cause in str(refused.value)
    assert remedy in str(refused.value)
