"""Asking the predict function takes patience, and some things cannot be asked."""

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from lambdas.predict.http import unavailable
from ops import predicting, request_files
from ops.app import app
from ops.errors import OpsError
from ops.request_files import RowFormat, read_rows
from tests.unit.ops.request_rows import ROWS, as_csv, lambda_says, lines
from tests.unit.ops.serving import Platform, row

RUNNER = CliRunner()

pytestmark = pytest.mark.usefixtures("few_rows")


def test_a_function_that_may_not_run_now_is_busy(serving: Platform) -> None:
    slept: list[float] = []
    serving.function.errors = [lambda_says("TooManyRequestsException")]

    answers = predicting.predict(
        serving.deployment, read_rows(lines(ROWS[:1]).encode(), RowFormat.JSON_LINES), "x",
        sleep=slept.append,
    )  # fmt: skip

    assert len(slept) == 1
    assert len(answers.predictions) == 1


def test_a_function_that_never_may_run_refuses_no_row(serving: Platform) -> None:
    serving.function.errors = [lambda_says("TooManyRequestsException")] * predicting.ATTEMPTS

    answers = predicting.predict(
        serving.deployment, read_rows(lines(ROWS[:1]).encode(), RowFormat.JSON_LINES), "x",
        sleep=lambda _: None,
    )  # fmt: skip

    assert (answers.unanswered, answers.refusals) == (1, ())
    assert "(429 TooManyRequestsException)" in answers.failure


def test_patience_is_what_the_function_asks_for(serving: Platform) -> None:
    slept: list[float] = []
    serving.function.refusals = [
        unavailable("endpoint-busy", "busy", 7),
        unavailable("not-logged", "queue", 3600),
    ]

    answers = predicting.predict(
        serving.deployment, read_rows(lines(ROWS[:1]).encode(), RowFormat.JSON_LINES), "x",
        sleep=slept.append,
    )  # fmt: skip

    assert slept == [7, predicting.LONGEST_PAUSE_SECONDS]
    assert len(answers.predictions) == 1


def test_patience_ends(serving: Platform) -> None:
    slept: list[float] = []
    serving.function.refusals = [unavailable("endpoint-busy", "busy", 1)] * 10

    answers = predicting.predict(
        serving.deployment, read_rows(lines(ROWS[:1]).encode(), RowFormat.JSON_LINES), "x",
        sleep=slept.append,
    )  # fmt: skip

    assert len(slept) == predicting.ATTEMPTS - 1
    assert answers.failure == "busy (503 endpoint-busy)"


def test_before_the_first_release_nobody_waits(serving: Platform) -> None:
    serving.function.refusals = [unavailable("no-endpoint", "approve a model", 300)]

    result = RUNNER.invoke(app, ["predict", "--row", json.dumps(row())])

    assert result.exit_code == 1
    assert "approve a model" in result.stderr


def test_a_function_that_crashes_is_said_with_its_log(serving: Platform) -> None:
    serving.function.crash = True

    result = RUNNER.invoke(app, ["predict", "--row", json.dumps(row())])

    assert result.exit_code == 1
    assert "out of memory" in result.stderr
    assert "aws logs tail /aws/lambda/predict" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        ([], "", "Give either a file, - or --row"),
        (["-", "--row", "{}"], "", "Give either a file, - or --row"),
        (["-", "--format", "json"], "{", "the rows cannot be read: not JSON"),
        (["-", "--format", "json"], '{"rows": {"year": 2013}}', "'rows' must be a list"),
        (["-", "--format", "json"], '{"rows": [], "id": 1}', "only 'request_id' is known"),
        (["-", "--format", "json"], '[{"temp": NaN}]', "NaN is not a JSON number"),
        (["-", "--format", "json"], '{"request_id": 7, "rows": [{}]}', "7 cannot be a request's"),
        (["-", "--format", "json"], '{"request_id": "", "rows": [{}]}', "'' cannot be a request's"),
        (["-", "--format", "json"], "[]", "there are no rows"),
        (["-"], "", "the rows cannot be read"),
        (["-", "--request-id", "a.b"], lines(ROWS[:1]), "cannot be a request's id"),
        (["nothing.csv"], "", "cannot be read: No such file"),
    ],
)
def test_what_cannot_be_asked_is_said(
    serving: Platform, arguments: list[str], text: str, message: str
) -> None:
    result = RUNNER.invoke(app, ["predict", *arguments], input=text)

    assert result.exit_code == 1
    assert message in result.stderr
    assert serving.function.questions == []


def test_the_name_of_a_file_must_say_its_format() -> None:
    with pytest.raises(OpsError, match="Give --format: csv, jsonl, json"):
        request_files.format_of("rows.txt")


def test_requests_are_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_files, "BYTES_AT_A_TIME", 2 * len(lines(ROWS[:1])))

    requests = list(read_rows(lines(ROWS).encode(), RowFormat.JSON_LINES).requests())

    assert [(each.first_row, each.rows) for each in requests] == [(1, 2), (3, 2), (5, 2), (7, 1)]


def test_line_ends_within_quotes_do_not_cut_a_record() -> None:
    text = as_csv([row(dest="I\nH"), row(2)])

    (request,) = read_rows(text.encode(), RowFormat.CSV).requests()

    assert request.rows == 2
    assert [each["dest"] for each in csv.DictReader(io.StringIO(request.body))] == ["I\nH", "IAH"]
