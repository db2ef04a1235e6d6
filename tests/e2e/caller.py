"""A client that never stops asking, and remembers every answer."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ops import artifacts, parquet
from ops.consumers import Consumer
from ops.lake import object_sizes
from ops.models import Model
from ops.queues import wait_until_idle
from schemas.names import PREDICTIONS_PREFIX, Output
from schemas.registry import version_of
from schemas.training import GOLDEN_FILE
from tests.cloud import eventually
from tests.e2e.lake import PATIENCE_SECONDS, Lake

CALLERS = 2
# Enough for several calls in each period of an alarm, and few enough for two processors.
PAUSE_SECONDS = 0.1
OK = 200

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the predict function answered.

    Attributes:
        status: HTTP status.
        body: Decoded.
    """

    status: int
    body: Mapping[str, Any]

    @property
    def model(self) -> int:
        """Version of the model that answered."""
        return version_of(self.body["model_package_arn"])

    @property
    def prediction_ids(self) -> list[str]:
        """Ids of all predictions that were given."""
        return [each["prediction_id"] for each in self.body.get("predictions", ())]

    @property
    def code(self) -> str:
        """What kind of error it was."""
        return str(self.body.get("error", {}).get("code", ""))


@dataclass(slots=True)
class Caller:
    """Asks one row after the other until it is told to stop.

    Attributes:
        lake: Where to ask.
        rows: What is asked, again and again.
        answers: All answers so far, in the order in which they came.
    """

    lake: Lake
    rows: Sequence[Row]
    answers: list[Answer] = field(default_factory=list)

    @property
    def failures(self) -> list[Answer]:
        """Answers that hold no predictions."""
        return [each for each in self.answers if each.status != OK]

    @property
    def models(self) -> Counter[int]:
        """Versions of models, and how many answers each gave."""
        return Counter(each.model for each in self.answers if each.status == OK)

    def await_answers(self, count: int = 5, *, model: int | None = None) -> None:
        """Wait until so many more answers have come, of one model or of any."""
        seen = len(self.answers)

        def enough() -> bool:
            new = [each for each in self.answers[seen:] if each.status == OK]
            return sum(model in (None, each.model) for each in new) >= count

        eventually(enough, f"{count} answers of model {model}", seconds=PATIENCE_SECONDS)


def ask(lake: Lake, body: str, *, media_type: str, request_id: str = "") -> Answer:
    """Ask the deployed predict function as its URL would."""
    headers = {"content-type": media_type}
    event = {
        "version": "2.0",
        "rawPath": "/",
        "headers": headers | ({"x-request-id": request_id} if request_id else {}),
        "requestContext": {"http": {"method": "POST", "path": "/"}},
        "body": body,
        "isBase64Encoded": False,
    }
    answer = lake.deployment.connection.functions.invoke(
        FunctionName=lake.deployment[Output.PREDICT_FUNCTION_NAME],
        Payload=json.dumps(event).encode(),
    )
    document = json.loads(answer["Payload"].read())
    assert "statusCode" in document, document
    return Answer(document["statusCode"], json.loads(document["body"]))


def golden_rows(lake: Lake, model: Model) -> list[Row]:
    """Return requests that a model was tested with."""
    assert model.metadata
    uri = model.metadata.evaluation_uri.removesuffix("evaluation/evaluation.json") + GOLDEN_FILE
    text = artifacts.read_text(lake.deployment, uri)
    assert text
    return [json.loads(line)["request"] for line in text.splitlines()]


@contextmanager
def calling(lake: Lake, rows: Sequence[Row]) -> Iterator[Caller]:
    """Let callers ask until the end of the block; then every answer must lie in the log, once.

    Raises:
        Exception: a caller could not ask, or got no answer that can be read.
        TimeoutError: a caller does not end.
    """
    caller, stop, lock = Caller(lake, rows), threading.Event(), threading.Lock()

    def call(first: int) -> None:
        number = first
        while not stop.wait(PAUSE_SECONDS):
            row = json.dumps(rows[number % len(rows)])
            answer = ask(lake, row, media_type="application/json")
            with lock:
                caller.answers.append(answer)
            number += CALLERS

    workers = ThreadPoolExecutor(max_workers=CALLERS)
    calls = [workers.submit(call, first) for first in range(CALLERS)]
    try:
        yield caller
    finally:
        stop.set()
        workers.shutdown(wait=False)
        for each in calls:
            each.result(PATIENCE_SECONDS)
    assert_logged(lake, [each for answer in caller.answers for each in answer.prediction_ids])


def logged_predictions(lake: Lake) -> list[Row]:
    """Return the whole log of predictions, of which only what has come since is read anew.

    A client that never stops asking fills thousands of files.
    """
    bucket = lake.deployment[Output.CURATED_BUCKET_NAME]
    found = object_sizes(lake.deployment, bucket, PREDICTIONS_PREFIX)
    new = [uri for uri, size in found.items() if (uri, size) not in lake.logged]
    for uri, rows in parquet.read_all(lake.deployment, new):
        lake.logged[uri, found[uri]] = rows
    return [row for each in found.items() for row in lake.logged[each]]


def assert_logged(lake: Lake, prediction_ids: Sequence[str]) -> None:
    """Check that predictions lie in the log exactly once, each with where its model comes from."""
    assert wait_until_idle(
        lake.deployment,
        Consumer.PREDICTIONS,
        timeout_seconds=PATIENCE_SECONDS,
        poll_seconds=0.1,
    )
    logged = Counter[str]()
    for each in logged_predictions(lake):
        logged[each["prediction_id"]] += 1
        assert each["training_job_arn"].startswith("arn:"), each
        assert each["manifest_uri"].startswith("s3://"), each
        assert each["code_sha256"], each
    assert {each: logged[each] for each in prediction_ids if logged[each] != 1} == {}
