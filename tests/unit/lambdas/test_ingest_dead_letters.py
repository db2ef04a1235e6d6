"""Dead letters of messages that nobody refused: what settles them, and what must not."""

import json
from dataclasses import replace

import pytest

from schemas.dead_letters import DeadLetterStatus
from schemas.messages import ObjectVersion, s3_event
from tests.unit.lambdas.files import flights, row
from tests.unit.lambdas.world import FakeContext, World

KEY = "landing/flights/2013-01-01.csv"
OTHER_KEY = "landing/flights/2013-01-02.csv"
GOOD = flights(row(), row(month="2"))


def die(world: World, body: str) -> None:
    """Let the time run out half way, and archive the message as if it had done so five times."""
    assert world.ingest(body, context=FakeContext(remaining_ms=[60_000] * 3 + [100]))
    assert world.archive(body) == []
    assert status_of(world, body) is DeadLetterStatus.OPEN


def status_of(world: World, body: str) -> DeadLetterStatus | None:
    letter = world.dead_letter(body)
    return letter.status if letter else None


def event_of(*versions: ObjectVersion) -> str:
    """One message about all of `versions`."""
    records = [json.loads(s3_event(each))["Records"][0] for each in versions]
    return json.dumps({"Records": records})


def test_newer_file_settles_the_dead_letter_of_one_that_failed_again_and_again(
    world: World,
) -> None:
    older = world.upload(KEY, GOOD)
    die(world, s3_event(older))

    assert world.send(world.upload(KEY, GOOD))

    assert status_of(world, s3_event(older)) is DeadLetterStatus.SUPERSEDED
    world.assert_lawful()


def test_newer_file_makes_no_dead_letter_of_a_message_that_has_not_died(world: World) -> None:
    curated, failing = world.upload(OTHER_KEY, GOOD), world.upload(KEY, GOOD)
    assert world.send(curated)
    assert not world.send(failing, context=FakeContext(remaining_ms=[60_000] * 3 + [100]))

    assert world.send(world.upload(KEY, GOOD))
    assert world.send(world.upload(OTHER_KEY, GOOD))

    assert status_of(world, s3_event(failing)) is None
    assert status_of(world, s3_event(curated)) is None


def test_another_message_about_the_same_file_settles_the_dead_letter_of_the_first(
    world: World,
) -> None:
    version = world.upload(KEY, GOOD)
    first, second = s3_event(version), event_of(version)
    assert first != second
    die(world, first)

    assert world.ingest(second) == []

    assert status_of(world, first) is DeadLetterStatus.RESOLVED


def test_duplicate_does_not_settle_a_reprocessing_that_was_never_done(world: World) -> None:
    version = world.upload(KEY, GOOD)
    assert world.send(version)
    again = s3_event(replace(version, reprocess=True))
    die(world, again)

    assert world.send(version)

    assert status_of(world, again) is DeadLetterStatus.OPEN


def test_newer_file_does_not_settle_a_message_that_announces_another_file_too(
    world: World,
) -> None:
    both = event_of(world.upload(KEY, GOOD), world.upload(OTHER_KEY, GOOD))
    die(world, both)

    assert world.send(world.upload(KEY, GOOD))

    assert status_of(world, both) is DeadLetterStatus.OPEN


def test_messages_beyond_what_an_item_keeps_are_processed_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambdas.ingest.ledger.MAX_MESSAGE_KEYS", 1)
    version = world.upload(KEY, GOOD)

    assert world.ingest(s3_event(version)) == []
    assert world.ingest(event_of(version)) == []
    assert world.ingest(s3_event(version)) == []

    entry = world.entry(version)
    assert (len(entry.begun_message_keys), entry.attempts) == (1, 3)
