"""The batch wrapper: each message has an outcome of its own, and no failure hides another."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest

from lambdas.shared.batch import FailureRecorder, Message, process_batch, process_together
from lambdas.shared.clients import dynamodb_resource, sqs_client
from lambdas.shared.clock import utc_now
from lambdas.shared.deadline import Deadline
from lambdas.shared.errors import PermanentError, TransientError
from lambdas.shared.failures import MAX_MESSAGE_CHARACTERS, FailureTable
from tests.unit.lambdas.interference import intercepted, unavailable
from tests.unit.lambdas.world import FAILURES, QUEUE_URL, FakeContext, World, sqs_record

ERRORS: dict[str, Exception] = {
    "permanent": PermanentError("no-good", "never again", "thing"),
    "transient": TransientError("busy", "later", "thing"),
    "unforeseen": ZeroDivisionError("oops"),
}


def fail_as_told(message: Message, _deadline: Deadline) -> None:
    if message.body in ERRORS:
        raise ERRORS[message.body]


def run(world: World, *bodies: str, context: Any = None, **options: Any) -> list[Any]:
    for body in bodies:
        world.sqs.send_message(QueueUrl=QUEUE_URL, MessageBody=body)
    received = world.sqs.receive_message(
        QueueUrl=QUEUE_URL, MaxNumberOfMessages=10, VisibilityTimeout=600
    )
    records = [
        sqs_record(
            message["Body"],
            message["Body"],
            receipt_handle=message["ReceiptHandle"],
            attributes={"ApproximateReceiveCount": options.get(message["Body"], "1")},
        )
        for message in received["Messages"]
    ]
    recorder = FailureRecorder(
        FailureTable(dynamodb_resource().Table(FAILURES), utc_now), sqs_client(), QUEUE_URL
    )
    event, handle = {"Records": records}, options.get("handle", fail_as_told)
    process = options.get("process", process_batch)
    response = process(event, cast(Any, context or FakeContext()), handle, recorder)
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def test_only_failed_messages_are_reported(world: World) -> None:
    assert sorted(run(world, "a", "permanent", "b", "transient")) == ["permanent", "transient"]


def test_whole_batch_that_fails_is_reported_message_by_message(world: World) -> None:
    assert sorted(run(world, *ERRORS)) == sorted(ERRORS)


def test_success_is_an_empty_list(world: World) -> None:
    assert run(world, "a", "b") == []


def test_only_permanent_failures_become_visible_at_once(world: World) -> None:
    run(world, *ERRORS, "a")

    assert world.visible_bodies() == ["permanent"]


def test_failure_is_kept_under_the_key_of_its_message(world: World) -> None:
    run(world, *ERRORS)

    kept = {body: world.failure(body) for body in ERRORS}
    assert {body: (item["error_code"], item["permanent"]) for body, item in kept.items()} == {
        "permanent": ("no-good", True),
        "transient": ("busy", False),
        "unforeseen": ("ZeroDivisionError", False),
    }
    assert kept["permanent"]["subject"] == "thing"
    assert kept["unforeseen"]["error_message"] == "oops"
    assert all(item["expires_at"] > utc_now().timestamp() + 14 * 86_400 for item in kept.values())


def test_attempts_are_counted_over_deliveries(world: World) -> None:
    for _ in range(3):
        run(world, "transient")

    assert world.failure("transient")["attempts"] == 3


@pytest.mark.parametrize("text", ["x" * 500_000, "\ud800 lone surrogate", ""])
def test_any_error_text_can_be_kept(world: World, text: str) -> None:
    def fail(_message: Message, _deadline: Deadline) -> None:
        raise ValueError(text)

    assert run(world, "a", handle=fail) == ["a"]
    assert len(world.failure("a")["error_message"]) == min(len(text), MAX_MESSAGE_CHARACTERS)


@pytest.mark.parametrize("operation", ["UpdateItem", "ChangeMessageVisibility"])
def test_failure_is_reported_though_it_cannot_be_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    def refuse(called: str, call: Any) -> Any:
        if called == operation:
            raise unavailable(called)
        return call()

    with intercepted(refuse, monkeypatch):
        assert run(world, "permanent", "a") == ["permanent"]

    # What can be done of the two is done.
    assert bool(world.failure("permanent")) == (operation != "UpdateItem")
    assert bool(world.visible_bodies()) == (operation != "ChangeMessageVisibility")


def test_messages_not_begun_in_time_are_reported_and_handed_on_at_once(world: World) -> None:
    begun = []
    # Asked once for the reserve (a tenth, 6 s at most 5), then before each message.
    context = FakeContext(remaining_ms=[60_000, 60_000, 9_000])

    failed = run(
        world,
        *("a", "b", "c"),
        context=context,
        handle=lambda message, _deadline: begun.append(message.body),
    )

    assert (begun, failed) == (["a"], ["b", "c"])
    assert sorted(world.visible_bodies()) == ["b", "c"]
    assert world.failure("b")["error_code"] == "not-begun"


def test_messages_not_begun_again_wait_out_what_is_slow(world: World) -> None:
    """Else they would lose every receive within a few batches, and valid ones would die."""
    context = FakeContext(remaining_ms=[60_000, 60_000, 9_000])

    failed = run(
        world, *("a", "b", "c"), context=context, handle=lambda *_: None, a="4", b="3", c="1"
    )

    assert failed == ["b", "c"]
    assert world.visible_bodies() == ["c"]


def test_messages_received_most_often_are_processed_first(world: World) -> None:
    begun: list[str] = []

    run(world, *("a", "b", "c"), handle=lambda m, _deadline: begun.append(m.body), b="4", c="2")

    assert begun == ["b", "c", "a"]


def fail_together(messages: Sequence[Message], _deadline: Deadline) -> Mapping[str, Exception]:
    return {each.message_id: ERRORS[each.body] for each in messages if each.body in ERRORS}


def test_messages_processed_together_have_an_outcome_each(world: World) -> None:
    failed = run(world, "a", *ERRORS, "b", handle=fail_together, process=process_together)

    assert sorted(failed) == sorted(ERRORS)
    assert {body: world.failure(body)["permanent"] for body in ERRORS} == {
        "permanent": True,
        "transient": False,
        "unforeseen": False,
    }
    assert world.failure("a") == {}
    assert world.visible_bodies() == ["permanent"]


def test_what_ends_the_processing_of_all_is_the_failure_of_each(world: World) -> None:
    def fail(*_: object) -> Mapping[str, Exception]:
        raise ERRORS["transient"]

    assert sorted(run(world, "a", "b", handle=fail, process=process_together)) == ["a", "b"]
    assert world.failure("a")["error_code"] == world.failure("b")["error_code"] == "busy"


def test_messages_processed_together_come_in_the_order_of_their_receives(world: World) -> None:
    seen: list[str] = []

    def see(messages: Sequence[Message], _deadline: Deadline) -> Mapping[str, Exception]:
        seen.extend(each.body for each in messages)
        return {}

    assert run(world, *("a", "b", "c"), handle=see, process=process_together, b="4", c="2") == []
    assert seen == ["b", "c", "a"]
