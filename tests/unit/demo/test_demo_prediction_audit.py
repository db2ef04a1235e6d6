from dataclasses import replace
from datetime import UTC, datetime

import pytest

from demo.client import Call
from demo.prediction_audit import audit
from ops.prediction_log import LoggedPrediction

LOGGED = LoggedPrediction(
    prediction_id="a.1f.0",
    request_id="a",
    predicted_at=datetime(2026, 11, 23, tzinfo=UTC),
    score=0.25,
    flaw="",
    variant="champion",
    model_package_arn="model/1",
    training_job_arn="job",
    code_sha256="code",
    manifest_uri="manifest",
    asked={},
    logged_in="s3://curated/predictions/a.parquet",
)
CALL = Call(
    request_id="a",
    began=0,
    seconds=1,
    rows=1,
    status=200,
    variant="champion",
    model="model/1",
    prediction_ids=("a.1f.0",),
)


def test_what_was_given_and_logged_once_is_well() -> None:
    beyond = replace(LOGGED, prediction_id="undelivered.2e.0")

    found = audit([CALL], [LOGGED, beyond])

    assert (found.given, found.logged, found.violations) == (1, 2, ())


def test_a_prediction_that_is_not_logged_is_found() -> None:
    found = audit([CALL], [])

    assert found.violations == (
        "of 1 predictions, such as a.1f.0: it was given and is not in the log",
    )


def test_a_prediction_that_is_logged_twice_is_found() -> None:
    (violation,) = audit([CALL], [LOGGED, LOGGED]).violations

    assert "more than once" in violation


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"model_package_arn": "model/2"}, "another model's"),
        ({"flaw": "unknown-model"}, "unknown-model"),
        ({"training_job_arn": "unknown"}, "training_job_arn"),
        ({"code_sha256": ""}, "code_sha256"),
        ({"manifest_uri": ""}, "manifest_uri"),
    ],
)
def test_a_prediction_that_does_not_say_where_it_is_from_is_found(
    fault: dict[str, str], told: str
) -> None:
    (violation,) = audit([CALL], [replace(LOGGED, **fault)]).violations  # type: ignore[arg-type]

    assert told in violation
