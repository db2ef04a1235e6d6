"""The alarms of ingestion by their real cause, as subscribers of the topic see it, and back to OK.

The one on late messages waits ten minutes as it is deployed: here it has a lower threshold, and is
otherwise the deployed one. The archive function's two are left to the campaigns of faults.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.config import Config

from schemas.names import Output
from schemas.weather import WEATHER
from tests.e2e.lake import POISON, Lake
from tests.e2e.subscriber import Notice, Subscriber
from tests.e2e.subscriber import subscribed as subscribed_to
from tests.unit.lambdas.files import flights, row

WEATHER_VALUES = {
    "origin": "EWR", "year": "2013", "month": "1", "day": "1", "hour": "1",
    "time_hour": "2013-01-01T06:00:00Z",
}  # fmt: skip


@dataclass(slots=True)
class Alarms:
    """The deployed alarms, and what their topic has told its subscriber.

    Attributes:
        lake: Whose alarms.
        subscriber: Who was told.
    """

    lake: Lake
    subscriber: Subscriber

    def await_announcement(self, alarm: str) -> dict[str, Any]:
        """Wait until the alarm with this construct id was announced; return the message."""
        notice = self.subscriber.await_notice(
            lambda each: alarm in message_in(each)["AlarmName"], f"{alarm} is announced"
        )
        return message_in(notice)

    def forget(self) -> None:
        """Begin anew, once every alarm about queues and functions is quiet."""
        for alarm in ("DeadLetters", "Throttles", "Errors", "Parking", "Late"):
            self.lake.await_alarm(f"Ingestion-{alarm}Alarm", "OK")
        self.subscriber.forget()

    def was_announced(self, alarm: str) -> bool:
        """Return whether an alarm is among the announced ones."""
        return any(alarm in message_in(each)["AlarmName"] for each in self.subscriber.heard)

    @contextmanager
    def threshold(self, alarm: str, value: float) -> Iterator[None]:
        """Give the alarm with this construct id another threshold, and nothing else."""
        client = self.lake.cloud.client("cloudwatch")
        members = client.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
        deployed = {name: each for name, each in self.lake.alarm(alarm).items() if name in members}
        client.put_metric_alarm(**deployed | {"Threshold": value})
        try:
            yield
        finally:
            client.put_metric_alarm(**deployed)


@pytest.fixture(scope="module")
def subscribed(lake: Lake) -> Iterator[Alarms]:
    topic = lake.deployment[Output.ALARM_TOPIC_ARN]
    with subscribed_to(lake.cloud, topic, "e2e-alarm-subscriber") as subscriber:
        yield Alarms(lake, subscriber)


@pytest.fixture
def alarms(subscribed: Alarms) -> Alarms:
    subscribed.forget()
    return subscribed


def message_in(notice: Notice) -> dict[str, Any]:
    """Return what CloudWatch has written."""
    message: dict[str, Any] = json.loads(notice["Message"])
    return message


@contextmanager
def disabled(lake: Lake) -> Iterator[None]:
    """Take the function's whole concurrency away."""
    client, name = lake.cloud.client("lambda"), lake.function_name
    reserved = client.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"]
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)


def weather(good: int, bad: int) -> bytes:
    """A CSV file with so many good rows, and bad ones, whose humidity no air ever had."""
    header = ",".join(WEATHER.column_names)

    def weather_row(**values: str) -> str:
        return ",".join((WEATHER_VALUES | values).get(name, "") for name in WEATHER.column_names)

    lines = [header, *[weather_row()] * good, *[weather_row(humid="101")] * bad]
    return "".join(f"{line}\n" for line in lines).encode()


