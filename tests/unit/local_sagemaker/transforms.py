"""Transform jobs for tests: requests, and what became of them."""

from typing import Any

from tests.unit.local_sagemaker.lab import Lab

SPLIT = {"SplitType": "Line"}
BY_LINES = {"AssembleWith": "Line"}


def request(
    source: dict[str, Any] | None = None, output: dict[str, Any] | None = None, **members: Any
) -> dict[str, Any]:
    """Return a transform job's request; its input is all below `s3://lake/in/`."""
    location = {"S3DataType": "S3Prefix", "S3Uri": "s3://lake/in/"}
    return {
        "TransformJobName": "t",
        "ModelName": "m",
        "TransformInput": {
            "DataSource": {"S3DataSource": location},
            "ContentType": "text/csv",
            **(source or {}),
        },
        "TransformOutput": {"S3OutputPath": "s3://lake/out", **(output or {})},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **members,
    }


def described(lab: Lab, name: str = "t") -> dict[str, Any]:
    return lab.call("DescribeTransformJob", TransformJobName=name)


def transformed(lab: Lab, *parts: dict[str, Any] | None, **members: Any) -> dict[str, Any]:
    """Run a job to its end and return its description."""
    lab.call("CreateTransformJob", **request(*parts, **members))
    return lab.ended(lambda name: described(lab, name), "t", "TransformJobStatus")


def outputs(lab: Lab) -> dict[str, str]:
    """Return what a job that must have succeeded has written, by its place."""
    job = described(lab)
    assert job["TransformJobStatus"] == "Completed", (job.get("FailureReason"), lab.logs)
    keys = lab.buckets.keys("s3://lake/out/")
    return {key.removeprefix("out/"): lab.buckets.get(f"s3://lake/{key}").decode() for key in keys}


def log_of(lab: Lab, *, data: bool) -> list[str]:
    """Return what was logged by the container, or with `data` about the data."""
    return [
        line
        for (group, stream), lines in lab.logs.items()
        if group == "/aws/sagemaker/TransformJobs" and stream.endswith("/data-log") == data
        for line in lines
    ]
