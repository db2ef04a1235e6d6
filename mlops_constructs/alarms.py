"""Alarms that have a name, an action and a runbook, and state what missing data means."""

from enum import StrEnum
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

PERIOD = cdk.Duration.minutes(1)

RUNBOOKS = "docs/runbooks/"
"""Where the pages lie; the context `runbooks` says an address that people can open instead."""


class Runbook(StrEnum):
    """Pages that say what to do about an alarm: `<value>.md` in `RUNBOOKS`."""

    DEAD_LETTERS = "dead-letters"
    PARKING_QUEUE = "parking-queue"
    QUEUE_AGE = "queue-age"
    THROTTLES_AND_ERRORS = "throttles-and-errors"
    FRESHNESS = "freshness"
    QUARANTINE_SHARE = "quarantine-share"
    UNDELIVERED = "undelivered"
    TRAINING = "training"
    RELEASES = "releases"
    ENDPOINT = "endpoint"
    PREDICTIONS = "predictions"
    MODEL_MONITOR = "model-monitor"
    PLATFORM = "platform"


def alarm_when_any(
    scope: Construct,
    construct_id: str,
    *,
    metric: cloudwatch.IMetric,
    description: str,
    runbook: Runbook,
    topic: sns.ITopic,
    threshold: float = 1,
) -> cloudwatch.Alarm:
    """Create an alarm for something that normally does not happen: no data is good news.

    Args:
        scope: Parent.
        construct_id: Id in `scope`.
        metric: What is watched, over one period.
        description: What happened and what to do, for whoever is woken by it.
        runbook: Page that says it at length.
        topic: Told when the alarm goes off.
        threshold: Least value that sets it off.
    """
    return _alarm(
        scope,
        construct_id,
        topic,
        metric=metric,
        alarm_description=described(scope, description, runbook),
        threshold=threshold,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )


def alarm_when_none(
    scope: Construct,
    construct_id: str,
    *,
    metric: cloudwatch.IMetric,
    periods: int,
    description: str,
    runbook: Runbook,
    topic: sns.ITopic,
) -> cloudwatch.Alarm:
    """Create an alarm for something that should keep happening: no data is bad news.

    Args:
        scope: Parent.
        construct_id: Id in `scope`.
        metric: What is watched; its period times `periods` is the accepted silence.
        periods: Consecutive periods without it that set the alarm off.
        description: What happened and what to do, for whoever is woken by it.
        runbook: Page that says it at length.
        topic: Told when the alarm goes off.
    """
    return _alarm(
        scope,
        construct_id,
        topic,
        metric=metric,
        alarm_description=described(scope, description, runbook),
        threshold=1,
        evaluation_periods=periods,
        comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
    )


def described(scope: Construct, description: str, runbook: Runbook) -> str:
    """Return an alarm's description, which ends with where its runbook is."""
    place = str(scope.node.try_get_context("runbooks") or RUNBOOKS)
    return f"{description} Runbook: {place.removesuffix('/')}/{runbook}.md"


def alarm_name(scope: Construct, construct_id: str) -> str:
    """Return the name of an alarm: its stack's, then its path in the stack.

    People read it in a message's subject, and other stacks name it without an import.
    """
    stack = cdk.Stack.of(scope)
    path = scope.node.path.removeprefix(stack.node.path).split("/")
    return "-".join(filter(None, [stack.stack_name, *path, construct_id]))


def _alarm(
    scope: Construct, construct_id: str, topic: sns.ITopic, **properties: Any
) -> cloudwatch.Alarm:
    alarm = cloudwatch.Alarm(
        scope, construct_id, alarm_name=alarm_name(scope, construct_id), **properties
    )
    alarm.add_alarm_action(actions.SnsAction(topic))
    return alarm
