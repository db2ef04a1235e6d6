"""The queues keep every rule of `queue_rules`, and the figures of the environment."""

import math

from queue_rules import check, read
from schemas.names import Output, StackName
from tests.infrastructure.assembly import Assembly, Resource, target

DAY = 24 * 60 * 60
# Source, dead letters, parking: of the stack that has them.
CHAINS = {
    StackName.INGESTION: (
        Output.INGESTION_QUEUE_URL,
        Output.DEAD_LETTER_QUEUE_URL,
        Output.PARKING_QUEUE_URL,
    ),
    StackName.PREDICTION: (
        Output.PREDICTION_QUEUE_URL,
        Output.PREDICTION_DEAD_LETTER_QUEUE_URL,
        Output.PREDICTION_PARKING_QUEUE_URL,
    ),
}


def queues_of(assembly: Assembly, chain: StackName) -> list[Resource]:
    stack = chain.in_environment(assembly.environment.name)
    outputs = assembly.templates[stack]["Outputs"]
    return [assembly.find(stack, outputs[name]["Value"]["Ref"]) for name in CHAINS[chain]]


def ride_out_seconds(assembly: Assembly, mapping: Resource) -> int:
    """Starvation that no message of the stack of a mapping may die of."""
    environment = assembly.environment
    stack = StackName(mapping.stack.removeprefix(f"mlops-{environment.name}-"))
    return {
        StackName.INGESTION: environment.ingestion.ride_out_seconds,
        StackName.PREDICTION: environment.serving.log.ride_out_seconds,
    }[stack]


def function_of(assembly: Assembly, mapping: Resource) -> Resource:
    logical_id = target(mapping.properties["FunctionName"])
    assert logical_id
    return assembly.find(mapping.stack, logical_id)


def test_no_template_breaks_a_queue_rule(assembly: Assembly) -> None:
    """No error, no warning, and nothing that could not be checked."""
    assert check(read([assembly.folder])) == []


def test_visibility_timeouts_ride_out_retries_and_starvation(assembly: Assembly) -> None:
    for mapping in assembly.resources("AWS::Lambda::EventSourceMapping"):
        ride_out = ride_out_seconds(assembly, mapping)
        queue_id = target(mapping.properties["EventSourceArn"])
        assert queue_id
        queue = assembly.find(mapping.stack, queue_id).properties
        timeout = function_of(assembly, mapping).properties["Timeout"]
        window = mapping.properties.get("MaximumBatchingWindowInSeconds", 0)
        receives = queue["RedrivePolicy"]["maxReceiveCount"]
        assert receives >= 5
        assert queue["VisibilityTimeout"] == max(
            6 * timeout + window, math.ceil(ride_out / (receives - 1))
        )
        # The last receive begins when starvation is over, whenever throttled batches are retried.
        assert (receives - 1) * queue["VisibilityTimeout"] >= ride_out


def test_mappings_read_no_more_than_their_function_may_run(assembly: Assembly) -> None:
    for mapping in assembly.resources("AWS::Lambda::EventSourceMapping"):
        most = mapping.properties["ScalingConfig"]["MaximumConcurrency"]
        function = function_of(assembly, mapping)
        assert 2 <= most <= 1000
        assert most == function.properties.get("ReservedConcurrentExecutions", most)
        assert mapping.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_each_queue_keeps_messages_longer_than_the_one_before(assembly: Assembly) -> None:
    for chain in CHAINS:
        kept = [each.properties["MessageRetentionPeriod"] for each in queues_of(assembly, chain)]
        assert kept == [4 * DAY, 13 * DAY, 14 * DAY], chain


def test_queues_that_nothing_consumes_keep_messages_longest(assembly: Assembly) -> None:
    mappings = assembly.resources("AWS::Lambda::EventSourceMapping")
    consumed = {target(mapping.properties["EventSourceArn"]) for mapping in mappings}
    for queue in assembly.resources("AWS::SQS::Queue"):
        if queue.logical_id not in consumed:
            assert queue.properties["MessageRetentionPeriod"] == 14 * DAY, queue


def test_dead_letters_pass_from_queue_to_queue_and_end_in_parking(assembly: Assembly) -> None:
    for chain in CHAINS:
        source, dead_letters, parking = queues_of(assembly, chain)
        for queue, following in ((source, dead_letters), (dead_letters, parking)):
            redrive = queue.properties["RedrivePolicy"]
            assert target(redrive["deadLetterTargetArn"]) == following.logical_id
        assert "RedrivePolicy" not in parking.properties
        assert source.properties["RedriveAllowPolicy"] == {"redrivePermission": "denyAll"}


def test_nothing_consumes_the_parking_queues(assembly: Assembly) -> None:
    mappings = assembly.resources("AWS::Lambda::EventSourceMapping")
    consumed = {target(mapping.properties["EventSourceArn"]) for mapping in mappings}
    for chain in CHAINS:
        *_, parking = queues_of(assembly, chain)
        assert parking.logical_id not in consumed


def test_queues_are_encrypted_with_their_own_key_and_polled_long(assembly: Assembly) -> None:
    for queue in assembly.resources("AWS::SQS::Queue"):
        assert assembly.key_of(queue, "KmsMasterKeyId"), queue
        assert queue.properties["ReceiveMessageWaitTimeSeconds"] == 20, queue


def test_functions_fed_by_a_queue_have_no_dead_letter_queue_of_their_own(
    assembly: Assembly,
) -> None:
    for mapping in assembly.resources("AWS::Lambda::EventSourceMapping"):
        assert "DeadLetterConfig" not in function_of(assembly, mapping).properties
