"""`ops predict`: files become requests, and answers and refusals find their rows again."""

import csv
import io
import json
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lambdas.predict.http import RefusedError
from ops.app import app
from tests.unit.ops.request_rows import ROWS, as_csv, be_denied, crash, lines, stay_silent
from tests.unit.ops.serving import MODEL_1, FakePredict, Platform, row

RUNNER = CliRunner()


TEXTS = {
    "rows.csv": as_csv(ROWS),
    "bare.csv": as_csv(ROWS, header=False),
    "rows.jsonl": lines(ROWS),
    "rows.json": json.dumps(ROWS),
    "request.json": json.dumps({"request_id": "mine", "rows": ROWS}),
}


pytestmark = pytest.mark.usefixtures("few_rows")


def flights_asked(serving: Platform) -> list[list[int]]:
    return [[each["flight"] for each in question.rows] for question in serving.function.questions]


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_row_is_asked_once_in_order(serving: Platform, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(TEXTS[name])

    result = RUNNER.invoke(app, ["predict", str(path), "--request-id", "nightly"])

    assert result.exit_code == 0, result.output
    assert flights_asked(serving) == [[1, 2, 3], [4, 5, 6], [7]]
    assert [each.request_id for each in serving.function.questions] == [
        "nightly-1", "nightly-2", "nightly-3",
    ]  # fmt: skip
    answers = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [each["row"] for each in answers] == list("1234567")
    assert {each["score"] for each in answers} == {"0.25"}
    assert answers[6]["prediction_id"].startswith("nightly-3.")
    assert answers[0]["model_package_arn"] == MODEL_1


def test_repeating_a_command_asks_with_the_same_ids(serving: Platform, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(lines(ROWS))

    first, second = (
        RUNNER.invoke(app, ["predict", str(path), "--request-id", "again"]).stdout for _ in "12"
    )

    assert first == second
    ids = [each.request_id for each in serving.function.questions]
    assert ids[:3] == ids[3:]


@pytest.mark.usefixtures("serving")
def test_without_an_id_people_are_told_the_one_that_was_chosen() -> None:
    result = RUNNER.invoke(app, ["predict", "--row", json.dumps(row())])

    (answer,) = csv.DictReader(io.StringIO(result.stdout))
    name = answer["prediction_id"].partition(".")[0]
    assert f"--request-id {name}" in " ".join(result.stderr.split())


def test_the_id_is_told_before_anything_is_asked(
    serving: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(**_request: Any) -> dict[str, Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr(serving.function, "invoke", die)

    result = RUNNER.invoke(app, ["predict", "--row", json.dumps(row())])

    assert result.exit_code != 0
    assert "--request-id " in result.stderr


def test_a_file_that_cannot_be_written_is_said_before_anything_is_asked(
    serving: Platform, tmp_path: Path
) -> None:
    path = tmp_path / "no-such-folder" / "out.csv"

    result = RUNNER.invoke(app, ["predict", "--row", json.dumps(row()), "--output", str(path)])

    assert result.exit_code == 1
    assert "out.csv cannot be written: No such file" in " ".join(result.stderr.split())
    assert serving.function.questions == []


def test_rows_come_from_standard_input_and_go_into_a_file(
    serving: Platform, tmp_path: Path
) -> None:
    path = tmp_path / "out.csv"

    result = RUNNER.invoke(app, ["predict", "-", "--output", str(path)], input=lines(ROWS[:2]))

    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert len(path.read_text().splitlines()) == 3
    assert flights_asked(serving) == [[1, 2]]


def test_refused_rows_are_named_by_their_number_in_the_file(
    serving: Platform, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(as_csv([*ROWS[:4], row(5, carrier="XX"), *ROWS[5:]]))

    people = RUNNER.invoke(app, ["predict", str(path)])
    machine = RUNNER.invoke(app, ["predict", str(path), "--json"])

    assert people.exit_code == machine.exit_code == 1
    assert "row 5, column carrier" in people.stderr
    assert "2 more rows were in the same requests" in people.stderr
    assert flights_asked(serving)[:2] == [[1, 2, 3], [7]]
    document = json.loads(machine.stdout)
    assert [each["row"] for each in document["predictions"]] == [1, 2, 3, 7]
    assert (document["unanswered"], document["refusals"][0]["row"]) == (3, 5)


def refuse(function: FakePredict) -> None:
    function.refusals = [RefusedError(HTTPStatus.BAD_GATEWAY, "model-failed", "the model failed")]


@pytest.mark.parametrize(
    ("fail", "message"),
    [
        (refuse, "the model failed (502 model-failed)"),
        (crash, "the function predict failed: out of memory"),
        (be_denied, "Invoke failed (AccessDeniedException)"),
        (stay_silent, "AWS cannot be reached"),
    ],
)
def test_what_breaks_off_keeps_what_was_answered(
    serving: Platform, tmp_path: Path, fail: Callable[[FakePredict], None], message: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(lines(ROWS))
    answer = serving.function.invoke

    def fail_later(**request: Any) -> dict[str, Any]:
        if len(serving.function.questions) == 1:
            fail(serving.function)
        return answer(**request)

    serving.deployment.connection.__dict__["functions"] = type(
        "Failing", (), {"invoke": staticmethod(fail_later)}
    )

    result = RUNNER.invoke(app, ["predict", str(path)])

    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 4
    assert f"4 rows were not answered: {message}" in " ".join(result.stderr.split())
