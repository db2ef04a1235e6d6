"""The demo's watch, on a cloud whose alarms change faster than anybody looks."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from demo.watch import Watch

ALARM = "mlops-local-ingestion-Ingestion-DeadLettersAlarm"
AMPLE_SECONDS = 10
BEGAN_AT = 100.0


class FakeCloud:
    """Empty queues, and the history that CloudWatch keeps of one alarm."""

    def __init__(self) -> None:
        self.history: list[tuple[datetime, str]] = []

    def happen(self, *states: str, at: datetime | None = None) -> None:
        self.history += [(at or datetime.now(UTC), state) for state in states]

    def get_paginator(self, operation: str) -> "FakeCloud":
        assert operation == "describe_alarm_history"
        return self

    def paginate(self, *, StartDate: datetime, **_: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        for moment, state in list(self.history):
            if moment >= StartDate:
                data = json.dumps({"newState": {"stateValue": state}})
                item = {"AlarmName": ALARM, "Timestamp": moment, "HistoryData": data}
                yield {"AlarmHistoryItems": [item]}

    def get_queue_attributes(self, **request: Any) -> dict[str, Any]:
        return {"Attributes": dict.fromkeys(request["AttributeNames"], "0")}


class FakeDeployment:
    def __init__(self, cloud: FakeCloud) -> None:
        self.connection = SimpleNamespace(cloudwatch=cloud, sqs=cloud)

    def __getitem__(self, output: str) -> str:
        return output


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def watch(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    monkeypatch.setattr("demo.watch.LOOK_SECONDS", 0.01)
    deployment: Any = FakeDeployment(cloud)
    with Watch(deployment, clock=lambda: BEGAN_AT) as begun:
        yield begun


def test_an_alarm_that_came_and_went_between_two_looks_has_fired(
    cloud: FakeCloud, watch: Watch
) -> None:
    cloud.happen("OK", "ALARM", "OK")

    assert watch.wait_until_fired("DeadLetter", timeout_seconds=AMPLE_SECONDS)
    assert watch.wait_until_recovered("DeadLetter", timeout_seconds=AMPLE_SECONDS)
    assert [each.state for each in watch.changes] == ["OK", "ALARM", "OK"]


def test_what_an_alarm_did_before_the_watch_does_not_count(cloud: FakeCloud, watch: Watch) -> None:
    cloud.happen("ALARM", at=datetime.now(UTC) - timedelta(hours=1))
    cloud.happen("OK")

    assert watch.wait_until_recovered("DeadLetter", timeout_seconds=AMPLE_SECONDS)
    assert not watch.wait_until_fired("DeadLetter", timeout_seconds=0)


def test_an_alarm_that_fired_again_has_not_recovered(cloud: FakeCloud, watch: Watch) -> None:
    cloud.happen("ALARM", "OK", "ALARM")

    assert watch.wait_until_fired("DeadLetter", timeout_seconds=AMPLE_SECONDS)
    assert not watch.wait_until_recovered("DeadLetter", timeout_seconds=0)


def test_changes_keep_their_distance_and_are_told_by_the_constructs_name(
    cloud: FakeCloud, watch: Watch
) -> None:
    now = datetime.now(UTC)
    cloud.happen("ALARM", at=now)
    cloud.happen("OK", at=now + timedelta(seconds=7))

    assert watch.wait_until_recovered("DeadLetter", timeout_seconds=AMPLE_SECONDS)

    fired, recovered = watch.changes
    assert fired.alarm == recovered.alarm == "Ingestion-DeadLettersAlarm"
    assert recovered.second - fired.second == pytest.approx(7)
    assert fired.second >= BEGAN_AT
