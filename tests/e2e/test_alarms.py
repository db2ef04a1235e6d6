"""Alarms of ingestion by their real cause, as subscribers of the topic see it, and back to OK.

That every alarm goes off and recovers, the rehearsals of the runbooks see.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.config import Config

from schemas.names import Output
from tests.e2e.lake import POISON, Lake
from tests.e2e.subscriber import Notice, Subscriber
from tests.e2e.subscriber import subscribed as subscribed_to


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
