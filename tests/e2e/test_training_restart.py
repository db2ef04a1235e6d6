"""A tuning that the cloud's restart cuts off: another execution takes its place, and registers."""

from typing import Any

from ops import models
from ops.conclusions import Conclusion
from ops.deployment import Deployment
from ops.ledger import split_uri
from ops.models import Model
from schemas.runs import Mode, RunStatus
from schemas.training import TRAINED_PARAMETERS_FILE, Parameters
from tests.e2e.lake import Lake
from tests.e2e.training_phases import TakenOver, Trained


def trainings_of_the_tuning(deployment: Deployment, taken_over: TakenOver) -> list[dict[str, Any]]:
    """Return what the tuning has tried, the best first."""
    (tuning,) = (
        visit.job for visit in taken_over.finished.execution.visits if visit.state == "Tune"
    )
    assert tuning
    found = deployment.connection.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=tuning.name,
        SortBy="FinalObjectiveMetricValue",
        SortOrder="Descending",
    )
    return [dict(each) for each in found["TrainingJobSummaries"]]


def parameters_of(deployment: Deployment, model: Model) -> Parameters:
    assert model.metadata
    assert model.metadata.parameters_uri.endswith(TRAINED_PARAMETERS_FILE)
    bucket, key = split_uri(model.metadata.parameters_uri)
    body = deployment.connection.s3.get_object(Bucket=bucket, Key=key)["Body"]
    return Parameters.from_text(body.read().decode())


def test_an_execution_that_a_restart_cuts_off_has_clearly_failed(
    lake: Lake, taken_over: TakenOver
) -> None:
    cut_off = taken_over.cut_off
    (visit,) = (each for each in cut_off.execution.visits if each.state == "Validate")
    assert visit.job
    job = lake.deployment.connection.sagemaker.describe_processing_job(
        ProcessingJobName=visit.job.name
    )

    assert cut_off.outcome.conclusion is Conclusion.FAILED
    assert "running when service restarted" in cut_off.outcome.reasons[0]
    assert job["ProcessingJobStatus"] == "Failed"
    assert "ended while this was going on" in job["FailureReason"]


def test_another_execution_takes_over_and_registers_once(lake: Lake, taken_over: TakenOver) -> None:
    run, finished = taken_over.finished.run, taken_over.finished
    assert run

    assert finished.outcome.conclusion is Conclusion.REGISTERED
    assert (run.status, run.attempt) == (RunStatus.REGISTERED, 2)
    assert taken_over.cut_off.run is None, "the run belongs to the second execution"
    assert [
        each.version
        for each in models.list_models(lake.deployment).models
        if each.metadata and each.metadata.run_id == run.run_id
    ] == [taken_over.model.version]


def test_the_best_of_a_tuning_is_registered_with_what_it_had_found(
    lake: Lake, trained: Trained, taken_over: TakenOver
) -> None:
    tried = trainings_of_the_tuning(lake.deployment, taken_over)
    metadata = taken_over.model.metadata
    assert metadata

    assert len(tried) == lake.deployment.environment.training.tuning_jobs
    assert metadata.training_job_arn == tried[0]["TrainingJobArn"]
    parameters = parameters_of(lake.deployment, taken_over.model)
    assert parameters.mode is Mode.TRAIN
    assert tried[0]["TunedHyperParameters"].items() <= parameters.hyperparameters.items()
    assert "BestModel" in taken_over.finished.states
    assert metadata.parent_package_arn == trained.model.arn
    assert float(metadata.auc) > float(metadata.champion_auc)
