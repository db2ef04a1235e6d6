"""Planned runs, and evaluations of their models."""

from dataclasses import replace
from typing import Any

from schemas.evaluations import CHALLENGER, CHAMPION, Evaluation, ModelEvaluation, Scores
from schemas.runs import Mode, Trigger
from schemas.training import Parameters, PlannedRun
from schemas.windows import Window
from tests.unit.lambdas.pipeline import ARTIFACTS, CODE_SHA, HYPERPARAMETERS, IMAGE

WINDOW = Window(train_from="2013-01", holdout_from="2013-03", holdout_to="2013-05")
CHAMPION_ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/models/1"
ARCHIVE = "a" * 64
PREFIX = f"s3://{ARTIFACTS}/runs/201303-0/"

RUN = PlannedRun(
    run_id="201303-0",
    attempt=1,
    job_prefix="test-201303-0-1",
    trigger=Trigger.MANUAL,
    mode=Mode.TRAIN,
    window=WINDOW,
    manifest_uri=f"s3://{ARTIFACTS}/snapshots/manifests/m.json",
    manifest_sha256="3" * 64,
    input_uri=f"s3://{ARTIFACTS}/snapshots/inputs/m.manifest",
    code_uri=f"s3://{ARTIFACTS}/code/{CODE_SHA}/code.zip",
    code_sha256=CODE_SHA,
    image_uri=IMAGE,
    prefix_uri=PREFIX,
    parameters_uri=f"{PREFIX}parameters.json",
    parameters_sha256=Parameters(mode=Mode.TRAIN, hyperparameters=HYPERPARAMETERS).sha256,
    hyperparameters=HYPERPARAMETERS,
)
CONTENDER = replace(
    RUN,
    champion_package_arn=CHAMPION_ARN,
    champion_artifact_sha256=ARCHIVE,
    champion_holdout_from="2013-02",
)
REPRODUCTION = replace(CONTENDER, reproduces=CHAMPION_ARN)

TRAINING_JOB = {
    "TrainingJobName": "test-201303-0-1-train-0",
    "TrainingJobArn": "arn:aws:sagemaker:eu-west-1:123456789012:training-job/t",
    "ModelArtifacts": {"S3ModelArtifacts": f"{PREFIX}models/t/output/model.tar.gz"},
    "HyperParameters": HYPERPARAMETERS,
}


def scores(**changes: Any) -> Scores:
    good = Scores(rows=1_000, positive_share=0.2, auc=0.7, log_loss=0.45, brier=0.15)
    return replace(good, **changes)


def model(
    *, months: dict[str, int] | None = None, sha: str = "1", **changes: Any
) -> ModelEvaluation:
    rows = {"2013-03": 500, "2013-04": 500} if months is None else months
    return ModelEvaluation(
        overall=scores(**changes),
        by_month={month: scores(rows=each) for month, each in rows.items()},
        model_sha256=sha * 64,
        artifact_sha256=ARCHIVE,
        platform="linux-x86_64",
    )


def evaluation(
    challenger: ModelEvaluation | None = None,
    champion: ModelEvaluation | None = None,
    **values: Any,
) -> Evaluation:
    models = {CHALLENGER: challenger or model()}
    if champion is not None:
        models[CHAMPION] = champion
    return Evaluation(models=models, data_sha256="d" * 64, **values)
