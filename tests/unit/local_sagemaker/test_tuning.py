"""Tuning jobs: what they start, and what they make of it."""

import json
from typing import Any

import pytest

from local.sagemaker import ApiError
from tests.cloud import eventually
from tests.unit.local_sagemaker.lab import ENDED, Gate, Lab
from tests.unit.local_sagemaker.tunings import OBJECTIVE, depths, request, trials, tuned, tuning


def test_the_best_of_a_random_search(lab: Lab) -> None:
    tuning(lab, "tune")

    job = tuned(lab, "tune")

    assert job["HyperParameterTuningJobStatus"] == "Completed", lab.logs
    assert job["TrainingJobStatusCounters"]["Completed"] == 3
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 3, "Pending": 0, "Failed": 0}
    best = job["BestTrainingJob"]
    scores = [10 - abs(depth - 3) for depth in depths(trials(lab, "tune"))]
    metric = best["FinalHyperParameterTuningJobObjectiveMetric"]
    assert metric == {"Type": "Maximize", "MetricName": "score", "Value": max(scores)}
    artifacts = lab.training(best["TrainingJobName"])["ModelArtifacts"]["S3ModelArtifacts"]
    assert artifacts.removeprefix("s3://lake/") in lab.buckets.keys("s3://lake/models")


def test_the_smallest_value_is_the_best_when_it_is_minimized(lab: Lab) -> None:
    objective = {"Type": "Minimize", "MetricName": "score"}
    tuning(
        lab, "tune", HyperParameterTuningJobConfig={"HyperParameterTuningJobObjective": objective}
    )

    best = tuned(lab, "tune")["BestTrainingJob"]

    scores = [10 - abs(depth - 3) for depth in depths(trials(lab, "tune"))]
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == min(scores)


