"""Requests are answered in two formats, and refused with the row, the column and the reason."""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from werkzeug.wrappers import Response

from ml.answers import CSV, JSON, JSON_LINES, Answer, Identity
from ml.inference import ServedModel, input_fn, model_fn, output_fn, predict_fn
from ml.model import model_sha256
from schemas.catalog import MODEL_INPUT
from tests.unit.ml.samples import a_request, json_lines

NAMES = list(MODEL_INPUT.column_names)
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/flight-delay/7"


@pytest.fixture(scope="module")
def served(model: Path) -> ServedModel:
    return model_fn(str(model))


def csv(*requests: dict[str, Any], header: list[str] | None = None) -> str:
    lines = [] if header is None else [header]
    for request in requests:
        values = [request[name] for name in header or NAMES]
        lines.append(["" if value is None else str(value) for value in values])
    return "".join(",".join(line) + "\n" for line in lines)


def invoke(
    served: ServedModel, body: str | bytes, kind: str, accept: str = JSON_LINES
) -> Response | tuple[str, str]:
    return output_fn(predict_fn(input_fn(body, kind), served), accept)


def text(answer: Response | tuple[str, str]) -> str:
    assert isinstance(answer, tuple)
    return answer[0]


def scores(answer: Response | tuple[str, str]) -> list[Any]:
    assert isinstance(answer, tuple)
    body, kind = answer
    if kind == CSV:
        return [float(line) for line in body.splitlines()]
    if kind == JSON_LINES:
        return [json.loads(line)["score"] for line in body.splitlines()]
    return [each["score"] for each in json.loads(body)["predictions"]]


def refusal(answer: Response | tuple[str, str], status: int) -> dict[str, Any]:
    assert isinstance(answer, Response)
    assert (answer.status_code, answer.mimetype) == (status, JSON)
    body: dict[str, Any] = json.loads(answer.get_data())
    return body


ONE, OTHER = a_request(), a_request(carrier="AA", sched_dep_time=600, precip=0.4)


def test_every_format_of_request_and_answer_gives_the_same_scores(served: ServedModel) -> None:
    bodies: list[tuple[str | bytes, str]] = [
        (json_lines(ONE, OTHER), JSON_LINES),
        (json_lines(ONE, OTHER).encode(), f"{JSON_LINES}; charset=utf-8"),
        (csv(ONE, OTHER), CSV),
        (csv(ONE, OTHER, header=NAMES), "Text/CSV"),
        (csv(ONE, OTHER, header=NAMES[::-1]).encode(), CSV),
        (csv(ONE, OTHER).removesuffix("\n"), CSV),
    ]
    found = {
        tuple(scores(invoke(served, body, kind, accept)))
        for body, kind in bodies
        for accept in (CSV, JSON_LINES, JSON, "*/*", "text/html, application/json;q=0.9")
    }
    assert len(found) == 1
    one, other = found.pop()
    assert 0 < one < 1
    assert one != other


def test_a_row_is_scored_alone_as_among_others(served: ServedModel) -> None:
    both = scores(invoke(served, json_lines(ONE, OTHER), JSON_LINES))
    alone = [scores(invoke(served, json_lines(each), JSON_LINES))[0] for each in (ONE, OTHER)]
    assert both == alone


def test_optional_keys_may_be_left_out(served: ServedModel) -> None:
    without = {name: value for name, value in ONE.items() if value is not None}
    assert scores(invoke(served, json_lines(without), JSON_LINES)) == scores(
        invoke(served, json_lines(ONE), JSON_LINES)
    )


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"carrier": "??"}, "carrier", "domain"),
        ({"carrier": None}, "carrier", "missing"),
        ({"month": 13}, "month", "range"),
        ({"distance": "far"}, "distance", "type"),
        ({"dest": "Houston"}, "dest", "length"),
        ({"dep_time": 1800}, "dep_time", "ragged"),
    ],
)
def test_a_bad_row_is_named_with_column_and_reason(
    served: ServedModel, changes: dict[str, Any], column: str, code: str
) -> None:
    body = json_lines(ONE, a_request(**changes))
    found = refusal(invoke(served, body, JSON_LINES), 400)
    assert [(each["row"], each["column"], each["code"]) for each in found["errors"]] == [
        (2, column, code)
    ]
    assert found["error"].startswith("1 of 2 rows break the contract of 'flight_requests', so none")
    assert f"row 2, column '{column}'" in found["error"]


