"""What a month costs in which nothing happens but that a model is ready to serve."""

from collections.abc import Iterator

from costs import prices
from costs.fleets import SCALING_POLICY, Instances, fleets
from costs.items import Item
from costs.prices import HOURS_PER_MONTH
from queue_rules.application import Application, Resource
from queue_rules.templates import MAPPING

# Lambda polls with five processes, and with as few as two when there is little traffic, but not
# for a mapping with a maximum concurrency, as every one of ours has.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
POLLERS = 5
# The longest wait there is. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
LONG_POLL_SECONDS = 20
POLLS_PER_MONTH = POLLERS * HOURS_PER_MONTH * 3600 // LONG_POLL_SECONDS
# One to scale out, one to scale in.
# https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-policy.html
ALARMS_OF_TARGET_TRACKING = 2


def idle_items(application: Application) -> list[Item]:
    """Return what costs money while nothing happens."""
    alarms = application.of_type("AWS::CloudWatch::Alarm")
    composites = application.of_type("AWS::CloudWatch::CompositeAlarm")
    policies = application.of_type(SCALING_POLICY)
    mappings = [
        each for each in application.of_type(MAPPING) if each.properties.raw("Enabled") is not False
    ]
    items = [
        Item("customer-managed keys", len(application.of_type("AWS::KMS::Key")), prices.KEY),
        Item("metrics watched by alarms", sum(map(_metrics, alarms)), prices.ALARM),
        Item("composite alarms", len(composites), prices.COMPOSITE_ALARM),
        Item("alarms of scaling", ALARMS_OF_TARGET_TRACKING * len(policies), prices.ALARM),
        Item(
            "dashboards (three of up to 50 metrics are free)",
            len(application.of_type("AWS::CloudWatch::Dashboard")),
            prices.DASHBOARD,
        ),
        Item(
            "long polls of idle mappings (the first million a month is free)",
            POLLS_PER_MONTH * len(mappings),
            prices.QUEUE_REQUEST,
        ),
        *_instances(application),
    ]
    return [item for item in items if item.count]


def _metrics(alarm: Resource) -> int:
    """Return how many metrics an alarm reads; those that an expression makes are not billed."""
    return sum("MetricStat" in each for each in alarm.properties.raw("Metrics") or []) or 1


def _instances(application: Application) -> Iterator[Item]:
    for fleet in fleets(application):
        if isinstance(fleet, Instances):
            hours = fleet.fewest * HOURS_PER_MONTH
            yield Item(
                f"{fleet.fewest} instances of the endpoint", hours, prices.instance(fleet.kind)
            )
