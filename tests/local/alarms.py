"""Alarms for tests."""

from typing import Any

from local.alarms import definition

RECORD = {
    "AlarmName": "probe",
    "AlarmArn": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:probe",
    "AlarmConfigurationUpdatedTimestamp": 0,
    "AlarmActions": ["arn:aws:sns:us-east-1:000000000000:topic"],
    "Namespace": "Probe",
    "MetricName": "Depth",
    "Dimensions": [{"Name": "Queue", "Value": "q"}],
    "Statistic": "Maximum",
    "Period": 300,
    "EvaluationPeriods": 1,
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}


def alarm(**changes: Any) -> definition.Alarm:
    """Return an alarm on one metric, with some of its properties changed."""
    return definition.read(RECORD | changes)
