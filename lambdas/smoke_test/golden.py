"""Golden records: requests with the scores that the evaluation got for them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.shared.errors import PermanentError
from lambdas.shared.objects import MissingObjectError, Objects
from lambdas.shared.registry import Registry, UnknownPackageError
from schemas.keys import split_uri
from schemas.registry import IncompleteMetadataError
from schemas.training import EVALUATION_FILE, GOLDEN_FILE


@dataclass(frozen=True, kw_only=True, slots=True)
class Golden:
    """The golden records of a model.

    Attributes:
        uri: Where they lie.
        requests: What to ask, one row each.
        scores: What to expect, in the same order.
    """

    uri: str
    requests: Sequence[Mapping[str, Any]]
    scores: Sequence[float]


def read_golden(arn: str, registry: Registry, artifacts: Objects) -> Golden:
    """Read the golden records of a model package.

    Raises:
        PermanentError: `golden-missing` or `golden-unusable`; the model cannot be tested.
    """
    key = _key(arn, registry, artifacts)
    uri = artifacts.uri(key)
    try:
        text = artifacts.read(key)
    except MissingObjectError as error:
        raise PermanentError(
            "golden-missing",
            f"{uri}, the golden records of {arn}, is gone or never was, so nobody knows what the "
            "model must answer; bring it back from its older versions, or train again",
            uri,
        ) from error
    try:
        records = [json.loads(line) for line in text.splitlines()]
        golden = Golden(
            uri=uri,
            requests=[dict(each["request"]) for each in records],
            scores=[float(each["score"]) for each in records],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _unusable(uri, repr(error)) from error
    if not records:
        raise _unusable(uri, "there are none")
    return golden


def _key(arn: str, registry: Registry, artifacts: Objects) -> str:
    try:
        metadata = registry.describe(arn).metadata
    except (UnknownPackageError, IncompleteMetadataError) as error:
        raise PermanentError("golden-missing", f"{arn} cannot be tested: {error}", arn) from error
    bucket, key = split_uri(metadata.evaluation_uri)
    if bucket != artifacts.bucket or not key.endswith(EVALUATION_FILE):
        raise PermanentError(
            "golden-missing",
            f"{metadata.evaluation_uri}, the evaluation of {arn}, is not an {EVALUATION_FILE} of "
            f"{artifacts.bucket}, so its golden records cannot be found; train again",
            arn,
        )
    return key.removesuffix(EVALUATION_FILE) + GOLDEN_FILE


def _unusable(uri: str, why: str) -> PermanentError:
    return PermanentError(
        "golden-unusable", f"{uri}, the golden records, cannot be used: {why}; train again", uri
    )
