"""Asks for the rows of a file, request by request, and collects the answers."""

import csv
import io
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from ops.asking import Reply, ask
from ops.deployment import Deployment
from ops.errors import OpsError, explained
from ops.output import Advance, ignore
from ops.request_files import Request, RowFile
from schemas.predictions import REQUEST_ID_PATTERN

ATTEMPTS = 4
"""Of each request, while the predict function asks for patience."""
LONGEST_PAUSE_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """The answer for one row.

    Attributes:
        row: Its number, counted from 1 without a header.
        prediction_id: What `ops explain` takes.
        score: Probability, 0 to 1; None when the model gave no number.
        flaw: What is wrong with it; empty when nothing is.
        variant: Production variant that answered.
        model_package_arn: Model that answered.
    """

    row: int
    prediction_id: str
    score: float | None
    flaw: str
    variant: str
    model_package_arn: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """What is wrong with a row, or with the request that it is in.

    Attributes:
        row: Number of the row, or of the first one of its request.
        column: Faulty column; empty when it is not one column.
        code: Kind of fault.
        message: Cause, and remedy.
    """

    row: int
    column: str
    code: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """What became of the rows of a file.

    Attributes:
        request_id: What the ids of its requests begin with.
        predictions: Answers, in the order of the rows.
        refusals: What is wrong with rows that were not answered.
        unanswered: Rows without an answer: the refused ones, and all others of their requests.
        failure: Why the rest was not answered; empty when everything was asked.
    """

    request_id: str
    predictions: tuple[Prediction, ...]
    refusals: tuple[Refusal, ...] = ()
    unanswered: int = 0
    failure: str = ""

    def to_csv(self) -> str:
        """Return the predictions as CSV with a header."""
        text = io.StringIO()
        names = [each.name for each in fields(Prediction)]
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(each) for each in self.predictions)
        return text.getvalue()


def choose_request_id(given: str, file: RowFile) -> str:
    """Return the id of a file's requests: as given, else the file's own, else a new one.

    Raises:
        OpsError: it is malformed.
    """
    chosen = given or (uuid4().hex if file.request_id is None else file.request_id)
    # The number of each request is added.
    longest = f"{chosen}-{len(file.records)}"
    if not isinstance(chosen, str) or not re.fullmatch(REQUEST_ID_PATTERN, longest):
        raise OpsError(
            f"{chosen!r} cannot be a request's id",
            "Give up to 50 letters, digits, underscores, colons and hyphens, the first of them a "
            "letter or digit",
        )
    return chosen


def predict(
    deployment: Deployment,
    file: RowFile,
    request_id: str,
    *,
    advance: Advance = ignore,
    sleep: Callable[[float], None] = time.sleep,
) -> Answers:
    """Ask for the rows of a file, request by request.

    The same file under the same id makes the same requests, and what is answered alike is logged
    once. A request with a bad row is not answered at all; the others are. Whatever else goes wrong
    ends it, with the answers that there are: they were given, and logged.

    Args:
        deployment: Whose predict function to ask.
        file: The rows.
        request_id: See `choose_request_id`.
        advance: Called with the rows of each request that is done with.
        sleep: Waits for a number of seconds.
    """
    requests = list(file.requests())
    predictions: list[Prediction] = []
    refusals: list[Refusal] = []
    failure = ""
    for number, request in enumerate(requests, start=1):
        request_name = request_id if len(requests) == 1 else f"{request_id}-{number}"
        try:
            reply = _ask_patiently(deployment, request, request_name, sleep)
        except OpsError as error:
            failure = str(error)
            break
        if reply.is_answer:
            predictions += _predictions(request, reply.body)
        elif reply.is_busy or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            failure = f"{reply.message} ({reply.status} {reply.code})"
            break
        else:
            refusals += _refusals(request, reply)
        advance(request.rows)
    return Answers(
        request_id=request_id,
        predictions=tuple(predictions),
        refusals=tuple(refusals),
        unanswered=len(file.records) - len(predictions),
        failure=failure,
    )


def _ask_patiently(
    deployment: Deployment, request: Request, request_id: str, sleep: Callable[[float], None]
) -> Reply:
    """Return the reply, after some patience when that was asked for.

    Raises:
        OpsError: there is none.
    """
    for attempt in range(1, ATTEMPTS + 1):
        with explained(local_endpoint=deployment.connection.endpoint_url):
            reply = ask(deployment, request, request_id)
        if not reply.is_busy or attempt == ATTEMPTS:
            break
        sleep(min(reply.retry_after_seconds, LONGEST_PAUSE_SECONDS))
    return reply


def _predictions(request: Request, body: Mapping[str, Any]) -> Iterator[Prediction]:
    for number, each in enumerate(body["predictions"], start=request.first_row):
        yield Prediction(
            row=number,
            prediction_id=each["prediction_id"],
            score=each["score"],
            flaw=each.get("flaw") or "",
            variant=body["variant"],
            model_package_arn=body["model_package_arn"],
        )


def _refusals(request: Request, reply: Reply) -> Iterator[Refusal]:
    rows: Sequence[Mapping[str, Any]] = reply.body.get("rows", ())
    for each in rows:
        yield Refusal(
            row=request.first_row + each["row"] - 1,
            column=each.get("column") or "",
            code=each["code"],
            message=each["message"],
        )
    if not rows:
        yield Refusal(row=request.first_row, column="", code=reply.code, message=reply.message)
