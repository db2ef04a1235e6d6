"""Dead letters: list, look at, send back, close."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from botocore.exceptions import ClientError

from ops import dynamo
from ops.consumers import Consumer
from ops.deployment import Deployment
from ops.errors import OpsError
from ops.ledger import split_uri
from ops.output import Advance, ignore
from ops.pacing import Pacer
from schemas.dead_letters import MESSAGE_KEY, STATUS_INDEX, DeadLetter, DeadLetterStatus

MIN_PREFIX_DIGITS = 6
KEY_DIGITS = 64
DEFAULT_RATE = 20.0
"""Messages per second: a burst of replays must not starve fresh files."""
DEFAULT_LIMIT = 1_000

REPLAYABLE = frozenset({DeadLetterStatus.OPEN, DeadLetterStatus.REPLAYING})
"""`replaying` is what a crash between marking and sending leaves; sending again is harmless."""
CLOSABLE = REPLAYABLE | {DeadLetterStatus.REPLAYED}


class ReplayAction(StrEnum):
    """What a replay did with one dead letter."""

    REPLAYED = "replayed"
    WOULD_REPLAY = "would-replay"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayResult:
    """What a replay did with one dead letter.

    Attributes:
        message_key: Its key.
        subject: What the message is about.
        action: What was done.
        reason: Why it was skipped; empty otherwise.
    """

    message_key: str
    subject: str
    action: ReplayAction
    reason: str = ""


def list_dead_letters(
    deployment: Deployment,
    consumer: Consumer = Consumer.INGESTION,
    *,
    status: DeadLetterStatus | None = None,
    archived_since: str = "",
) -> list[DeadLetter]:
    """Return dead letters, the latest last.

    Args:
        deployment: Where to look.
        consumer: Whose.
        status: Only this status.
        archived_since: Only those archived at or after this moment, ISO 8601 in UTC; needs
            `status`.
    """
    table = dynamo.table(deployment, consumer.outputs.dead_letter_table)
    if status is None:
        items = dynamo.scan(table)
    else:
        condition: ConditionBase = Key("status").eq(status.value)
        if archived_since:
            condition = condition & Key("archived_at").gte(archived_since)
        items = dynamo.query(table, IndexName=STATUS_INDEX, KeyConditionExpression=condition)
    letters = (DeadLetter.from_item(item) for item in items)
    # Ingestion settles a message before it died, where it can: such an item is no dead letter yet.
    archived = [letter for letter in letters if letter.archived_at]
    return sorted(archived, key=lambda letter: (letter.archived_at, letter.message_key))


def find(deployment: Deployment, key: str, consumer: Consumer = Consumer.INGESTION) -> DeadLetter:
    """Return the dead letter whose key begins with `key`.

    Raises:
        OpsError: none does, several do, or `key` is too short to tell.
    """
    if len(key) < MIN_PREFIX_DIGITS:
        raise OpsError(
            f"the key {key!r} is too short",
            f"Give {MIN_PREFIX_DIGITS} digits or more; see `python -m ops dead-letters list`",
        )
    table = dynamo.table(deployment, consumer.outputs.dead_letter_table)
    if len(key) == KEY_DIGITS:
        item = table.get_item(Key={MESSAGE_KEY: key}, ConsistentRead=True).get("Item")
        found: list[dynamo.Item] = [item] if item else []
    else:
        found = list(dynamo.scan(table, FilterExpression=Attr(MESSAGE_KEY).begins_with(key)))
    if not found:
        raise OpsError(
            f"no dead letter of {consumer} has the key {key}",
            "See `python -m ops dead-letters list`; --queue says whose",
        )
    if len(found) > 1:
        matches = ", ".join(sorted(str(item[MESSAGE_KEY])[:16] for item in found))
        raise OpsError(f"several dead letters begin with {key}: {matches}", "Give more digits")
    return DeadLetter.from_item(found[0])


def body_of(deployment: Deployment, letter: DeadLetter) -> str:
    """Return the message itself, from S3 when it was too long for the table."""
    if not letter.body_uri:
        return letter.body
    bucket, key = split_uri(letter.body_uri)
    answer = deployment.connection.s3.get_object(Bucket=bucket, Key=key)
    return answer["Body"].read().decode()


def replayable(
    deployment: Deployment, consumer: Consumer = Consumer.INGESTION, *, error_code: str = ""
) -> list[DeadLetter]:
    """Return the dead letters that wait to be sent back, oldest first.

    Args:
        deployment: Where to look.
        consumer: Whose.
        error_code: Only those that failed with this code; empty for all.
    """
    letters = [
        letter
        for status in sorted(REPLAYABLE)
        for letter in list_dead_letters(deployment, consumer, status=status)
        if error_code in ("", letter.error_code)
    ]
    return sorted(letters, key=lambda letter: (letter.archived_at, letter.message_key))


def open_among(deployment: Deployment, message_keys: Collection[str]) -> list[str]:
    """Return those of `message_keys` that are keys of open dead letters, sorted."""
    letters = list_dead_letters(deployment, status=DeadLetterStatus.OPEN)
    return sorted({letter.message_key for letter in letters} & set(message_keys))


def replay(
    deployment: Deployment,
    letters: Sequence[DeadLetter],
    consumer: Consumer = Consumer.INGESTION,
    *,
    rate_per_second: float = DEFAULT_RATE,
    dry_run: bool = False,
    advance: Advance = ignore,
) -> list[ReplayResult]:
    """Send messages back to their queue, each at least once, marking each.

    A letter is marked `replaying`, sent, and marked `replayed`. A crash in between leaves it
    `replaying`, and the next replay sends it (again); consumers recognise what they have done.

    Args:
        deployment: Where they are.
        letters: What to send; those that nobody waits for any more are skipped.
        consumer: Whose letters.
        rate_per_second: Most messages in a second.
        dry_run: Say what would be sent and change nothing.
        advance: Called after each letter.
    """
    pacer = Pacer(rate_per_second)
    results = []
    for letter in letters:
        results.append(
            _preview(letter) if dry_run else _replay_one(deployment, consumer, letter, pacer)
        )
        advance(1)
    return results


def _preview(letter: DeadLetter) -> ReplayResult:
    if letter.status in REPLAYABLE:
        return _result(letter, ReplayAction.WOULD_REPLAY)
    return _result(letter, ReplayAction.SKIPPED, f"it is {letter.status}")


def _replay_one(
    deployment: Deployment, consumer: Consumer, letter: DeadLetter, pacer: Pacer
) -> ReplayResult:
    status = _claim(deployment, consumer, letter.message_key)
    if status not in REPLAYABLE:
        return _result(letter, ReplayAction.SKIPPED, f"it is {status}")
    pacer.wait()
    deployment.connection.sqs.send_message(
        QueueUrl=deployment[consumer.outputs.queue], MessageBody=body_of(deployment, letter)
    )
    # It may have died again or been resolved meanwhile: then that status stands.
    sent = DeadLetterStatus.REPLAYED
    _move(deployment, consumer, letter.message_key, {DeadLetterStatus.REPLAYING}, sent)
    return _result(letter, ReplayAction.REPLAYED)


def _result(letter: DeadLetter, action: ReplayAction, reason: str = "") -> ReplayResult:
    return ReplayResult(
        message_key=letter.message_key, subject=letter.subject, action=action, reason=reason
    )


def _claim(deployment: Deployment, consumer: Consumer, message_key: str) -> DeadLetterStatus:
    """Mark an open letter as being replayed; return what it is then."""
    claimed = DeadLetterStatus.REPLAYING
    if _move(deployment, consumer, message_key, {DeadLetterStatus.OPEN}, claimed, is_replay=True):
        return claimed
    return find(deployment, message_key, consumer).status


def close(
    deployment: Deployment,
    letter: DeadLetter,
    note: str,
    consumer: Consumer = Consumer.INGESTION,
) -> DeadLetter:
    """Close a letter that needs no replay.

    Args:
        deployment: Where it is.
        letter: What to close.
        note: Why, for whoever asks later.
        consumer: Whose letter.

    Raises:
        OpsError: the note is empty, or the letter is settled already.
    """
    if not note.strip():
        raise OpsError("a closed dead letter needs a note", "Say why with --note")
    closed = _move(
        deployment,
        consumer,
        letter.message_key,
        CLOSABLE,
        DeadLetterStatus.CLOSED,
        settling={"note": note.strip(), "settled_at": _now()},
    )
    now = find(deployment, letter.message_key, consumer)
    if not closed:
        raise OpsError(
            f"dead letter {letter.message_key[:16]} is {now.status} already",
            "There is nothing left to close",
        )
    return now


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _move(
    deployment: Deployment,
    consumer: Consumer,
    message_key: str,
    sources: Collection[DeadLetterStatus],
    target: DeadLetterStatus,
    *,
    is_replay: bool = False,
    settling: Mapping[str, str] = MappingProxyType({}),
) -> bool:
    """Change a letter's status if it is one of `sources`; return whether it was.

    Args:
        deployment: Where it is.
        consumer: Whose letter.
        message_key: Its key.
        sources: Statuses that it may have.
        target: Status that it gets.
        is_replay: Whether to count a replay.
        settling: Further attributes to set.
    """
    changes = {"status": target.value, **settling}
    values: dict[str, str | int] = {f":{name}": value for name, value in changes.items()}
    allowed = {f":source{index}": each.value for index, each in enumerate(sorted(sources))}
    update = "SET " + ", ".join(f"#{name} = :{name}" for name in changes)
    try:
        dynamo.table(deployment, consumer.outputs.dead_letter_table).update_item(
            Key={MESSAGE_KEY: message_key},
            UpdateExpression=update + (" ADD replays :one" if is_replay else ""),
            ConditionExpression=f"#status IN ({', '.join(allowed)})",
            ExpressionAttributeNames={f"#{name}": name for name in changes},
            ExpressionAttributeValues=values | allowed | ({":one": 1} if is_replay else {}),
        )
    except ClientError as error:
        if dynamo.is_condition_failure(error):
            return False
        raise
    return True
