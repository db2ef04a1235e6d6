"""Whether an endpoint answers what the evaluation got, and whether the right model does."""

import json
import math
from typing import Any

from lambdas.shared.errors import PermanentError
from lambdas.smoke_test.golden import Golden

SMOKE_TEST_FAILED = "smoke-test-failed"
TOLERANCE = 1e-6
"""Largest difference of two scores, 0 to 1, that counts as none."""


def check(golden: Golden, arn: str, answer: str) -> int:
    """Return how many scores were compared.

    Args:
        golden: What was asked, and what is expected.
        arn: Model package that must have answered.
        answer: The answer, as JSON.

    Raises:
        PermanentError: `smoke-test-failed`; says what is different.
    """
    document = _parsed(answer)
    model = document.get("model")
    found = model.get("package_arn") if isinstance(model, dict) else None
    if found != arn:
        raise _failed(f"{found or 'an unknown model'} answers instead of {arn}", arn)
    scores = _scores(document, arn)
    if len(scores) != len(golden.scores):
        raise _failed(f"{len(golden.scores)} rows got {len(scores)} scores", arn)
    for number, (expected, score) in enumerate(zip(golden.scores, scores, strict=True), start=1):
        if not _is_close(score, expected):
            request = json.dumps(golden.requests[number - 1])
            raise _failed(
                f"record {number} of {golden.uri} gets {score!r} instead of {expected!r}: "
                f"{request}",
                arn,
            )
    return len(scores)


def _parsed(answer: str) -> dict[str, Any]:
    try:
        document = json.loads(answer)
    except ValueError:
        document = None
    return document if isinstance(document, dict) else {}


def _scores(document: dict[str, Any], arn: str) -> list[Any]:
    try:
        return [each["score"] for each in document["predictions"]]
    except (KeyError, TypeError) as error:
        raise _failed(f"the answer has no scores: {json.dumps(document)[:500]}", arn) from error


def _is_close(score: Any, expected: float) -> bool:
    is_number = isinstance(score, (int, float)) and math.isfinite(score)
    return is_number and abs(score - expected) <= TOLERANCE


def _failed(what: str, arn: str) -> PermanentError:
    return PermanentError(
        SMOKE_TEST_FAILED,
        f"{what}. The endpoint does not compute what the evaluation did: see the endpoint's log "
        "group and what changed in image or code since",
        arn,
    )
