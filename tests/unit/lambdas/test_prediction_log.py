"""What was answered is in the table: complete, once, and with its flaws."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.prediction_log.provenance import UNKNOWN
from schemas.dead_letters import MESSAGE_KEY
from schemas.messages import message_key
from schemas.names import VARIANT_DIMENSION, PredictionMetric
from schemas.predictions import PREDICTIONS, SPILLED, Flaw, spilled_key
from tests.unit.lambdas.interference import intercepted, unavailable
from tests.unit.lambdas.predictions import ROW, Predictions, record, row
from tests.unit.lambdas.world import DEAD_LETTERS, QUARANTINE, FakeContext


def counted(capsys: pytest.CaptureFixture[str]) -> dict[str, list[float]]:
    """Counts in the log, logged and flawed, by variant; each line has that dimension alone."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    metrics = [line for line in lines if "_aws" in line]
    for line in metrics:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Dimensions"] == [[VARIANT_DIMENSION]]
    counts: dict[str, list[float]] = {}
    for line in metrics:
        sums = counts.setdefault(line[VARIANT_DIMENSION], [0, 0])
        for position, name in enumerate(PredictionMetric):
            sums[position] += sum(line[name])
    return counts


def test_an_answered_request_becomes_rows_of_its_day(predictions: Predictions) -> None:
    arn = predictions.add_model()
    logged = record("r", row(), row(origin="JFK"), model_package_arn=arn, scores=(0.25, 0.5))

    assert predictions.deliver(logged.to_text()) == []

    (key,) = predictions.files()
    assert key.startswith("predictions/dt=2026-03-01/")
    first, second = predictions.rows()
    assert list(first) == list(PREDICTIONS.column_names)
    assert first == {
        **ROW,
        "prediction_id": f"{logged.key}.0",
        "request_id": "r",
        "predicted_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "score": 0.25,
        "flaw": None,
        "variant": "champion",
        "model_package_arn": arn,
        "training_job_arn": "arn:aws:sagemaker:eu-west-1:123456789012:training-job/t",
        "code_sha256": "c0de" * 16,
        "manifest_uri": "s3://artifacts-bucket/snapshots/manifests/m.json",
    }
    assert (second["origin"], second["score"]) == ("JFK", 0.5)
    index = predictions.index(logged.key)
    assert (index["object_key"], index["rows"], index["model_package_arn"]) == (key, 2, arn)
    assert index["predicted_at"] == logged.predicted_at


def test_a_batch_becomes_one_file_per_day(predictions: Predictions) -> None:
    evening = "2026-03-01T23:59:59.000000+00:00"
    # Of the next day, in UTC.
    night = "2026-03-01T23:30:00.000000-02:00"
    records = [record(f"r{n}", predicted_at=(evening, night)[n % 2]) for n in range(6)]

    assert predictions.deliver(*(each.to_text() for each in records)) == []

    assert sorted(key.split("/")[1] for key in predictions.files()) == [
        "dt=2026-03-01",
        "dt=2026-03-02",
    ]
    predictions.assert_logged_once(*records)


