import json
from typing import Any

import pytest

from lambdas.approve import handler
from lambdas.shared.errors import PermanentError, TransientError
from schemas.names import MODEL_DIMENSION, TRAINING_METRICS_NAMESPACE, ModelMetric
from tests.unit.lambdas.models import RUN
from tests.unit.lambdas.pipeline import Pipeline, metadata
from tests.unit.lambdas.services import GROUP, GROUP_ARN_PREFIX, RefusedError
from tests.unit.lambdas.world import FakeContext

COMPLETE = metadata(RUN.to_json()).to_properties()
PENDING = "PendingManualApproval"


def notify(arn: str, **stale: str) -> str:
    """Deliver an event; return what became of the package."""
    event = {
        "source": "aws.sagemaker",
        "detail-type": "SageMaker Model Package State Change",
        "detail": {"ModelPackageArn": arn, "ModelApprovalStatus": PENDING, **stale},
    }
    result = handler.lambda_handler(event, FakeContext())  # type: ignore[arg-type]
    assert json.loads(json.dumps(result)) == result
    return result["outcome"]


def counted(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Counts in the log, by metric; they have the dimension of the group alone."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    metrics = [line for line in lines if "_aws" in line]
    for line in metrics:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == TRAINING_METRICS_NAMESPACE
        assert directive["Dimensions"] == [[MODEL_DIMENSION]]
        assert line[MODEL_DIMENSION] == GROUP
    return {str(name): line[name] for line in metrics for name in ModelMetric if name in line}


def test_a_complete_package_is_approved_with_the_reason(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    arn = pipeline.sagemaker.add(approval=PENDING, CustomerMetadataProperties=COMPLETE)

    assert notify(arn) == "approved"

    package = pipeline.sagemaker.packages[arn]
    assert package["ModelApprovalStatus"] == "Approved"
    assert "passed the gate" in package["ApprovalDescription"]
    assert counted(capsys) == {"ModelsApproved": [1.0]}


def test_an_event_that_comes_twice_approves_once(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    arn = pipeline.sagemaker.add(approval=PENDING, CustomerMetadataProperties=COMPLETE)

    assert [notify(arn), notify(arn)] == ["approved", "decided already"]
    assert counted(capsys) == {"ModelsApproved": [1.0]}


def test_a_decision_of_a_person_stands_though_the_event_is_older(pipeline: Pipeline) -> None:
    arn = pipeline.sagemaker.add(approval="Rejected", CustomerMetadataProperties=COMPLETE)

    assert notify(arn) == "decided already"
    assert pipeline.sagemaker.packages[arn]["ModelApprovalStatus"] == "Rejected"


@pytest.mark.parametrize(
    "properties",
    [{}, {"run_id": "r"}, {**COMPLETE, "platform": "none"}, {**COMPLETE, "train_from": "x"}],
)
def test_a_package_that_does_not_say_where_it_comes_from_is_left_pending(
    pipeline: Pipeline, properties: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    arn = pipeline.sagemaker.add(approval=PENDING, CustomerMetadataProperties=properties)

    assert notify(arn) == "left pending"
    assert pipeline.sagemaker.packages[arn]["ModelApprovalStatus"] == PENDING
    assert counted(capsys) == {"ModelsIncomplete": [1.0]}


def test_a_package_that_is_still_being_created_is_tried_again(pipeline: Pipeline) -> None:
    pipeline.sagemaker.new_status = "InProgress"
    arn = pipeline.sagemaker.add(approval=PENDING, CustomerMetadataProperties=COMPLETE)

    with pytest.raises(TransientError, match="not-completed"):
        notify(arn)

    pipeline.sagemaker.packages[arn]["ModelPackageStatus"] = "Completed"
    assert notify(arn) == "approved"


def test_a_package_that_could_not_be_created_is_not_approved(pipeline: Pipeline) -> None:
    pipeline.sagemaker.new_status = "Failed"
    arn = pipeline.sagemaker.add(approval=PENDING, CustomerMetadataProperties=COMPLETE)

    assert notify(arn) == "unusable"


@pytest.mark.usefixtures("pipeline")
def test_a_package_that_was_deleted_meanwhile_asks_for_nothing() -> None:
    assert notify(f"{GROUP_ARN_PREFIX}/99") == "unusable"


@pytest.mark.parametrize(
    ("code", "raised"),
    [("ConflictException", TransientError), ("AccessDeniedException", PermanentError)],
)
def test_refusals_of_the_registry_are_told_apart(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, code: str, raised: type[Exception]
) -> None:
    arn = pipeline.sagemaker.add(approval=PENDING, CustomerMetadataProperties=COMPLETE)

    def refuse(_request: object) -> dict[str, Any]:
        raise RefusedError(code)

    monkeypatch.setattr(pipeline.sagemaker, "UpdateModelPackage", refuse)

    with pytest.raises(raised, match="UpdateModelPackage"):
        notify(arn)
