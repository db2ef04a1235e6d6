"""Results about messages as tables for people."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.console import RenderableType

from ops.dead_letters import ReplayAction, ReplayResult
from ops.output import KEY_DIGITS, facts, object_key, plain, short_time, table
from ops.parking import ParkedMessage
from schemas.dead_letters import DeadLetter


def dead_letters(letters: Sequence[DeadLetter]) -> RenderableType:
    """Show many dead letters, one line each."""
    return table(
        f"{len(letters):,} dead letters",
        ("key", "status", "error", "subject", "attempts", "deaths", "replays", "archived (UTC)"),
        (
            (
                letter.message_key[:KEY_DIGITS],
                letter.status,
                letter.error_code,
                object_key(letter.subject),
                letter.attempts,
                letter.deaths,
                letter.replays,
                short_time(letter.archived_at),
            )
            for letter in letters
        ),
    )


def dead_letter(letter: DeadLetter) -> Iterator[RenderableType]:
    """Show one dead letter in full."""
    described = plain(letter)
    body = described.pop("body")
    yield facts(f"Dead letter {letter.message_key[:KEY_DIGITS]}", described)
    try:
        yield json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        yield body


def replayed(results: Sequence[ReplayResult], *, left_out: int) -> Iterator[RenderableType]:
    """Show what a replay did."""
    done = sum(result.action is not ReplayAction.SKIPPED for result in results)
    yield table(
        f"{done:,} of {len(results):,} dead letters",
        ("key", "action", "subject", "why not"),
        ((r.message_key[:KEY_DIGITS], r.action, object_key(r.subject), r.reason) for r in results),
    )
    if left_out:
        yield f"{left_out:,} more were left out by --limit."


def parked(messages: Sequence[ParkedMessage]) -> RenderableType:
    """Show parked messages."""
    return table(
        f"{len(messages):,} parked messages",
        ("key", "sent (UTC)", "receives", "message"),
        (
            (
                message.message_key[:KEY_DIGITS],
                datetime.fromtimestamp(message.sent_at_ms / 1000, UTC).isoformat(" ", "seconds"),
                message.receives,
                message.body[:200],
            )
            for message in messages
        ),
    )
