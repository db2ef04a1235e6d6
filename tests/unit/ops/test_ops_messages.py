import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from ops import dead_letters, parking
from ops.app import app
from ops.dead_letters import ReplayAction
from ops.errors import OpsError
from ops.pacing import Pacer
from schemas.dead_letters import DeadLetterStatus
from schemas.names import Output
from tests.unit.ops.lake import QUARANTINE, Lake

RUNNER = CliRunner()
KEY_A, KEY_B, KEY_C = "a" * 64, "b" * 64, "b" * 10 + "c" * 54


def replay(lake: Lake, *keys: str, dry_run: bool = False) -> list[ReplayAction]:
    letters = [dead_letters.find(lake.deployment, key) for key in keys]
    results = dead_letters.replay(lake.deployment, letters, rate_per_second=10_000, dry_run=dry_run)
    return [result.action for result in results]


def test_a_replay_sends_the_same_body_and_marks_it(lake: Lake) -> None:
    lake.dead_letter(KEY_A, replays=1)

    assert replay(lake, KEY_A) == [ReplayAction.REPLAYED]

    assert lake.waiting(Output.INGESTION_QUEUE_URL) == [f"body of {KEY_A}"]
    letter = dead_letters.find(lake.deployment, KEY_A)
    assert (letter.status, letter.replays) == (DeadLetterStatus.REPLAYED, 2)


def test_a_second_replay_sends_nothing(lake: Lake) -> None:
    lake.dead_letter(KEY_A)
    replay(lake, KEY_A)

    assert replay(lake, KEY_A) == [ReplayAction.SKIPPED]
    assert lake.waiting(Output.INGESTION_QUEUE_URL) == [f"body of {KEY_A}"]


def test_an_operator_with_an_old_list_sends_nothing_twice(lake: Lake) -> None:
    lake.dead_letter(KEY_A)
    listed = dead_letters.list_dead_letters(lake.deployment)

    for _ in range(2):
        dead_letters.replay(lake.deployment, listed, rate_per_second=10_000)

    assert len(lake.waiting(Output.INGESTION_QUEUE_URL)) == 1


def test_a_crash_between_marking_and_sending_is_resumed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.dead_letter(KEY_A)
    letters = dead_letters.replayable(lake.deployment)
    with monkeypatch.context() as broken:
        broken.setattr(lake.connection.sqs, "send_message", fail)
        with pytest.raises(ClientError):
            dead_letters.replay(lake.deployment, letters)
    assert lake.letter_status(KEY_A) == "replaying"

    assert [each.message_key for each in dead_letters.replayable(lake.deployment)] == [KEY_A]
    assert replay(lake, KEY_A) == [ReplayAction.REPLAYED]
    letter = dead_letters.find(lake.deployment, KEY_A)
    assert (letter.status, letter.replays) == (DeadLetterStatus.REPLAYED, 1)


def test_a_message_that_died_again_meanwhile_stays_open(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.dead_letter(KEY_A)
    monkeypatch.setattr(
        lake.connection.sqs, "send_message", lambda **_: lake.dead_letter(KEY_A, deaths=2)
    )

    replay(lake, KEY_A)

    assert lake.letter_status(KEY_A) == "open"


@pytest.mark.parametrize("status", ["replayed", "resolved", "superseded", "closed"])
def test_what_nobody_waits_for_is_never_replayed(lake: Lake, status: str) -> None:
    lake.dead_letter(KEY_A, status)

    assert replay(lake, KEY_A) == [ReplayAction.SKIPPED]
    assert dead_letters.replayable(lake.deployment) == []
    assert lake.waiting(Output.INGESTION_QUEUE_URL) == []
    assert lake.letter_status(KEY_A) == status


def test_a_dry_run_changes_nothing(lake: Lake) -> None:
    lake.dead_letter(KEY_A)

    assert replay(lake, KEY_A, dry_run=True) == [ReplayAction.WOULD_REPLAY]
    assert lake.waiting(Output.INGESTION_QUEUE_URL) == []
    assert lake.letter_status(KEY_A) == "open"


def test_a_long_body_comes_from_s3(lake: Lake) -> None:
    lake.connection.s3.put_object(Bucket=QUARANTINE, Key="dead-letters/x", Body=b"long body")
    lake.dead_letter(KEY_A, body="", body_uri=f"s3://{QUARANTINE}/dead-letters/x")

    replay(lake, KEY_A)

    assert lake.waiting(Output.INGESTION_QUEUE_URL) == ["long body"]


def test_all_is_limited_to_a_reason_and_a_number(lake: Lake) -> None:
    lake.dead_letter(KEY_A, error_code="empty")
    lake.dead_letter(KEY_B)
    lake.dead_letter(KEY_C)

    result = RUNNER.invoke(
        app,
        [
            *("dead-letters", "replay", "--all", "--reason", "wrong-columns"),
            *("--limit", "1", "--rate", "1000", "--json"),
        ],
    )

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["left_out"] == 1
    assert lake.waiting(Output.INGESTION_QUEUE_URL) == [f"body of {KEY_B}"]


def test_replay_wants_either_keys_or_all(lake: Lake) -> None:
    lake.dead_letter(KEY_A)
    for arguments in ([], [KEY_A, "--all"]):
        result = RUNNER.invoke(app, ["dead-letters", "replay", *arguments])

        assert result.exit_code == 1
        assert "either keys or --all" in result.stderr


def test_the_pacer_spaces_calls_evenly() -> None:
    slept: list[float] = []
    pacer = Pacer(4, clock=lambda: sum(slept), sleep=slept.append)

    for _ in range(5):
        pacer.wait()

    assert slept == [0.25] * 4


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("aaaaa", "too short"),
        ("bbbbbb", "several dead letters begin"),
        ("cccccc", "no dead letter"),
    ],
)
def test_a_key_prefix_must_name_exactly_one(lake: Lake, key: str, message: str) -> None:
    for each in (KEY_A, KEY_B, KEY_C):
        lake.dead_letter(each)

    assert dead_letters.find(lake.deployment, "aaaaaa").message_key == KEY_A
    with pytest.raises(OpsError, match=message):
        dead_letters.find(lake.deployment, key)


