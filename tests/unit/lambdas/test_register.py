import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from lambdas.register import handler
from lambdas.shared.errors import PermanentError, TransientError
from schemas.registry import MAX_CHARACTERS, MAX_ENTRIES, ModelMetadata
from schemas.runs import Mode
from schemas.training import GateResult, Parameters, PlannedRun, Verdict
from tests.unit.lambdas.interference import Killed, StopAt, intercepted, unavailable
from tests.unit.lambdas.models import (
    ARCHIVE,
    CHAMPION_ARN,
    CONTENDER,
    PREFIX,
    REPRODUCTION,
    RUN,
    TRAINING_JOB,
    evaluation,
    model,
)
from tests.unit.lambdas.pipeline import CODE_SHA, HYPERPARAMETERS, IMAGE, Pipeline, new_pipeline
from tests.unit.lambdas.world import FakeContext

EVALUATION = f"{PREFIX}evaluation/evaluation.json"
TUNED = replace(RUN, mode=Mode.TUNE, hyperparameters={"max_depth": "6", "seed": "1"})
BEST_JOB = TRAINING_JOB | {
    "HyperParameters": {
        **HYPERPARAMETERS,
        "eta": "0.1234",
        "_tuning_objective_metric": "validation:auc",
        "sagemaker_program": "ml",
    }
}


def put_evaluation(pipeline: Pipeline, **values: Any) -> None:
    pipeline.put(EVALUATION, evaluation(**values).to_text())


def register(
    run: PlannedRun = RUN,
    decision: Verdict = Verdict.REGISTER,
    training_job: dict[str, Any] = TRAINING_JOB,
) -> str:
    gate = GateResult(decision=decision, reasons=("good",), evaluation_uri=EVALUATION)
    event = {"run": run.to_json(), "training_job": training_job, "gate": gate.to_json()}
    result = handler.lambda_handler(
        json.loads(json.dumps(event)),
        FakeContext(),  # type: ignore[arg-type]
    )
    return result["model_package_arn"]


def test_a_package_says_everything_that_training_again_needs(pipeline: Pipeline) -> None:
    put_evaluation(pipeline, challenger=model(auc=0.71), champion=model(sha="2"))

    package = pipeline.sagemaker.packages[register(CONTENDER)]

    properties = package["CustomerMetadataProperties"]
    assert len(properties) <= MAX_ENTRIES
    assert all(0 < len(value) <= MAX_CHARACTERS for value in properties.values())
    assert ModelMetadata.from_properties(properties) == ModelMetadata(
        run_id=RUN.run_id,
        training_job_arn=str(TRAINING_JOB["TrainingJobArn"]),
        artifact_uri=f"{PREFIX}models/t/output/model.tar.gz",
        artifact_sha256=ARCHIVE,
        model_sha256="1" * 64,
        code_uri=RUN.code_uri,
        code_sha256=CODE_SHA,
        git_commit="",
        image_uri=IMAGE,
        lock_sha256="10c4" * 16,
        platform="linux-x86_64",
        parameters_uri=RUN.parameters_uri,
        parameters_sha256=RUN.parameters_sha256,
        manifest_uri=RUN.manifest_uri,
        manifest_sha256=RUN.manifest_sha256,
        data_sha256="d" * 64,
        train_from="2013-01",
        holdout_from="2013-03",
        holdout_to="2013-05",
        evaluation_uri=EVALUATION,
        auc="0.710000",
        log_loss="0.450000",
        brier="0.150000",
        champion_auc="0.700000",
        baseline_uri=f"{PREFIX}baseline/",
        parent_package_arn=CHAMPION_ARN,
    )


def test_a_package_waits_for_approval_and_can_be_served(pipeline: Pipeline) -> None:
    put_evaluation(pipeline)

    package = pipeline.sagemaker.packages[register()]

    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    specification = package["InferenceSpecification"]
    assert specification["Containers"] == [
        {
            "Image": IMAGE,
            "ModelDataUrl": f"{PREFIX}models/t/output/model.tar.gz",
            "Environment": {
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            },
        }
    ]
    assert specification["SupportedContentTypes"] == ["text/csv", "application/jsonlines"]


