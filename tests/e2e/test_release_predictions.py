"""Predictions through the deployed function and endpoint: answered, refused, logged, batch."""

import json

import pytest

from contracts.rows import JsonJudge
from ops import executions, scoring
from ops import lake as lakes
from ops.ledger import split_uri
from ops.models import Model
from schemas.catalog import MODEL_INPUT
from schemas.names import SPILLED_PREDICTIONS_PREFIX, Output
from tests.cloud import eventually
from tests.e2e import months, releases
from tests.e2e.caller import OK, Row, ask, assert_logged, golden_rows, logged_predictions
from tests.e2e.lake import Lake
from tests.e2e.training_phases import Trained

JSON, JSON_LINES, CSV = "application/json", "application/jsonlines", "text/csv"
LONGEST_SCORING_SECONDS = 180


@pytest.fixture(scope="module")
def served(lake: Lake, trained: Trained) -> Model:
    """A model that serves."""
    releases.await_approved(lake, trained.model)
    releases.come_to_rest(lake)
    return releases.champion(lake)


@pytest.fixture(scope="module")
def rows(lake: Lake, served: Model) -> list[Row]:
    """What is asked."""
    return golden_rows(lake, served)


def as_csv(rows: list[Row]) -> str:
    lines = [
        ",".join("" if row[name] is None else str(row[name]) for name in MODEL_INPUT.column_names)
        for row in rows
    ]
    return "\n".join([",".join(MODEL_INPUT.column_names), *lines])


def test_all_formats_are_answered_alike(lake: Lake, rows: list[Row]) -> None:
    bodies = {
        JSON: json.dumps(rows),
        JSON_LINES: "".join(f"{json.dumps(row)}\n" for row in rows),
        CSV: as_csv(rows),
    }
    answers = {kind: ask(lake, body, media_type=kind) for kind, body in bodies.items()}
    scores = {
        kind: [each["score"] for each in answer.body["predictions"]]
        for kind, answer in answers.items()
    }
    assert scores[JSON] == scores[JSON_LINES] == scores[CSV]
    assert_logged(lake, [each for answer in answers.values() for each in answer.prediction_ids])


def test_a_repetition_is_logged_once(lake: Lake, rows: list[Row]) -> None:
    first, again = (
        ask(lake, json.dumps(rows), media_type=JSON, request_id="repeated-1") for _ in range(2)
    )
    assert first == again
    assert_logged(lake, first.prediction_ids)


def test_a_bad_row_is_named_and_nothing_is_answered(lake: Lake, rows: list[Row]) -> None:
    bad = {**rows[1], "carrier": "ZZ", "month": 13}
    answer = ask(lake, json.dumps([rows[0], bad]), media_type=JSON, request_id="refused-1")
    assert answer.status == 422
    assert {each["row"] for each in answer.body["rows"]} == {2}
    assert not any(each["request_id"] == "refused-1" for each in logged_predictions(lake))


def test_a_record_that_is_too_large_for_the_queue_takes_another_way(
    lake: Lake, rows: list[Row]
) -> None:
    many = (rows * 60)[:1000]
    answer = ask(lake, json.dumps(many), media_type=JSON, request_id="large-1")
    assert answer.status == OK
    assert_logged(lake, answer.prediction_ids)
    bucket = lake.deployment[Output.QUARANTINE_BUCKET_NAME]
    assert lakes.object_sizes(lake.deployment, bucket, SPILLED_PREDICTIONS_PREFIX)


def test_a_month_is_scored_as_the_endpoint_scores_it(lake: Lake, served: Model) -> None:
    del served
    month = months.WINDOW.holdout_from
    started = scoring.begin(lake.deployment, month)
    eventually(
        lambda: not executions.describe(lake.deployment, started.execution_arn).is_running,
        "the month is scored",
        seconds=LONGEST_SCORING_SECONDS,
    )
    execution = executions.read(lake.deployment, started.execution_arn)
    scored = scoring.conclude(lake.deployment, execution)
    requests = objects(lake, execution.output["scoring"]["requests_uri"])
    scores = objects(lake, scored.output_uri)
    assert len(requests) == len(scores) == scored.rows > 0
    judge = JsonJudge(MODEL_INPUT)
    for request in requests[:3]:
        judge.judge_object(request)
    answer = ask(lake, json.dumps(requests[:20]), media_type=JSON)
    online = [each["score"] for each in answer.body["predictions"]]
    assert online == pytest.approx([each["score"] for each in scores[:20]], abs=1e-9)


def objects(lake: Lake, prefix_uri: str) -> list[dict[str, object]]:
    bucket, prefix = split_uri(prefix_uri)
    (uri,) = lakes.object_sizes(lake.deployment, bucket, prefix)
    _, key = split_uri(uri)
    body = lake.deployment.connection.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return [json.loads(line) for line in body.splitlines()]