def test_what_was_settled_before_it_died_is_not_listed(lake: Lake) -> None:
    stub = {"message_key": KEY_A, "status": "resolved", "settled_at": "2026-11-23"}
    lake.connection.table("dead-letters").put_item(Item=stub)

    assert dead_letters.list_dead_letters(lake.deployment) == []


def test_closing_keeps_the_note_and_the_time(lake: Lake) -> None:
    lake.dead_letter(KEY_A)

    result = RUNNER.invoke(
        app, ["dead-letters", "close", KEY_A[:8], "--note", "sent by mistake", "--json"]
    )

    assert result.exit_code == 0, result.output
    closed = json.loads(result.stdout)
    assert (closed["status"], closed["note"]) == ("closed", "sent by mistake")
    assert closed["settled_at"]


def test_a_settled_letter_cannot_be_closed(lake: Lake) -> None:
    lake.dead_letter(KEY_A, "superseded")

    result = RUNNER.invoke(app, ["dead-letters", "close", KEY_A, "--note", "x"])

    assert result.exit_code == 1
    assert "is superseded already" in result.stderr
    assert lake.letter_status(KEY_A) == "superseded"


def test_listing_filters_by_status_and_showing_prints_the_message(lake: Lake) -> None:
    lake.dead_letter(KEY_A, body='{"Records": []}')
    lake.dead_letter(KEY_B, "closed")

    listed = RUNNER.invoke(app, ["dead-letters", "list", "--status", "open"])
    shown = RUNNER.invoke(app, ["dead-letters", "show", KEY_A])

    assert KEY_A[:12] in listed.stdout
    assert KEY_B[:12] not in listed.stdout
    assert "column `year` is missing" in shown.stdout
    assert '"Records": []' in shown.stdout


def fail(**_: Any) -> None:
    raise ClientError({"Error": {"Code": "InternalError", "Message": "broken"}}, "SendMessage")


@pytest.fixture
def quick_parking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parking, "LONG_POLL_SECONDS", 0)


@pytest.mark.usefixtures("quick_parking")
def test_listing_parked_messages_leaves_them_to_be_received(lake: Lake) -> None:
    bodies = sorted(f"parked {number:02}" for number in range(12))
    for body in bodies:
        lake.send(Output.PARKING_QUEUE_URL, body)

    result = RUNNER.invoke(app, ["parking", "list", "--json"])

    assert sorted(each["body"] for each in json.loads(result.stdout)) == bodies
    assert lake.waiting(Output.PARKING_QUEUE_URL) == bodies


@pytest.mark.usefixtures("quick_parking")
def test_a_redrive_moves_messages_to_the_dead_letter_queue(lake: Lake) -> None:
    for number in range(3):
        lake.send(Output.PARKING_QUEUE_URL, f"parked {number}")

    result = RUNNER.invoke(app, ["parking", "redrive", "--limit", "2", "--json"])

    assert json.loads(result.stdout) == {"moved": 2}
    assert len(lake.waiting(Output.DEAD_LETTER_QUEUE_URL)) == 2
    assert len(lake.waiting(Output.PARKING_QUEUE_URL)) == 1


@pytest.mark.usefixtures("quick_parking")
def test_a_redrive_that_cannot_send_deletes_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.send(Output.PARKING_QUEUE_URL, "parked")
    with monkeypatch.context() as broken:
        broken.setattr(lake.connection.sqs, "send_message", fail)
        result = RUNNER.invoke(app, ["parking", "redrive"])

    assert result.exit_code == 1
    assert "SendMessage failed" in result.stderr
    assert lake.waiting(Output.PARKING_QUEUE_URL) == ["parked"]


@pytest.mark.usefixtures("quick_parking")
def test_a_redrive_cut_off_before_the_delete_loses_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.send(Output.PARKING_QUEUE_URL, "parked")
    with monkeypatch.context() as broken:
        broken.setattr(lake.connection.sqs, "delete_message", fail)
        with pytest.raises(ClientError):
            parking.redrive(lake.deployment)

    assert lake.waiting(Output.PARKING_QUEUE_URL) == ["parked"]
    assert lake.waiting(Output.DEAD_LETTER_QUEUE_URL) == ["parked"]
