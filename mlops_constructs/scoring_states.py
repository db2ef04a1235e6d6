"""The state machine that scores a month with the model that serves, by batch transform."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_constructs.sagemaker_jobs import PROCESSING, JobSettings, Mount, processing_job
from mlops_constructs.sagemaker_transform import transform_job
from mlops_constructs.states import ALL, State, filled, integration, retry, task

FAILED = "Explain"
"""Where every failure goes."""
_DATA = f"{PROCESSING}/input/data"
_CALL_SECONDS = 60
_LOOKS = ("Endpoint", "EndpointConfig", "Model", "ModelPackage")


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoringStates:
    """Everything that the definition is made of.

    Attributes:
        endpoint_name: The champion of this endpoint scores.
        jobs: What all jobs have in common.
        datasets: Folder of each dataset that requests are made of, below `_DATA` and below
            `curated_uri`; `{year}` and `{month}` stand for those of the month.
        curated_uri: Where the datasets lie, ending in `/`.
        code_uri: Where code lies by its hash, ending in `/`.
        scoring_uri: Where requests and scores go, ending in `/`.
        job_name_prefix: Beginning of all jobs' names; grants end there.
        timeout_seconds: Longest execution.
    """

    endpoint_name: str
    jobs: JobSettings
    datasets: tuple[str, ...]
    curated_uri: str
    code_uri: str
    scoring_uri: str
    job_name_prefix: str
    timeout_seconds: int

    def definition(self) -> dict[str, Any]:
        """Return the state machine in Amazon States Language."""
        return {
            "Comment": "A month of curated data -> a score for each example, by the champion",
            "StartAt": "IsMonth",
            "TimeoutSeconds": self.timeout_seconds,
            "States": {
                "IsMonth": _IS_MONTH,
                "NoMonth": _NO_MONTH,
                **self._find_model(),
                "Prepare": self._prepare(),
                "Requests": self._requests(),
                "Scores": transform_job(
                    self.jobs,
                    "scores",
                    model_name="$.model.ModelName",
                    input_uri=filled("{}requests/", "$.run.prefix_uri"),
                    output_uri=filled("{}scores/", "$.run.prefix_uri"),
                    failed=FAILED,
                    next_state="Done",
                ),
                "Done": _DONE,
                FAILED: _EXPLAINED,
                "Failed": _FAILED,
            },
        }

    def _find_model(self) -> dict[str, State]:
        """Return the states that find the champion: its model, and the package it came in."""
        parameters: list[Mapping[str, str]] = [
            {"EndpointName": self.endpoint_name},
            {"EndpointConfigName.$": "$.endpoint.EndpointConfigName"},
            # The champion is the configuration's first variant.
            {"ModelName.$": "$.config.ProductionVariants[0].ModelName"},
            {"ModelPackageName.$": "$.model.Containers[0].ModelPackageName"},
        ]
        paths = ("$.endpoint", "$.config", "$.model", "$.package")
        following = (*_LOOKS[1:], "Prepare")
        return {
            noun: task(
                integration(f"aws-sdk:sagemaker:describe{noun}"),
                asked,
                retries=[retry([ALL], seconds=2, attempts=4)],
                failed=FAILED,
                timeout_seconds=_CALL_SECONDS,
                result_path=path,
                next_state=next_state,
            )
            for noun, asked, path, next_state in zip(
                _LOOKS, parameters, paths, following, strict=True
            )
        }

    def _prepare(self) -> State:
        name = "$$.Execution.Name"
        return {
            "Type": "Pass",
            "Parameters": {
                "year.$": _part(0),
                "month.$": _part(1),
                "job_prefix.$": filled(f"{self.job_name_prefix}{{}}", name),
                "image_uri.$": "$.package.CustomerMetadataProperties.image_uri",
                # Examples are put together by the code that the model was trained with.
                "code_prefix_uri.$": filled(
                    f"{self.code_uri}{{}}/", "$.package.CustomerMetadataProperties.code_sha256"
                ),
                "prefix_uri.$": filled(f"{self.scoring_uri}{{}}/{{}}/", "$.month", name),
            },
            "ResultPath": "$.run",
            "Next": "Requests",
        }

    def _requests(self) -> State:
        mounts = [
            Mount(
                name=f"data-{number}",
                uri=_dated(f"{self.curated_uri}{dataset}"),
                folder=_dated(f"{_DATA}/{dataset}"),
            )
            for number, dataset in enumerate(self.datasets)
        ]
        return processing_job(
            self.jobs,
            "requests",
            arguments={"--data": _DATA, "--month": "$.month"},
            inputs={},
            mounts=mounts,
            output_uri="$.run.prefix_uri",
            failed=FAILED,
            next_state="Scores",
        )


def _part(position: int) -> str:
    return f"States.ArrayGetItem(States.StringSplit($.month, '-'), {position})"


def _dated(text: str) -> str:
    """Return the intrinsic function that puts the month's numbers into `{year}` and `{month}`."""
    names = [name for name in ("year", "month") if f"{{{name}}}" in text]
    template = text.replace("{year}", "{}").replace("{month}", "{}")
    return filled(template, *(f"$.run.{name}" for name in names))


_IS_MONTH: State = {
    "Type": "Choice",
    "Choices": [
        {
            "And": [
                {"Variable": "$.month", "IsPresent": True},
                {"Variable": "$.month", "IsString": True},
                {"Variable": "$.month", "StringMatches": "*-*"},
            ],
            "Next": _LOOKS[0],
        }
    ],
    "Default": "NoMonth",
}
_NO_MONTH: State = {
    "Type": "Fail",
    "Error": "InvalidInput",
    "Cause": 'The input must name a month: {"month": "2013-06"}.',
}
# An error may come without a cause, and a path that finds nothing would hide it.
_EXPLAINED: State = {
    "Type": "Pass",
    "Parameters": {"name.$": "$.error.Error", "text.$": "States.JsonToString($.error)"},
    "Next": "Failed",
}
_FAILED: State = {"Type": "Fail", "ErrorPath": "$.name", "CausePath": "$.text"}
_DONE: State = {
    "Type": "Pass",
    "Parameters": {
        "scoring": {
            "month.$": "$.month",
            "model_package_arn.$": "$.package.ModelPackageArn",
            "requests_uri.$": filled("{}requests/", "$.run.prefix_uri"),
            "output_uri.$": filled("{}scores/", "$.run.prefix_uri"),
        }
    },
    "End": True,
}
