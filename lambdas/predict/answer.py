"""What a model answers, as `ml.inference` writes it."""

import json
import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from lambdas.predict.http import RefusedError
from lambdas.shared.telemetry import logger

_UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading JSON of any shape may raise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A model's answer.

    Attributes:
        scores: One per row, in their order; None stands for one that is no finite number.
        variant: Production variant that gave it; empty when the endpoint does not say.
        model_package_arn: Model package that gave it; empty when the model does not say.
        model_sha256: Hash of its model file; empty likewise.
    """

    scores: tuple[float | None, ...]
    variant: str
    model_package_arn: str
    model_sha256: str


def read_answer(answer: tuple[bytes, str], rows: int) -> Answer:
    """Return the answer to `rows` rows.

    Args:
        answer: JSON `{"predictions": [{"score": …}, …], "model": {"package_arn", "sha256"}}`, and
            the production variant.
        rows: How many scores it must have.

    Raises:
        RefusedError: 502; it is no such answer.
    """
    body, variant = answer
    try:
        document = json.loads(body)
        scores = tuple(_score(each["score"]) for each in document["predictions"])
        # Models of older releases do not say what they are.
        model = document.get("model") or {}
        said = Answer(
            scores=scores,
            variant=variant,
            model_package_arn=str(model.get("package_arn") or ""),
            model_sha256=str(model.get("sha256") or ""),
        )
    except _UNREADABLE as error:
        raise _invalid(f"it cannot be read ({error!r})") from error
    if len(scores) != rows:
        raise _invalid(f"it has {len(scores):,} scores for {rows:,} rows")
    return said


def _score(value: Any) -> float | None:
    """Return a score; JSON of Python's kind can spell what is no finite number."""
    if value is None:
        return None
    if type(value) not in (int, float):
        raise TypeError(f"a score is a number, not {value!r}")
    number = float(value)
    return number if math.isfinite(number) else None


def _invalid(reason: str) -> RefusedError:
    logger.warning("answer of the model is invalid", reason=reason)
    return RefusedError(
        HTTPStatus.BAD_GATEWAY,
        "invalid-answer",
        f"the model's answer makes no sense: {reason[:200]}. Roll back to the previous model",
    )
