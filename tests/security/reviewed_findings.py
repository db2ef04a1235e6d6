"""Findings of public rule sets that are wrong here: not counted, where the condition holds.

Everything else counts, acknowledged in the app or not. Reviewed by people.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from tests.infrastructure.assembly import Assembly, Resource, target

Condition = Callable[[Assembly, Resource], bool]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of a resource; counted once, however often the rule says it."""

    rule: str
    resource: Resource


@dataclass(frozen=True, slots=True)
class Wrong:
    """A rule that is wrong about some resources.

    Attributes:
        rules: Ids of the same rule in the packs that have it.
        condition: Whether the rule is wrong about this resource.
        reason: Why; somebody else can check it.
    """

    rules: tuple[str, ...]
    condition: Condition
    reason: str


def mappings_of(assembly: Assembly, function: Resource) -> list[Resource]:
    return [
        mapping
        for mapping in assembly.resources("AWS::Lambda::EventSourceMapping")
        if target(mapping.properties["FunctionName"]) == function.logical_id
    ]


def reads_a_queue(assembly: Assembly, mapping: Resource) -> bool:
    source = target(mapping.properties["EventSourceArn"])
    queues = assembly.resources("AWS::SQS::Queue")
    return source in {queue.logical_id for queue in queues if queue.stack == mapping.stack}


def is_fed_by_queues(assembly: Assembly, function: Resource) -> bool:
    mappings = mappings_of(assembly, function)
    return bool(mappings) and all(reads_a_queue(assembly, mapping) for mapping in mappings)


def is_awaited(assembly: Assembly, function: Resource) -> bool:
    """Return whether state machines invoke the function, and wait for it, and nobody else does."""
    definitions = [
        json.dumps(each.properties["DefinitionString"])
        for each in assembly.resources("AWS::StepFunctions::StateMachine")
        if each.stack == function.stack
    ]
    invoked_by_services = {
        target(each.properties["FunctionName"])
        for each in assembly.resources("AWS::Lambda::Permission")
        if each.stack == function.stack
    }
    return function.logical_id not in invoked_by_services and any(
        f'"{function.logical_id}"' in definition for definition in definitions
    )


def answers_clients(assembly: Assembly, function: Resource) -> bool:
    """Return whether clients invoke the function by its URL, and wait for it, and nobody else."""
    invoked_by_services = {
        target(each.properties["FunctionName"])
        for each in assembly.resources("AWS::Lambda::Permission", "AWS::Lambda::EventInvokeConfig")
        if each.stack == function.stack
    }
    buffered = {
        target(each.properties["TargetFunctionArn"])
        for each in assembly.resources("AWS::Lambda::Url")
        if each.stack == function.stack and each.properties["InvokeMode"] == "BUFFERED"
    }
    return function.logical_id in buffered - invoked_by_services


def keeps_failures(assembly: Assembly, function: Resource) -> bool:
    """Return whether asynchronous invocations that fail go to a destination."""
    return any(
        target(each.properties["FunctionName"]) == function.logical_id
        and "OnFailure" in each.properties.get("DestinationConfig", {})
        for each in assembly.resources("AWS::Lambda::EventInvokeConfig")
    )


def runs_once_per_training(assembly: Assembly, function: Resource) -> bool:
    """Return whether each training invokes the function once, by a state or by its event."""
    return is_awaited(assembly, function) or keeps_failures(assembly, function)


def has_bounded_mappings(assembly: Assembly, function: Resource) -> bool:
    return is_fed_by_queues(assembly, function) and all(
        "MaximumConcurrency" in mapping.properties.get("ScalingConfig", {})
        for mapping in mappings_of(assembly, function)
    )


def is_last_queue(assembly: Assembly, queue: Resource) -> bool:
    """Return whether what failed ends here: a redrive or a rule leads here, nothing consumes."""
    redrives = {
        target(resource.properties["RedrivePolicy"]["deadLetterTargetArn"])
        for resource in assembly.resources("AWS::SQS::Queue", "AWS::SNS::Subscription")
        if "RedrivePolicy" in resource.properties
    }
    consumed = {
        target(mapping.properties["EventSourceArn"])
        for mapping in assembly.resources("AWS::Lambda::EventSourceMapping")
    }
    events = {
        target(each.get("DeadLetterConfig", {}).get("Arn"))
        for rule in assembly.resources("AWS::Events::Rule")
        for each in rule.properties["Targets"]
    }
    return queue.logical_id in (redrives | events) - consumed


def takes_access_logs(assembly: Assembly, bucket: Resource) -> bool:
    return bucket.logical_id in {
        target(each.properties["LoggingConfiguration"]["DestinationBucketName"])
        for each in assembly.resources("AWS::S3::Bucket")
        if "LoggingConfiguration" in each.properties
    }


WRONG = (
    Wrong(
        ("Serverless-LambdaDLQ", "CKV_AWS_116"),
        is_fed_by_queues,
        "A function's own dead-letter queue serves asynchronous invocations; a mapping invokes "
        "synchronously, and what fails stays in the queue, whose redrive policy decides. "
        "https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html",
    ),
    Wrong(
        ("Serverless-LambdaDLQ", "CKV_AWS_116"),
        keeps_failures,
        "AWS recommends a destination instead: it also holds the request and the error (R16). "
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
    ),
    Wrong(
        ("Serverless-LambdaDLQ", "CKV_AWS_116"),
        is_awaited,
        "A task of a state machine invokes synchronously; the machine retries and catches. "
        "https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html",
    ),
    Wrong(
        ("Serverless-LambdaDLQ", "CKV_AWS_116"),
        answers_clients,
        "A function URL invokes synchronously: the client gets the failure, and asks again. "
        "https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html",
    ),
    Wrong(
        ("Serverless-LambdaEventSourceMappingDestination",),
        reads_a_queue,
        "Lambda offers destinations of mappings for streams and Kafka, not for SQS. "
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
    ),
    Wrong(
        ("Serverless-SQSRedrivePolicy",),
        is_last_queue,
        "Every chain of dead-letter queues has an end, and what nothing consumes cannot fail.",
    ),
    Wrong(
        ("CKV_AWS_18",),
        takes_access_logs,
        "A bucket that logs its own access writes a log entry for each log entry. "
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html",
    ),
    Wrong(
        ("CKV_AWS_115",),
        has_bounded_mappings,
        "MaximumConcurrency of the mapping bounds the function. Reserving as well fails in "
        "accounts whose quota is the minimum that must stay unreserved; it is the environment's "
        "choice. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
    ),
    Wrong(
        ("CKV_AWS_115",),
        runs_once_per_training,
        "Trainings take minutes and begin one by one, so nothing floods these functions; what is "
        "throttled is retried, and reserving fails in accounts with the smallest quota. "
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
    ),
)


def counted(assembly: Assembly, findings: frozenset[Finding]) -> frozenset[Finding]:
    """Return the findings that no entry of `WRONG` takes out."""
    return frozenset(
        finding
        for finding in findings
        if not any(
            finding.rule in wrong.rules and wrong.condition(assembly, finding.resource)
            for wrong in WRONG
        )
    )


def per_hundred(assembly: Assembly, findings: frozenset[Finding]) -> float:
    """Return how many findings there are for each hundred resources."""
    return 100 * len(findings) / len(assembly.resources())
