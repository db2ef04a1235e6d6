"""Requests as a client would make them, the smallest that work."""

from typing import Any

ACCOUNT = "123456789012"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/trainer"
IMAGE = f"683313688378.dkr.ecr.{REGION}.amazonaws.com/toy:1"
TOPIC = "s3://lake"


def channel(name: str, uri: str, data_type: str = "S3Prefix") -> dict[str, Any]:
    source = {
        "S3DataType": data_type,
        "S3Uri": uri,
        "S3DataDistributionType": "FullyReplicated",
    }
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def training(name: str, code_uri: str, **members: Any) -> dict[str, Any]:
    """A training job that runs `main.py` of its channel `code`."""
    algorithm = {
        "TrainingImage": IMAGE,
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/main.py"],
        **members.pop("AlgorithmSpecification", {}),
    }
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": algorithm,
        "InputDataConfig": [channel("code", code_uri), *members.pop("channels", ())],
        "OutputDataConfig": {"S3OutputPath": "s3://lake/models/"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 5,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **members,
    }


def processing_input(name: str, uri: str, data_type: str = "S3Prefix") -> dict[str, Any]:
    source = {
        "S3Uri": uri,
        "LocalPath": f"/opt/ml/processing/{name}",
        "S3DataType": data_type,
        "S3InputMode": "File",
    }
    return {"InputName": name, "S3Input": source}


def processing_output(name: str, uri: str) -> dict[str, Any]:
    target = {
        "S3Uri": uri,
        "LocalPath": f"/opt/ml/processing/output/{name}",
        "S3UploadMode": "EndOfJob",
    }
    return {"OutputName": name, "S3Output": target}


def processing(name: str, code_uri: str, **members: Any) -> dict[str, Any]:
    """A processing job that runs `main.py` of its input `code`."""
    application = {
        "ImageUri": IMAGE,
        "ContainerEntrypoint": ["python3", "/opt/ml/processing/code/main.py"],
        **members.pop("AppSpecification", {}),
    }
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": application,
        "ProcessingInputs": [processing_input("code", code_uri), *members.pop("inputs", ())],
        "ProcessingOutputConfig": {"Outputs": members.pop("outputs", [])},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 5,
            }
        },
        **members,
    }


def package(group: str, **members: Any) -> dict[str, Any]:
    """A model package of one container that serves `inference.py`."""
    container = {
        "Image": IMAGE,
        "ModelDataUrl": members.pop("data", "s3://lake/models/toy/output/model.tar.gz"),
        "Environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        },
    }
    return {
        "ModelPackageGroupName": group,
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        **members,
    }


def variant(name: str, model: str, weight: float = 1.0, instances: int = 1) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": model,
        "InstanceType": "ml.t2.medium",
        "InitialInstanceCount": instances,
        "InitialVariantWeight": weight,
    }


def serverless(name: str, model: str, **config: int) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": model,
        "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 2, **config},
    }


def blue_green(
    kind: str, *alarms: str, wait: int = 0, bake: int = 0, limit: int = 28800, **size: Any
) -> Any:
    """A DeploymentConfig.

    Args:
        kind: Type of the routing.
        alarms: Names of those that roll back.
        wait: WaitIntervalInSeconds.
        bake: TerminationWaitInSeconds.
        limit: MaximumExecutionTimeoutInSeconds.
        size: CanarySize or LinearStepSize, as type and value.
    """
    sizes = {name: {"Type": unit, "Value": value} for name, (unit, value) in size.items()}
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": wait, **sizes},
            "TerminationWaitInSeconds": bake,
            "MaximumExecutionTimeoutInSeconds": limit,
        },
        **(
            {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]}}
            if alarms
            else {}
        ),
    }