def test_a_training_job_knows_its_tuning_job(lab: Lab) -> None:
    tuning(lab, "tune")
    job = tuned(lab, "tune")

    trial = lab.training(trials(lab, "tune")[0]["TrainingJobName"])

    assert trial["TrainingJobName"].startswith("tune-001-")
    assert trial["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    # As AWS adds it, which a script that reads all hyperparameters stumbles over.
    assert trial["HyperParameters"]["_tuning_objective_metric"] == "score"
    assert trial["HyperParameters"]["fixed"] == "7"


def test_the_same_seed_draws_the_same_values(lab: Lab) -> None:
    for name in ("one", "two"):
        tuning(lab, name, HyperParameterTuningJobConfig={"RandomSeed": 5})

    for name in ("one", "two"):
        tuned(lab, name)

    assert depths(trials(lab, "one")) == depths(trials(lab, "two"))


def test_other_strategies_say_in_the_log_that_they_run_as_random(lab: Lab) -> None:
    tuning(lab, "tune", HyperParameterTuningJobConfig={"Strategy": "Bayesian"})
    tuned(lab, "tune")

    first = trials(lab, "tune")[0]["TrainingJobName"]
    assert lab.log_of(first)[0] == (
        "local SageMaker: the strategy Bayesian runs as a random search"
    )


def test_no_more_run_at_a_time_than_asked_for(lab: Lab, gate: Gate) -> None:
    limits = {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 1}
    tuning(
        lab,
        "tune",
        f"import os; print('ready'); {gate.WAIT}; print('score=1')",
        HyperParameterTuningJobConfig={"ResourceLimits": limits},
        Environment=gate.environment,
    )
    eventually(lambda: trials(lab, "tune"), "the first starts")
    lab.await_line(trials(lab, "tune")[0]["TrainingJobName"], "ready")

    assert len(trials(lab, "tune")) == 1

    gate.open()
    assert tuned(lab, "tune")["TrainingJobStatusCounters"]["Completed"] == 4


def test_failed_trials_are_counted_and_not_chosen(lab: Lab) -> None:
    script = OBJECTIVE + "    assert options.depth > 2, 'shallow'\n"
    tuning(lab, "tune", script, HyperParameterTuningJobConfig={"RandomSeed": 1})

    job = tuned(lab, "tune")

    failed = sum(depth <= 2 for depth in depths(trials(lab, "tune")))
    assert 0 < failed < 3
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == failed
    assert job["ObjectiveStatusCounters"]["Failed"] == failed
    assert int(job["BestTrainingJob"]["TunedHyperParameters"]["depth"]) > 2


def test_a_search_of_failures_fails(lab: Lab) -> None:
    tuning(lab, "tune", "raise SystemExit(1)")

    job = tuned(lab, "tune")

    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("All training jobs failed.")


def test_stopping_stops_the_training_jobs(lab: Lab, gate: Gate) -> None:
    tuning(lab, "tune", f"import os; print('ready'); {gate.WAIT}", Environment=gate.environment)
    eventually(lambda: len(trials(lab, "tune")) == 2, "two run")
    for trial in trials(lab, "tune"):
        lab.await_line(trial["TrainingJobName"], "ready")

    lab.call("StopHyperParameterTuningJob", HyperParameterTuningJobName="tune")

    job = tuned(lab, "tune")
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert job["TrainingJobStatusCounters"]["Stopped"] == 2
    with pytest.raises(ApiError, match="in status Stopped"):
        lab.call("StopHyperParameterTuningJob", HyperParameterTuningJobName="tune")


def test_trials_are_listed_by_their_objective(lab: Lab) -> None:
    tuning(lab, "tune")
    tuned(lab, "tune")

    ordered = trials(lab, "tune", SortBy="FinalObjectiveMetricValue", SortOrder="Descending")

    values = [job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for job in ordered]
    assert values == sorted(values, reverse=True)
    assert len(values) == 3


def test_its_states_are_events(lab: Lab) -> None:
    tuning(lab, "tune")
    tuned(lab, "tune")

    told = [
        detail
        for kind, detail, _ in lab.events
        if kind == "SageMaker HyperParameter Tuning Job State Change"
    ]
    assert told[0]["HyperParameterTuningJobStatus"] == "InProgress"
    assert told[-1]["HyperParameterTuningJobStatus"] in ENDED
    assert told[-1]["TrainingJobStatusCounters"]["Completed"] == 3


def test_listing_and_deleting(lab: Lab) -> None:
    tuning(lab, "tune")
    tuned(lab, "tune")

    (summary,) = lab.call("ListHyperParameterTuningJobs")["HyperParameterTuningJobSummaries"]
    lab.call("DeleteHyperParameterTuningJob", HyperParameterTuningJobName="tune")

    assert (summary["Strategy"], summary["HyperParameterTuningJobStatus"]) == (
        "Random", "Completed",
    )  # fmt: skip
    with pytest.raises(ApiError) as gone:
        tuned(lab, "tune")
    assert gone.value.code == "ResourceNotFound"
    assert "can't find a tuning job" in gone.value.message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ParameterRanges": None}, "parameterRanges"),
        (
            {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "other"}},
            "should be one of the MetricDefinitions",
        ),
        (
            {
                "ParameterRanges": {
                    "IntegerParameterRanges": [{"Name": "d", "MinValue": "3", "MaxValue": "2"}]
                }
            },
            "exceeds MaxValue",
        ),
        ({"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 1.0}}, "not support"),
    ],
)
def test_what_cannot_be_searched_is_refused(
    lab: Lab, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ApiError, match=message):
        tuning(lab, "tune", HyperParameterTuningJobConfig=changes)

    assert lab.call("ListHyperParameterTuningJobs")["HyperParameterTuningJobSummaries"] == []


def test_a_definition_takes_no_entrypoint(lab: Lab) -> None:
    """As on AWS, where the image's own entrypoint runs the user's script."""
    params = request("tune", "s3://lake/code/")
    algorithm = params["TrainingJobDefinition"]["AlgorithmSpecification"]
    algorithm["ContainerEntrypoint"] = ["python3"]

    with pytest.raises(ApiError, match="Unknown parameter 'ContainerEntrypoint'"):
        lab.call("CreateHyperParameterTuningJob", **params)


def test_a_script_finds_what_the_toolkit_gives_it(lab: Lab) -> None:
    script = """
        import json, os, sys
        print(json.dumps({"arguments": sys.argv[1:], "hps": json.loads(os.environ["SM_HPS"])}))
        print(os.path.exists(os.environ["SM_CHANNEL_CODE"]), os.environ["SM_HP_FIXED"])
    """
    tuning(lab, "tune", script, HyperParameterTuningJobConfig={
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}
    })  # fmt: skip
    tuned(lab, "tune")

    (trial,) = trials(lab, "tune")
    told, rest = lab.log_of(trial["TrainingJobName"])
    depth = int(trial["TunedHyperParameters"]["depth"])
    assert json.loads(told) == {
        "arguments": ["--depth", str(depth), "--fixed", "7"],
        "hps": {"depth": depth, "fixed": 7},
    }
    assert rest == "True 7"
