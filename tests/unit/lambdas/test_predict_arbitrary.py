"""Whatever comes in, the answer is a clear refusal, or complete and logged."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdas.predict import handler
from schemas.catalog import MODEL_INPUT
from schemas.predictions import REQUEST_ID_PATTERN, PredictionRecord, split_prediction_id
from tests.unit.lambdas.predictions import ROW, FakeEndpoint
from tests.unit.lambdas.world import FakeContext

pytestmark = pytest.mark.usefixtures("predictions")

NAMES = MODEL_INPUT.column_names

# Values that fit somewhere, and all that JSON, as Python reads and writes it, can spell.
scalars = (
    st.sampled_from(list(ROW.values()))
    | st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, -(2**63), 10**400])
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\ud800", "\0", "é" * 300])
)
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
rows = st.dictionaries(st.sampled_from(NAMES), scalars, max_size=1).map(lambda row: {**ROW, **row})
some_rows = st.lists(rows, max_size=3) | st.lists(rows | documents, max_size=3)
request_ids = st.from_regex(REQUEST_ID_PATTERN, fullmatch=True) | documents


def csv_line(row: dict[str, Any]) -> str:
    return ",".join("" if value is None else str(value) for value in row.values())


json_bodies = (
    rows | some_rows | documents | st.fixed_dictionaries({"rows": some_rows | documents},
                                                         optional={"request_id": request_ids})
).map(lambda document: json.dumps(document).encode())  # fmt: skip
line_bodies = some_rows.map(
    lambda found: b"".join(json.dumps(row).encode() + b"\n" for row in found)
)
csv_bodies = st.tuples(
    st.sampled_from(["", ",".join(NAMES) + "\n", ",".join(NAMES[::-1]) + "\n", "\ufeff"]),
    st.lists(rows.map(csv_line) | st.text(), max_size=3),
).map(lambda parts: (parts[0] + "\r\n".join(parts[1])).encode(errors="replace"))


BODIES = {
    "application/json": json_bodies,
    "application/jsonlines": line_bodies,
    "text/csv": csv_bodies,
    "text/plain": st.binary(max_size=200),
}


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, bytes]:
    """Bodies that may be good, some of which were cut, doubled, replaced or called another name."""
    media_type = draw(st.sampled_from(list(BODIES)))
    body = draw(BODIES[media_type])
    if draw(st.integers(0, 3)) == 0:
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(body))] * 2)))
        body = body[:start] + draw(st.binary(max_size=4) | st.just(body)) + body[end:]
    if draw(st.integers(0, 7)) == 0:
        media_type = draw(st.sampled_from(list(BODIES)))
    return media_type, body


class Log:
    """Takes records."""

    def __init__(self) -> None:
        self.records: list[PredictionRecord] = []

    def send_message(self, **message: str) -> None:
        self.records.append(PredictionRecord.from_text(message["MessageBody"]))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    log = Log()
    monkeypatch.setitem(vars(handler), "sqs_request_client", lambda: log)
    monkeypatch.setitem(vars(handler), "sagemaker_runtime_client", FakeEndpoint().clients)
    return log


# The fixture holds what an execution environment holds, which serves many requests.
@settings(
    deadline=None,
    derandomize=True,
    max_examples=500,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    asked=requests(),
    request_id=st.sampled_from([*[None, "r"] * 5, "", "a.b", "x" * 65, "\ud800"]),
    is_encoded=st.booleans(),
)
def test_any_bytes_get_a_clear_refusal_or_a_full_answer_that_was_logged(
    log: Log, asked: tuple[str, bytes], request_id: str | None, is_encoded: bool
) -> None:
    log.records.clear()
    media_type, body = asked
    headers = {"Content-Type": media_type}
    if request_id is not None:
        headers["X-Request-Id"] = request_id
    event = {
        "rawPath": "/",
        "requestContext": {"http": {"method": "POST"}},
        "headers": headers,
        "isBase64Encoded": is_encoded,
        "body": base64.b64encode(body).decode() if is_encoded else body.decode(errors="replace"),
    }

    response: Any = handler.lambda_handler(event, FakeContext())  # type: ignore[arg-type]

    answer = json.loads(response["body"])
    if response["statusCode"] != 200:
        assert response["statusCode"] in (400, 413, 415, 422)
        assert answer["error"]["code"]
        assert answer["error"]["message"]
        assert log.records == []
        return
    (record,) = log.records
    assert record.request_id == answer["request_id"]
    assert len(record.rows) == len(answer["predictions"]) > 0
    for position, prediction in enumerate(answer["predictions"]):
        assert split_prediction_id(prediction["prediction_id"]) == (record.key, position)
