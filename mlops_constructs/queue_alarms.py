"""The alarms of a queue that feeds a function (R15)."""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from mlops_constructs.alarms import PERIOD, Runbook, alarm_when_any


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueAlarmsProps:
    """Inputs of `add_queue_alarms`.

    Attributes:
        source_queue: Where messages arrive.
        dead_letter_queue: Where those go that failed; the archiver empties it.
        parking_queue: Where those go that the archiver failed on; nothing empties it.
        processor: Consumes the source queue.
        archiver: Consumes the dead-letter queue.
        late_seconds: Age beyond which a message waits too long.
        topic: Told by every alarm.
    """

    source_queue: sqs.IQueue
    dead_letter_queue: sqs.IQueue
    parking_queue: sqs.IQueue
    processor: lambda_.IFunction
    archiver: lambda_.IFunction
    late_seconds: int
    topic: sns.ITopic


@dataclass(frozen=True, kw_only=True, slots=True)
class _Watch:
    construct_id: str
    metric: cloudwatch.IMetric
    description: str
    runbook: Runbook
    threshold: float = 1


def add_queue_alarms(scope: Construct, props: QueueAlarmsProps) -> None:
    """Watch everything that can go wrong between a message's arrival and its archive."""
    for watch in (*_queues(props), *_functions(props)):
        alarm_when_any(
            scope,
            watch.construct_id,
            metric=watch.metric,
            threshold=watch.threshold,
            description=watch.description,
            runbook=watch.runbook,
            topic=props.topic,
        )


def _queues(props: QueueAlarmsProps) -> Iterator[_Watch]:
    # Its consumer empties the queue at once, so the number of visible messages stays 0, and
    # `NumberOfMessagesSent` does not count what SQS itself moves.
    received = props.dead_letter_queue.metric_number_of_messages_received
    yield _Watch(
        construct_id="DeadLettersAlarm",
        metric=received(period=PERIOD, statistic="Sum"),
        description="Messages could not be processed: `ops dead-letters list` says which and why.",
        runbook=Runbook.DEAD_LETTERS,
    )
    visible = props.parking_queue.metric_approximate_number_of_messages_visible
    yield _Watch(
        construct_id="ParkingAlarm",
        metric=visible(period=PERIOD, statistic="Maximum"),
        description="Dead letters could not be archived: read the archive function's log, then "
        "`ops parking redrive`.",
        runbook=Runbook.PARKING_QUEUE,
    )
    age = props.source_queue.metric_approximate_age_of_oldest_message
    yield _Watch(
        construct_id="LateAlarm",
        metric=age(period=PERIOD, statistic="Maximum"),
        threshold=props.late_seconds,
        description=f"A message waits longer than {props.late_seconds} s, more than the expected "
        "burst explains: look for throttles and errors, or raise max_concurrency.",
        runbook=Runbook.QUEUE_AGE,
    )


def _functions(props: QueueAlarmsProps) -> Iterator[_Watch]:
    yield _Watch(
        construct_id="ThrottlesAlarm",
        metric=props.processor.metric_throttles(period=PERIOD, statistic="Sum"),
        description="The function was refused concurrency: something else uses up the account's "
        "or its reservation.",
        runbook=Runbook.THROTTLES_AND_ERRORS,
    )
    yield _Watch(
        construct_id="ErrorsAlarm",
        metric=props.processor.metric_errors(period=PERIOD, statistic="Sum"),
        description="Whole batches failed (a crash, a timeout, no memory): read the function's "
        "log.",
        runbook=Runbook.THROTTLES_AND_ERRORS,
    )
    yield _Watch(
        construct_id="ArchiverThrottlesAlarm",
        metric=props.archiver.metric_throttles(period=PERIOD, statistic="Sum"),
        description="Dead letters wait: the archive function was refused concurrency.",
        runbook=Runbook.THROTTLES_AND_ERRORS,
    )
    yield _Watch(
        construct_id="ArchiverErrorsAlarm",
        metric=props.archiver.metric_errors(period=PERIOD, statistic="Sum"),
        description="Dead letters are not being archived: read the archive function's log.",
        runbook=Runbook.THROTTLES_AND_ERRORS,
    )
