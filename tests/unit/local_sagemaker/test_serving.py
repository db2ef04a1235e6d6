"""What the user's module returns or raises, as the images' servers answer it."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from local.sagemaker.serving import Answer, Served


def respond(body: bytes = b"1", content_type: str = "text/csv", **functions: Any) -> Any:
    functions.setdefault("model_fn", lambda _: "model")
    return Served(SimpleNamespace(**functions), "dir").respond(body, content_type, "text/csv")


def echo(data: Any, _: str) -> Any:
    return data


def chain(**functions: Any) -> dict[str, Any]:
    return {
        "input_fn": echo,
        "predict_fn": lambda data, _: data,
        "output_fn": lambda prediction, _: prediction,
        **functions,
    }


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        ("text", (200, "text/csv", b"text")),
        (b"bytes", (200, "text/csv", b"bytes")),
        (("text", "text/plain"), (200, "text/plain", b"text")),
        (7, (200, "text/csv", b"7")),
        (
            SimpleNamespace(status_code=400, mimetype="text/plain", get_data=lambda: b"bad"),
            (400, "text/plain", b"bad"),
        ),
        (
            SimpleNamespace(
                status_code=200,
                mimetype="text/csv",
                get_data=lambda: b"1",
                headers={"X-Amzn-SageMaker-Custom-Attributes": "trace-1"},
            ),
            (200, "text/csv", b"1", "trace-1"),
        ),
    ],
)
def test_results(result: Any, answer: tuple[Any, ...]) -> None:
    assert respond(**chain(output_fn=lambda *_: result)) == Answer(*answer)
    assert respond(transform_fn=lambda *_: result) == Answer(*answer)


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [("text/csv", str), ("application/json", str), ("application/jsonlines", bytes)],
)
def test_only_csv_and_json_reach_the_module_as_text(content_type: str, kind: type) -> None:
    seen: list[Any] = []

    respond(content_type=content_type, **chain(input_fn=lambda data, _: seen.append(data)))

    assert [type(each) for each in seen] == [kind]


def test_a_module_of_one_function_gets_everything() -> None:
    def transform(*given: Any) -> str:
        return repr(given)

    assert respond(transform_fn=transform).body == b"('model', '1', 'text/csv', 'text/csv')"


def test_both_kinds_of_functions_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="Cannot use transform_fn"):
        respond(transform_fn=echo, **chain())


def test_a_model_predicts_without_a_function() -> None:
    model = SimpleNamespace(predict=lambda data: f"predicted {data}")

    answer = respond(model_fn=lambda _: model, **chain(predict_fn=None))

    assert answer.body == b"predicted 1"


class RefusedError(Exception):
    def __init__(self, status_code: Any) -> None:
        super().__init__("no")
        self.status_code = status_code
        self.message = "not that"


@pytest.mark.parametrize(("carried", "status"), [(400, 400), (415, 415), (503, 503)])
def test_an_error_that_carries_a_status(carried: int, status: int) -> None:
    def refuse(*_: Any) -> Any:
        raise RefusedError(carried)

    answer = respond(**chain(input_fn=refuse))

    assert (answer.status, json.loads(answer.body)) == (status, {"error": "not that"})


@pytest.mark.parametrize("carried", [200, "400", None])
def test_any_other_error_is_the_servers(carried: Any, capfd: pytest.CaptureFixture[str]) -> None:
    def fail(*_: Any) -> Any:
        raise RefusedError(carried)

    answer = respond(**chain(predict_fn=fail))

    assert (answer.status, answer.body) == (500, b"Internal Server Error")
    assert "RefusedError: no" in capfd.readouterr().err


def test_what_no_function_handles(capfd: pytest.CaptureFixture[str]) -> None:
    assert respond(predict_fn=lambda data, _: data).status == 500
    assert "Content type text/csv is not supported" in capfd.readouterr().err


def test_bytes_that_are_no_text_reach_the_module_as_signs_of_that() -> None:
    assert respond(b"a\xff", **chain()).body.decode() == "a\ufffd"
