import json
from collections.abc import Mapping
from typing import Any

from lambdas.shared.errors import PermanentError
from lambdas.shared.objects import MissingObjectError, Objects
from schemas.keys import split_uri
from schemas.names import SPILLED_PREDICTIONS_PREFIX
from schemas.predictions import SPILLED, PredictionRecord


def read_record(body: str, spill: Objects) -> PredictionRecord:
    """Return the record that a message is, or that it points to.

    Args:
        body: The message.
        spill: Where records lie that were too large for the queue.

    Raises:
        PermanentError: `malformed-message`, or `record-missing`.
    """
    try:
        return PredictionRecord.from_text(_spilled(body, spill) or body)
    except ValueError as error:
        raise PermanentError(
            "malformed-message",
            f"{error}. Only what the predict function logs belongs on this queue",
        ) from error


def _spilled(body: str, spill: Objects) -> str:
    """Return the text that a message points to; empty when it points to none.

    Raises:
        ValueError: it is not JSON, or points elsewhere.
    """
    uri = _pointer(body)
    if uri is None:
        return ""
    bucket, key = split_uri(str(uri))
    if bucket != spill.bucket or not key.startswith(SPILLED_PREDICTIONS_PREFIX):
        raise ValueError(
            f"the message points to {str(uri)[:200]!r}; records are read from "
            f"{spill.uri(SPILLED_PREDICTIONS_PREFIX)} only"
        )
    try:
        return spill.read(key)
    except MissingObjectError as error:
        raise PermanentError(
            "record-missing",
            "the record that was too large for the queue is not there any more; restore the "
            "object, or an older version of it, and replay the message",
            error.uri,
        ) from error


def _pointer(body: str) -> Any:
    try:
        document = json.loads(body)
    except RecursionError:
        return None
    return document.get(SPILLED) if isinstance(document, Mapping) else None
