"""Tuning jobs for tests: they look for a number close to 3."""

from typing import Any

from tests.unit.local_sagemaker.lab import Lab
from tests.unit.local_sagemaker.requests import IMAGE, ROLE, channel

# The closer to 3, the better.
OBJECTIVE = """
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--depth", type=int)
    parser.add_argument("--fixed")
    options = parser.parse_args()
    open("../model/depth", "w").write(str(options.depth))
    print(f"score={10 - abs(options.depth - 3)}", options.fixed)
"""


def request(name: str, code_uri: str, **members: Any) -> dict[str, Any]:
    """A tuning job whose training jobs run `main.py` of their channel `code`."""
    config = {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": {
            "IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "6"}]
        },
        **members.pop("HyperParameterTuningJobConfig", {}),
    }
    definition = {
        "StaticHyperParameters": {
            "sagemaker_program": "main.py",
            "sagemaker_submit_directory": "/opt/ml/input/data/code",
            "fixed": "7",
        },
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "score", "Regex": "score=([0-9.]+)"}],
        },
        "RoleArn": ROLE,
        "InputDataConfig": [channel("code", code_uri)],
        "OutputDataConfig": {"S3OutputPath": "s3://lake/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "EnableNetworkIsolation": True,
        **members,
    }
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": config,
        "TrainingJobDefinition": definition,
    }


def tuning(lab: Lab, name: str, script: str = OBJECTIVE, **members: Any) -> None:
    lab.call("CreateHyperParameterTuningJob", **request(name, lab.code(name, script), **members))


def tuned(lab: Lab, name: str) -> dict[str, Any]:
    """Await a tuning job's end and return its description."""

    def describe(name: str) -> dict[str, Any]:
        return lab.call("DescribeHyperParameterTuningJob", HyperParameterTuningJobName=name)

    return lab.ended(describe, name, "HyperParameterTuningJobStatus")


def trials(lab: Lab, name: str, **params: Any) -> list[dict[str, Any]]:
    answer = lab.call(
        "ListTrainingJobsForHyperParameterTuningJob", HyperParameterTuningJobName=name, **params
    )
    found: list[dict[str, Any]] = answer["TrainingJobSummaries"]
    return found


def depths(jobs: list[dict[str, Any]]) -> list[int]:
    return [int(job["TunedHyperParameters"]["depth"]) for job in jobs]
