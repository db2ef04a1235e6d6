"""What surrounds queues: functions that are invoked asynchronously, and buckets."""

from collections.abc import Iterator
from typing import Any

from queue_rules import identities
from queue_rules.application import Application, Resource
from queue_rules.findings import LAMBDA_GUIDE, Severity, Violation, cannot_check, rule
from queue_rules.values import Properties, Unknown

BUCKET = "AWS::S3::Bucket"
CDK_NOTIFICATIONS = "Custom::S3BucketNotifications"


@rule(
    "R16",
    "Destinations rather than a function's dead-letter queue",
    severity=Severity.WARNING,
    consequence="A function's dead-letter queue gets the event alone, without response and error, "
    "and for a mapping of a queue it does nothing at all.",
    source=LAMBDA_GUIDE + "invocation-async-retain-records.html",
)
def destinations(application: Application) -> Iterator[Violation]:
    """OnFailure of an EventInvokeConfig instead of DeadLetterConfig."""
    for function in application.functions:
        config = function.resource.properties.mapping("DeadLetterConfig")
        if isinstance(config, Unknown):
            yield cannot_check(function.resource, [config])
        elif config:
            yield Violation(
                function.resource,
                "it has a DeadLetterConfig, which serves asynchronous invocations only",
                "set an OnFailure destination in an EventInvokeConfig, or, if only a queue invokes "
                "it, RedrivePolicy on that queue",
            )


@rule(
    "R18",
    "S3 notifies standard queues only",
    severity=Severity.ERROR,
    consequence="S3 refuses the configuration, and the deployment fails.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-"
    "and-destinations.html",
)
def bucket_notifications(application: Application) -> Iterator[Violation]:
    """No FIFO target, be the queue known or not."""
    for resource in application.of_type(BUCKET, CDK_NOTIFICATIONS):
        config = resource.properties.mapping("NotificationConfiguration")
        if isinstance(config, Unknown):
            yield cannot_check(resource, [config])
            continue
        for each in config.mappings("QueueConfigurations"):
            if isinstance(each, Unknown):
                yield cannot_check(resource, [each])
            else:
                yield from _target(application, resource, each)


def _target(
    application: Application, resource: Resource, configuration: Properties
) -> Iterator[Violation]:
    arn: Any = configuration.raw("Queue") or configuration.raw("QueueArn")
    if not isinstance(arn, str):
        yield cannot_check(resource, [arn])
        return
    fifo = [each.is_fifo for each in application.queues if identities.same_arn(arn, each.arn)] or [
        arn.endswith(".fifo")
    ]
    if fifo[0] is True:
        yield Violation(
            resource,
            f"it notifies the FIFO queue {arn.rpartition(':')[2]}",
            "notify a standard queue",
        )
    elif isinstance(fifo[0], Unknown):
        yield cannot_check(resource, fifo)