def test_a_package_names_its_evaluation_and_its_baseline(pipeline: Pipeline) -> None:
    put_evaluation(pipeline)

    package = pipeline.sagemaker.packages[register()]

    digest = sha256(evaluation().to_text().encode()).hexdigest()
    quality = package["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert (quality["S3Uri"], quality["ContentDigest"]) == (EVALUATION, f"sha256:{digest}")
    baseline = package["DriftCheckBaselines"]["ModelDataQuality"]
    assert baseline == package["ModelMetrics"]["ModelDataQuality"]
    assert {name: each["S3Uri"] for name, each in baseline.items()} == {
        "Statistics": f"{PREFIX}baseline/statistics.json",
        "Constraints": f"{PREFIX}baseline/constraints.json",
    }


def test_a_first_model_has_no_parent(pipeline: Pipeline) -> None:
    put_evaluation(pipeline)

    properties = pipeline.sagemaker.packages[register()]["CustomerMetadataProperties"]

    assert (properties["parent_package_arn"], properties["champion_auc"]) == ("none", "none")


def test_a_tuned_model_is_registered_with_the_parameters_that_won(pipeline: Pipeline) -> None:
    put_evaluation(pipeline)

    package = pipeline.sagemaker.packages[register(TUNED, training_job=BEST_JOB)]

    found = ModelMetadata.from_properties(package["CustomerMetadataProperties"])
    text = pipeline.read(found.parameters_uri)
    parameters = Parameters.from_text(text)
    assert found.parameters_uri == f"{PREFIX}trained-parameters.json"
    assert sha256(text.encode()).hexdigest() == found.parameters_sha256 == parameters.sha256
    assert parameters.mode is Mode.TRAIN
    assert parameters.hyperparameters == {**HYPERPARAMETERS, "eta": "0.1234"}


def test_each_run_is_registered_once(pipeline: Pipeline) -> None:
    for number in range(3):
        pipeline.sagemaker.add(ModelPackageDescription=f"somebody's {number}")
    put_evaluation(pipeline)

    first = register()
    pipeline.sagemaker.tokens.clear()  # SageMaker forgets them after a while

    assert register() == first
    assert register(replace(RUN, attempt=2)) == first
    assert len(pipeline.sagemaker.packages) == 4


def test_a_run_whose_id_others_mention_is_registered_all_the_same(pipeline: Pipeline) -> None:
    put_evaluation(pipeline)
    mention = pipeline.sagemaker.add(
        ModelPackageDescription=f"better than {RUN.run_id}",
        CustomerMetadataProperties={"run_id": "another"},
    )

    assert register() != mention


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize(
    ("error", "after"), [(unavailable, False), (lambda _: Killed(), True)], ids=["error", "kill"]
)
def test_a_registration_that_is_cut_off_anywhere_is_completed_by_the_next(
    monkeypatch: pytest.MonkeyPatch, error: Callable[[str], BaseException], *, after: bool
) -> None:
    for number in range(1, 20):
        pipeline = new_pipeline()
        put_evaluation(pipeline)
        stop = StopAt(number, error, after=after)
        with intercepted(stop, monkeypatch):
            try:
                register(TUNED, training_job=BEST_JOB)
            except (Killed, TransientError):
                assert stop.was_reached
            else:
                assert not stop.was_reached
                return
        arn = register(TUNED, training_job=BEST_JOB)
        assert list(pipeline.sagemaker.packages) == [arn]
        assert len(pipeline.artifacts()) == 2
    pytest.fail("the registration never ended")


@pytest.mark.parametrize(
    ("run", "decision"),
    [(RUN, Verdict.REFUSE), (REPRODUCTION, Verdict.REPRODUCED), (REPRODUCTION, Verdict.REGISTER)],
)
def test_what_has_not_passed_as_a_new_model_is_not_registered(
    pipeline: Pipeline, run: PlannedRun, decision: Verdict
) -> None:
    put_evaluation(pipeline, champion=model())

    with pytest.raises(PermanentError, match="not-to-be-registered"):
        register(run, decision)

    assert pipeline.sagemaker.packages == {}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"challenger": replace(model(), platform="")}, "must say platform"),
        ({"challenger": replace(model(), artifact_sha256="")}, "must say artifact_sha256"),
        ({"challenger": replace(model(), model_sha256="x" * 257)}, "model_sha256 has 257"),
    ],
)
def test_a_model_that_could_not_be_trained_again_is_not_registered(
    pipeline: Pipeline, values: dict[str, Any], said: str
) -> None:
    put_evaluation(pipeline, **values)

    with pytest.raises(PermanentError, match=f"incomplete-metadata: .*{said}"):
        register()

    assert pipeline.sagemaker.packages == {}