def test_rows_of_csv_are_counted_without_the_header(served: ServedModel) -> None:
    body = csv(ONE, a_request(month=0), header=NAMES)
    assert refusal(invoke(served, body, CSV), 400)["errors"][0]["row"] == 2


def test_not_every_error_of_a_large_request_is_listed(served: ServedModel) -> None:
    body = json_lines(*[a_request(month=13)] * 500)
    found = refusal(invoke(served, body, JSON_LINES), 400)
    assert "500 of 500 rows" in found["error"]
    assert len(found["errors"]) == 10


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("", CSV, "no content"),
        ("\n\n", JSON_LINES, "no content"),
        (csv(header=NAMES), CSV, "header but no rows"),
        ("a,b\n1,2\n", CSV, "the header has 19 fields"),
        ("{", JSON_LINES, "not JSON"),
        ("[1]", JSON_LINES, "each line must be a JSON object"),
        (b"\xff\xfe{\x00}\x00", JSON_LINES, "UTF-16"),
        (b"\xff,\n", CSV, "not UTF-8"),
        ('"open', CSV, "never closed"),
    ],
)
def test_what_cannot_be_read_is_refused(
    served: ServedModel, body: str | bytes, kind: str, words: str
) -> None:
    assert words in refusal(invoke(served, body, kind), 400)["error"]


@pytest.mark.parametrize("kind", [JSON, "application/x-npy", ""])
def test_other_content_types_are_refused(served: ServedModel, kind: str) -> None:
    found = refusal(invoke(served, json_lines(ONE), kind), 415)
    assert CSV in found["error"]
    assert JSON_LINES in found["error"]


def test_other_answers_are_refused(served: ServedModel) -> None:
    found = refusal(invoke(served, json_lines(ONE), JSON_LINES, "image/png"), 406)
    assert "'image/png' is not supported" in found["error"]


def answered(*scores: float) -> Answer:
    return Answer(scores=np.array(scores), identity=Identity(package_arn=ARN, sha256="0" * 64))


def test_scores_are_written_in_full() -> None:
    exact = [0.1 + 0.2, 1e-9]
    for accept in (CSV, JSON_LINES, JSON):
        assert scores(output_fn(answered(*exact), accept)) == exact


@pytest.mark.parametrize("accept", [JSON, JSON_LINES])
@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_finite_number_is_null(accept: str, score: float) -> None:
    answer = output_fn(answered(0.5, score), accept)
    assert scores(answer) == [0.5, None]
    assert not {"NaN", "Infinity"} & set(re.findall(r"[A-Za-z]+", text(answer)))


def test_json_says_which_model_answered(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_PACKAGE_ARN", ARN)
    body = text(invoke(model_fn(str(model)), json_lines(ONE), JSON_LINES, JSON))
    assert json.loads(body)["model"] == {"package_arn": ARN, "sha256": model_sha256(model)}


def test_a_model_that_no_endpoint_serves_has_no_package(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODEL_PACKAGE_ARN", raising=False)
    body = text(invoke(model_fn(str(model)), json_lines(ONE), JSON_LINES, JSON))
    assert json.loads(body)["model"] == {"package_arn": "", "sha256": model_sha256(model)}


def test_other_formats_hold_scores_only(served: ServedModel) -> None:
    line, number = (
        text(invoke(served, json_lines(ONE), JSON_LINES, accept)) for accept in (JSON_LINES, CSV)
    )
    assert json.loads(line) == {"score": float(number)}
