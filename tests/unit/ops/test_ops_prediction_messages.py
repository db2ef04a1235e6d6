"""`ops dead-letters` and `ops parking` for the log of predictions."""

import json
from functools import partial

import pytest
from typer.testing import CliRunner

from ops import dead_letters, parking, queues
from ops.app import app
from ops.consumers import Consumer
from schemas.dead_letters import DeadLetterStatus
from schemas.names import Output
from tests.unit.ops.serving import LETTERS, Platform

RUNNER = CliRunner()
KEY_A, KEY_B, KEY_C = "a" * 64, "b" * 64, "b" * 10 + "c" * 54


@pytest.fixture(autouse=True)
def _quick_parking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parking, "LONG_POLL_SECONDS", 0)


def test_letters_of_predictions_are_kept_apart_and_go_back_to_their_queue(
    serving: Platform,
) -> None:
    lake = serving.lake
    lake.dead_letter(KEY_A)
    lake.dead_letter(KEY_B, table=LETTERS, subject="nightly-7.3f0c9a1b2c3d")
    lake.dead_letter(KEY_C, table=LETTERS)

    of_predictions = ("--queue", "predictions")
    listed = RUNNER.invoke(app, ["dead-letters", "list", *of_predictions])
    shown = RUNNER.invoke(app, ["dead-letters", "show", KEY_B, *of_predictions])
    elsewhere = RUNNER.invoke(app, ["dead-letters", "show", KEY_B])
    replayed = RUNNER.invoke(app, ["dead-letters", "replay", KEY_B, *of_predictions])
    closed = RUNNER.invoke(
        app, ["dead-letters", "close", KEY_C, "--note", "malformed", *of_predictions]
    )

    assert KEY_A[:12] not in listed.stdout
    assert "nightly-7.3f0c9a1b2c3d" in shown.stdout
    assert elsewhere.exit_code == 1
    assert "--queue says whose" in elsewhere.stderr
    assert replayed.exit_code == closed.exit_code == 0, replayed.output + closed.output
    assert lake.waiting(Output.PREDICTION_QUEUE_URL) == [f"body of {KEY_B}"]
    assert lake.waiting(Output.INGESTION_QUEUE_URL) == []
    assert lake.letter_status(KEY_A) == "open"
    statuses = {
        each.message_key: each.status
        for each in dead_letters.list_dead_letters(serving.deployment, Consumer.PREDICTIONS)
    }
    assert statuses == {KEY_B: DeadLetterStatus.REPLAYED, KEY_C: DeadLetterStatus.CLOSED}


def test_parked_predictions_go_back_to_their_own_dead_letter_queue(serving: Platform) -> None:
    serving.lake.send(Output.PREDICTION_PARKING_QUEUE_URL, "parked")

    listed = RUNNER.invoke(app, ["parking", "list", "--queue", "predictions", "--json"])
    moved = RUNNER.invoke(app, ["parking", "redrive", "--queue", "predictions", "--json"])

    assert [each["body"] for each in json.loads(listed.stdout)] == ["parked"]
    assert json.loads(moved.stdout) == {"moved": 1}
    assert serving.lake.waiting(Output.PREDICTION_DEAD_LETTER_QUEUE_URL) == ["parked"]
    assert serving.lake.waiting(Output.DEAD_LETTER_QUEUE_URL) == []


@pytest.mark.usefixtures("lake")
def test_a_log_of_predictions_that_is_not_deployed_is_said() -> None:
    result = RUNNER.invoke(app, ["dead-letters", "list", "--queue", "predictions"])

    assert result.exit_code == 1
    assert "mlops-local-prediction is not deployed" in result.stderr


def test_the_log_is_idle_when_nothing_is_on_its_way_to_it_whatever_is_ingested(
    serving: Platform,
) -> None:
    wait = partial(queues.wait_until_idle, serving.deployment, timeout_seconds=0, quiet_looks=1)

    serving.lake.send(Output.INGESTION_QUEUE_URL, "a file")
    assert wait(Consumer.PREDICTIONS)
    assert not wait(Consumer.INGESTION)

    serving.lake.send(Output.PREDICTION_DEAD_LETTER_QUEUE_URL, "a record")
    assert not wait(Consumer.PREDICTIONS)