def test_repetitions_are_logged_and_counted_once(
    predictions: Predictions, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one batch, redelivered, asked again later: the same question answered alike."""
    first, other = record("r"), record("other")
    again = record("r", predicted_at="2026-03-02T09:00:00.000000+00:00")

    assert predictions.deliver(first.to_text(), first.to_text(), again.to_text()) == []
    assert predictions.deliver(other.to_text(), first.to_text()) == []
    assert predictions.deliver(again.to_text()) == []

    predictions.assert_logged_once(first, other)
    assert counted(capsys) == {"champion": [2, 2]}


def test_the_same_question_answered_otherwise_is_another_prediction(
    predictions: Predictions,
) -> None:
    records = [record("r"), record("r", scores=(0.5,)), record("r", model_package_arn="arn:2")]

    assert predictions.deliver(*(each.to_text() for each in records)) == []

    predictions.assert_logged_once(*records)


@pytest.mark.parametrize(
    ("changes", "flaw"),
    [
        ({}, None),
        ({"scores": (None,)}, Flaw.NOT_A_NUMBER),
        ({"scores": (1.5,)}, Flaw.OUT_OF_RANGE),
        ({"scores": (-1,)}, Flaw.OUT_OF_RANGE),
        ({"rows": (row(origin="XXX"),)}, Flaw.SCHEMA_MISMATCH),
        ({"rows": (row(month=None),)}, Flaw.SCHEMA_MISMATCH),
        ({"rows": (row(month="January"),)}, Flaw.SCHEMA_MISMATCH),
        ({"rows": (row(month=2**80),)}, Flaw.SCHEMA_MISMATCH),
        ({"rows": (row(distance=10**400),)}, Flaw.SCHEMA_MISMATCH),
        ({"rows": (row(carrier=[{}]),)}, Flaw.SCHEMA_MISMATCH),
        ({"rows": (row(unheard_of=1),)}, Flaw.SCHEMA_MISMATCH),
        ({"rows": ({},)}, Flaw.SCHEMA_MISMATCH),
        ({"model_package_arn": "arn:gone"}, Flaw.UNKNOWN_MODEL),
        ({"model_package_arn": ""}, Flaw.UNKNOWN_MODEL),
    ],
)
def test_flaws_are_named_counted_and_logged_all_the_same(
    predictions: Predictions,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, Any],
    flaw: Flaw | None,
) -> None:
    flawed = record("r", **{"model_package_arn": predictions.add_model()} | changes)
    sound = record("s", row(), row(), model_package_arn=predictions.add_model(), variant="other")

    assert predictions.deliver(flawed.to_text(), sound.to_text()) == []

    predictions.assert_logged_once(flawed, sound)
    assert [each["flaw"] for each in predictions.rows()] == [flaw, None, None]
    assert counted(capsys) == {"champion": [1, int(flaw is not None)], "other": [2, 0]}


def test_a_value_of_a_foreign_type_is_null_beside_those_that_fit(predictions: Predictions) -> None:
    predictions.deliver(record("r", row(month="January", temp=70)).to_text())

    (found,) = predictions.rows()
    assert (found["month"], found["temp"], found["origin"]) == (None, 70.0, "EWR")


def test_a_model_that_was_unknown_is_asked_for_again(predictions: Predictions) -> None:
    arn = predictions.add_model()
    package = predictions.registry.packages.pop(arn)
    predictions.deliver(record("a", model_package_arn=arn).to_text())
    predictions.registry.packages[arn] = package
    predictions.deliver(record("b", model_package_arn=arn).to_text())
    # What is known stays known, even without a registry.
    predictions.registry.packages.clear()
    predictions.deliver(record("c", model_package_arn=arn).to_text())

    origins = [each["code_sha256"] for each in predictions.rows()]
    assert origins == [UNKNOWN, "c0de" * 16, "c0de" * 16]


MALFORMED = {
    "no JSON": "{",
    "another shape": "[]",
    "nested too deeply": "[" * 100_000,
    "nothing": "{}",
    "no rows": record(rows=(), scores=()).to_text(),
    "fewer scores": record(scores=()).to_text(),
    "rows that are none": record(rows=(1,)).to_text(),
    "a list that is none": record().to_text().replace('"scores":[0.25]', '"scores":7'),
    "a score that is text": record(scores=("high",)).to_text(),
    "no time": record(predicted_at="yesterday").to_text(),
    "no time zone": record(predicted_at="2026-03-01T12:00:00").to_text(),
    "a time before time": record(predicted_at="0001-01-01T00:00:00+14:00").to_text(),
    "a key that is none": record(key="../../curated").to_text(),
    "a variant that is no text": record(variant=1).to_text(),
    "a pointer elsewhere": json.dumps({SPILLED: "s3://other/spilled-predictions/x.json"}),
    "a pointer out of the prefix": json.dumps({SPILLED: f"s3://{QUARANTINE}/dead-letters/x"}),
    "a pointer that is none": json.dumps({SPILLED: ["x"]}),
    "a pointer to nothing": json.dumps(
        {SPILLED: f"s3://{QUARANTINE}/spilled-predictions/2026-03-01/x.json"}
    ),
}


def test_malformed_messages_fail_for_good_and_alone(predictions: Predictions) -> None:
    good = record("good")

    failed = predictions.deliver(good.to_text(), *MALFORMED.values())

    assert sorted(failed) == sorted(f"m{n}" for n in range(1, len(MALFORMED) + 1))
    predictions.assert_logged_once(good)
    for name, body in MALFORMED.items():
        failure = predictions.failure(body)
        assert failure["permanent"], (name, failure)
        assert failure["error_code"] in ("malformed-message", "record-missing"), name


def test_a_record_that_was_too_large_for_the_queue_is_read_from_where_it_lies(
    predictions: Predictions,
) -> None:
    spilled, inline = record("spilled"), record("inline")
    key = spilled_key(spilled)
    predictions.s3.put_object(Bucket=QUARANTINE, Key=key, Body=spilled.to_text().encode())

    pointer = json.dumps({SPILLED: f"s3://{QUARANTINE}/{key}"})
    assert predictions.deliver(pointer, inline.to_text()) == []

    predictions.assert_logged_once(spilled, inline)


def test_a_replay_that_succeeds_resolves_the_dead_letter(predictions: Predictions) -> None:
    message = record("r").to_text()
    table = predictions.tables.Table(DEAD_LETTERS)
    key = {MESSAGE_KEY: message_key(message)}
    table.put_item(Item={**key, "status": "replayed"})

    assert predictions.deliver(message) == []

    assert table.get_item(Key=key)["Item"]["status"] == "resolved"


def test_a_registry_that_does_not_answer_delays_only_what_needs_it(
    predictions: Predictions, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = predictions.add_model()
    nameless, named = record("a"), record("b", model_package_arn=arn)

    def refuse(operation: str, call: Any) -> Any:
        if operation == "DescribeModelPackage":
            raise unavailable(operation)
        return call()

    with intercepted(refuse, monkeypatch):
        assert predictions.deliver(nameless.to_text(), named.to_text()) == ["m1"]
    assert not predictions.failure(named.to_text())["permanent"]
    predictions.assert_logged_once(nameless)

    assert predictions.deliver(named.to_text()) == []
    predictions.assert_logged_once(nameless, named)


def test_what_the_time_does_not_suffice_for_is_delivered_again(predictions: Predictions) -> None:
    """And what was claimed by then is written: each delivery brings the log further."""
    records = [record(f"r{n}") for n in range(3)]
    bodies = [each.to_text() for each in records]
    # Asked for the claims' lifetime and the reserve (a tenth, 6 s at most 5), then before each
    # claim and before the file is written.
    context = FakeContext(remaining_ms=[60_000, 60_000, 60_000, 60_000, 9_000])

    assert predictions.deliver(*bodies, context=context) == ["m2"]
    predictions.assert_logged_once(*records[:2])

    assert predictions.deliver(*bodies) == []
    predictions.assert_logged_once(*records)


@pytest.mark.parametrize("repeated", ["PutItem", "PutObject"])
def test_an_answer_that_is_lost_and_asked_for_again_delays_nothing(
    predictions: Predictions,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    repeated: str,
) -> None:
    """The client tries again on its own, and meets what its first attempt has done."""

    def lose_first_answer(operation: str, call: Any) -> Any:
        if operation == repeated:
            call()
        return call()

    logged = record("r")
    with intercepted(lose_first_answer, monkeypatch):
        assert predictions.deliver(logged.to_text()) == []

    predictions.assert_logged_once(logged)
    assert counted(capsys) == {"champion": [1, 1]}
