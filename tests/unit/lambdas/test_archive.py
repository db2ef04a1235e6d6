"""Dead letters are archived once per death, with their error, and reopened when they die again."""

import pytest

from lambdas.shared.clients import dynamodb_resource
from lambdas.shared.clock import utc_now
from lambdas.shared.dead_letters import DeadLetterTable
from lambdas.shared.errors import PermanentError
from lambdas.shared.failures import FailureTable
from schemas.dead_letters import MAX_INLINE_BODY_BYTES, MESSAGE_KEY, DeadLetter, DeadLetterStatus
from schemas.messages import message_key
from tests.unit.lambdas.interference import intercepted, unavailable
from tests.unit.lambdas.world import DEAD_LETTERS, FAILURES, QUARANTINE, World

BODY = '{"any": "thing"}'
LONG_AGO_MS = 1_000_000_000_000


def fail(body: str = BODY) -> None:
    table = FailureTable(dynamodb_resource().Table(FAILURES), utc_now)
    table.record(message_key(body), PermanentError("no-good", "never again", "thing"))


def settle(status: DeadLetterStatus) -> None:
    table = DeadLetterTable(dynamodb_resource().Table(DEAD_LETTERS), utc_now)
    table.settle([message_key(BODY)], status)


def mark(world: World, status: DeadLetterStatus) -> None:
    world.tables.Table(DEAD_LETTERS).update_item(
        Key={MESSAGE_KEY: message_key(BODY)},
        UpdateExpression="SET #status = :status",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":status": status},
    )


def letter(world: World, body: str = BODY) -> DeadLetter:
    found = world.dead_letter(body)
    assert found is not None
    return found


def test_message_is_archived_with_its_last_error(world: World) -> None:
    fail()
    fail()

    assert world.archive(BODY) == []

    archived = letter(world)
    assert (archived.status, archived.body, archived.deaths) == (DeadLetterStatus.OPEN, BODY, 1)
    assert (archived.error_code, archived.error_message) == ("no-good", "never again")
    assert (archived.subject, archived.permanent, archived.attempts) == ("thing", True, 2)
    assert archived.first_archived_at == archived.archived_at != ""


def test_message_that_left_no_error_says_where_to_look(world: World) -> None:
    assert world.archive(BODY) == []

    archived = letter(world)
    assert archived.error_code == "unknown"
    assert "throttles" in archived.error_message


def test_same_message_delivered_again_is_one_death(world: World) -> None:
    for message_id in ("m1", "m1", "m2", "m1"):
        assert world.archive(BODY, message_id) == []

    assert letter(world).deaths == 2


@pytest.mark.parametrize("status", [DeadLetterStatus.REPLAYING, DeadLetterStatus.REPLAYED])
def test_replayed_message_that_dies_again_is_open_again(
    world: World, status: DeadLetterStatus
) -> None:
    world.archive(BODY, "m1")
    first = letter(world)
    mark(world, status)

    world.archive(BODY, "m2")

    again = letter(world)
    assert (again.status, again.deaths, again.message_id) == (DeadLetterStatus.OPEN, 2, "m2")
    assert again.first_archived_at == first.first_archived_at < again.archived_at


def test_superseded_is_final(world: World) -> None:
    world.archive(BODY, "m1")
    settle(DeadLetterStatus.SUPERSEDED)
    fail()

    world.archive(BODY, "m2")

    assert (letter(world).status, letter(world).deaths) == (DeadLetterStatus.SUPERSEDED, 2)


@pytest.mark.parametrize("status", [DeadLetterStatus.RESOLVED, DeadLetterStatus.CLOSED])
def test_settled_before_it_arrived_stays_settled(world: World, status: DeadLetterStatus) -> None:
    fail()
    settle(status)

    world.archive(BODY, sent_ms=LONG_AGO_MS)

    assert letter(world).status is status


@pytest.mark.parametrize("status", [DeadLetterStatus.RESOLVED, DeadLetterStatus.CLOSED])
def test_settled_message_that_fails_later_is_open_again(
    world: World, status: DeadLetterStatus
) -> None:
    world.archive(BODY, "m1")
    settle(status)
    fail()

    world.archive(BODY, "m2", sent_ms=LONG_AGO_MS)

    assert letter(world).status is DeadLetterStatus.OPEN
    assert letter(world).settled_at == ""


def test_settled_message_that_is_sent_again_and_starved_is_open_again(world: World) -> None:
    fail()
    world.archive(BODY, "m1")
    settle(DeadLetterStatus.RESOLVED)

    world.archive(BODY, "m2", sent_ms=int(utc_now().timestamp() * 1000) + 1)

    assert letter(world).status is DeadLetterStatus.OPEN


def test_what_an_operator_closed_is_not_settled_otherwise(world: World) -> None:
    world.archive(BODY, "m1")
    settle(DeadLetterStatus.CLOSED)

    settle(DeadLetterStatus.SUPERSEDED)

    assert letter(world).status is DeadLetterStatus.CLOSED


@pytest.mark.parametrize(
    "body", ["x" * MAX_INLINE_BODY_BYTES, "ä" * (MAX_INLINE_BODY_BYTES // 2), "\x01", "not json"]
)
def test_body_that_fits_is_kept_inline(world: World, body: str) -> None:
    assert world.archive(body) == []

    assert (letter(world, body).body, letter(world, body).body_uri) == (body, "")


@pytest.mark.parametrize(
    "body", ["x" * (MAX_INLINE_BODY_BYTES + 1), "ä" * MAX_INLINE_BODY_BYTES, "\ud800"]
)
def test_body_that_does_not_fit_is_kept_whole_in_s3(world: World, body: str) -> None:
    assert world.archive(body) == []

    archived = letter(world, body)
    assert archived.body == ""
    assert archived.body_uri == f"s3://{QUARANTINE}/dead-letters/{message_key(body)}"
    assert world.read(archived.body_uri).decode("utf-8", "surrogatepass") == body


def test_message_that_cannot_be_archived_is_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(operation: str, _call: object) -> object:
        raise unavailable(operation)

    with intercepted(refuse, monkeypatch):
        assert world.archive(BODY) == ["m0"]

    assert world.failure(BODY) == {}  # its error is the one to keep, not ours
    assert world.archive(BODY) == []
    assert letter(world).deaths == 1
