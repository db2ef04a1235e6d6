"""Poison: it ends in the dead-letter table soon, alone, and never for good."""

import json
from datetime import datetime
from typing import Any

from ops import dead_letters, parking
from ops.reprocess import object_version
from schemas.dead_letters import MAX_INLINE_BODY_BYTES, DeadLetter, DeadLetterStatus
from schemas.ledger import LedgerStatus
from schemas.messages import message_key, s3_event
from schemas.names import Output
from tests.cloud import eventually
from tests.e2e.lake import POISON, Lake
from tests.unit.lambdas.files import flights, row

PREFIX = "landing/flights/dead-letters"
GOOD = flights(row())
MAX_RECEIVE_COUNT = 5


def seconds_between(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def test_poison_dies_soon_and_its_neighbours_do_not_notice(lake: Lake) -> None:
    good = [f"{PREFIX}/batch/good-{number}.csv" for number in range(7)]
    bad = [f"{PREFIX}/batch/bad-{number}.csv" for number in range(3)]
    with lake.paused():
        for key in sorted(good + bad, reverse=True):
            lake.put(key, GOOD if key in good else POISON)
        lake.await_waiting(10)

    letters = [lake.await_letter(key) for key in bad]
    entries = [lake.await_outcome(key)[0] for key in good]

    assert {letter.error_code for letter in letters} == {"wrong-columns"}
    assert {(letter.deaths, letter.attempts) for letter in letters} == {(1, MAX_RECEIVE_COUNT)}
    for key, letter in zip(bad, letters, strict=True):
        (entry,) = lake.versions(key)
        # Transient failures take a visibility timeout for each of five receives.
        assert seconds_between(entry.received_at, letter.archived_at) < lake.visibility_seconds
        assert letter.subject == lake.uri(key)
        assert "dep_time" in letter.error_message
    assert {entry.status for entry in entries} == {LedgerStatus.CURATED}
    assert {entry.attempts for entry in entries} == {1}


def test_a_corrected_file_settles_the_dead_letter_of_the_wrong_one(lake: Lake) -> None:
    key = f"{PREFIX}/corrected.csv"
    lake.put(key, POISON)
    assert lake.await_letter(key).status is DeadLetterStatus.OPEN

    lake.put(key, GOOD)
    lake.await_outcome(key, versions=2)
    lake.come_to_rest()

    (letter,) = lake.letters(key)
    assert letter.status is DeadLetterStatus.SUPERSEDED
    assert [e.status for e in lake.versions(key)] == [
        LedgerStatus.SUPERSEDED,
        LedgerStatus.CURATED,
    ]
    (result,) = dead_letters.replay(lake.deployment, [letter])
    assert result.reason == "it is superseded"


def test_a_replayed_message_that_dies_again_updates_its_dead_letter(lake: Lake) -> None:
    key = f"{PREFIX}/stubborn.csv"
    lake.put(key, POISON)
    first = lake.await_letter(key)

    dead_letters.replay(lake.deployment, [first])

    again = lake.await_letter(key, deaths=2)
    lake.come_to_rest()
    (again,) = lake.letters(key)
    assert again.message_key == first.message_key
    assert again.status is DeadLetterStatus.OPEN
    assert (again.deaths, again.replays) == (2, 1)
    assert again.attempts == 2 * MAX_RECEIVE_COUNT
    assert again.first_archived_at == first.first_archived_at < again.archived_at


def test_a_message_too_long_for_the_table_is_kept_in_s3_and_replayed_from_there(
    lake: Lake,
) -> None:
    key = f"{PREFIX}/long.csv"
    lake.put(key, POISON)
    lake.await_letter(key)
    (entry,) = lake.versions(key)
    event: dict[str, Any] = json.loads(s3_event(object_version(entry)))
    event["Records"][0]["padding"] = "x" * MAX_INLINE_BODY_BYTES
    body = json.dumps(event)
    assert len(body.encode()) > MAX_INLINE_BODY_BYTES

    def letter(deaths: int) -> DeadLetter | None:
        found = dead_letters.list_dead_letters(lake.deployment)
        return next(
            (x for x in found if x.message_key == message_key(body) and x.deaths >= deaths), None
        )

    lake.send(body)
    kept = eventually(lambda: letter(1), "the long message is dead-lettered", seconds=60)
    assert kept.body == ""
    assert kept.body_uri.startswith(f"s3://{lake.deployment[Output.QUARANTINE_BUCKET_NAME]}/")
    assert dead_letters.body_of(lake.deployment, kept) == body

    dead_letters.replay(lake.deployment, [kept])

    again = eventually(lambda: letter(2), "the replayed message is dead-lettered", seconds=60)
    assert again.status is DeadLetterStatus.OPEN
    assert dead_letters.body_of(lake.deployment, again) == body


def test_a_message_that_is_no_notification_is_kept_for_people(lake: Lake) -> None:
    body = "hello"

    lake.send(body)

    letter = eventually(
        lambda: next(
            (x for x in dead_letters.list_dead_letters(lake.deployment) if x.body == body), None
        ),
        "the message is dead-lettered",
        seconds=60,
    )
    assert letter.error_code == "malformed-message"
    closed = dead_letters.close(lake.deployment, letter, "sent by hand")
    assert closed.status is DeadLetterStatus.CLOSED


def test_a_parked_message_is_archived_after_all(lake: Lake) -> None:
    key = f"{PREFIX}/parked.csv"
    lake.put(key, POISON)
    body = dead_letters.body_of(lake.deployment, lake.await_letter(key))
    lake.deployment.connection.sqs.send_message(
        QueueUrl=lake.deployment[Output.PARKING_QUEUE_URL], MessageBody=body
    )
    assert [each.body for each in parking.list_parked(lake.deployment)] == [body]

    assert parking.redrive(lake.deployment) == 1

    assert lake.await_letter(key, deaths=2).error_code == "wrong-columns"
    assert parking.list_parked(lake.deployment) == []