def test_a_dead_letter_is_announced_as_cloudwatch_would(alarms: Alarms) -> None:
    alarms.lake.put("landing/flights/alarms/poison.csv", POISON)

    message = alarms.await_announcement("Ingestion-DeadLettersAlarm")

    assert (message["OldStateValue"], message["NewStateValue"]) == ("OK", "ALARM")
    assert "ops dead-letters list" in message["AlarmDescription"]
    assert message["NewStateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints")
    trigger = message["Trigger"]
    assert (trigger["Namespace"], trigger["MetricName"]) == ("AWS/SQS", "NumberOfMessagesReceived")
    assert message["AlarmActions"] == [alarms.lake.deployment[Output.ALARM_TOPIC_ARN]]
    alarms.lake.await_alarm("Ingestion-DeadLettersAlarm", "OK")


def test_refused_concurrency_is_told_apart_from_errors(alarms: Alarms) -> None:
    once = Config(retries={"total_max_attempts": 1})
    client = alarms.lake.cloud.client("lambda", config=once)

    with disabled(alarms.lake), pytest.raises(client.exceptions.TooManyRequestsException):
        client.invoke(FunctionName=alarms.lake.function_name, Payload=b'{"Records": []}')

    alarms.await_announcement("Ingestion-ThrottlesAlarm")
    alarms.lake.await_alarm("Ingestion-ThrottlesAlarm", "OK")
    assert not alarms.was_announced("Ingestion-ErrorsAlarm")


def test_errors_are_told_apart_from_refused_concurrency(alarms: Alarms) -> None:
    answer = alarms.lake.cloud.client("lambda").invoke(
        FunctionName=alarms.lake.function_name, Payload=b'{"no": "records"}'
    )
    assert answer["FunctionError"]

    alarms.await_announcement("Ingestion-ErrorsAlarm")
    alarms.lake.await_alarm("Ingestion-ErrorsAlarm", "OK")
    assert not alarms.was_announced("Ingestion-ThrottlesAlarm")


def test_a_parked_message_alarms_until_it_is_gone(alarms: Alarms) -> None:
    sqs, url = alarms.lake.cloud.client("sqs"), alarms.lake.deployment[Output.PARKING_QUEUE_URL]
    sqs.send_message(QueueUrl=url, MessageBody="parked")

    alarms.await_announcement("Ingestion-ParkingAlarm")

    sqs.purge_queue(QueueUrl=url)
    alarms.lake.await_alarm("Ingestion-ParkingAlarm", "OK")


def test_a_message_that_waits_too_long_alarms_until_it_is_taken(alarms: Alarms) -> None:
    queue_name = alarms.lake.deployment[Output.INGESTION_QUEUE_URL].rpartition("/")[2]

    with alarms.threshold("Ingestion-LateAlarm", 2):
        with alarms.lake.paused():
            alarms.lake.put("landing/flights/alarms/late.csv", flights(row()))
            message = alarms.await_announcement("Ingestion-LateAlarm")
        alarms.lake.await_alarm("Ingestion-LateAlarm", "OK")

    trigger = message["Trigger"]
    assert (trigger["MetricName"], trigger["Threshold"]) == ("ApproximateAgeOfOldestMessage", 2)
    assert [each["value"] for each in trigger["Dimensions"]] == [queue_name]
    assert alarms.lake.in_force("landing/flights/alarms/late.csv").rows_in == 1


def test_silence_and_refused_rows_alarm_until_good_files_arrive(alarms: Alarms) -> None:
    # No other test sends weather: nothing of it has ever arrived.
    alarms.lake.await_alarm("WeatherFreshnessAlarm", "ALARM")

    # 4 %: the file passes, but the alarm warns at half the limit.
    alarms.lake.put("landing/weather/alarms/dirty.csv", weather(good=480, bad=20))

    alarms.await_announcement("WeatherQuarantineAlarm")
    alarms.lake.await_alarm("WeatherFreshnessAlarm", "OK")
    assert alarms.lake.in_force("landing/weather/alarms/dirty.csv").rows_quarantined == 20

    alarms.lake.put("landing/weather/alarms/clean.csv", weather(good=1_000, bad=0))

    alarms.lake.await_alarm("WeatherQuarantineAlarm", "OK")
