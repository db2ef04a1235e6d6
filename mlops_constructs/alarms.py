"""Alarms that have an action and state what missing data means."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

PERIOD = cdk.Duration.minutes(1)


def alarm_when_any(
    scope: Construct,
    construct_id: str,
    *,
    metric: cloudwatch.IMetric,
    description: str,
    topic: sns.ITopic,
    threshold: float = 1,
) -> cloudwatch.Alarm:
    """Create an alarm for something that normally does not happen: no data is good news.

    Args:
        scope: Parent.
        construct_id: Id in `scope`.
        metric: What is watched, over one period.
        description: What happened and what to do, for whoever is woken by it.
        topic: Told when the alarm goes off.
        threshold: Least value that sets it off.
    """
    alarm = cloudwatch.Alarm(
        scope,
        construct_id,
        metric=metric,
        alarm_description=description,
        threshold=threshold,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    alarm.add_alarm_action(actions.SnsAction(topic))
    return alarm


def alarm_when_none(
    scope: Construct,
    construct_id: str,
    *,
    metric: cloudwatch.IMetric,
    periods: int,
    description: str,
    topic: sns.ITopic,
) -> cloudwatch.Alarm:
    """Create an alarm for something that should keep happening: no data is bad news.

    Args:
        scope: Parent.
        construct_id: Id in `scope`.
        metric: What is watched; its period times `periods` is the accepted silence.
        periods: Consecutive periods without it that set the alarm off.
        description: What happened and what to do, for whoever is woken by it.
        topic: Told when the alarm goes off.
    """
    alarm = cloudwatch.Alarm(
        scope,
        construct_id,
        metric=metric,
        alarm_description=description,
        threshold=1,
        evaluation_periods=periods,
        comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
    )
    alarm.add_alarm_action(actions.SnsAction(topic))
    return alarm
