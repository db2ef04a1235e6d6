"""Small templates with a known bill."""

import copy
from typing import Any

Template = dict[str, Any]

_SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
_INSTANCES = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
_CHALLENGER = {"Condition": "HasChallenger"}
_KMS: Template = {"Type": "AWS::KMS::Key", "Properties": {}}


def resource(kind: str, **properties: Any) -> Template:
    return {"Type": kind, "Properties": properties}


def function(memory_mb: int, **variables: Any) -> Template:
    return resource(
        "AWS::Lambda::Function",
        Architectures=["arm64"],
        MemorySize=memory_mb,
        Environment={"Variables": variables},
        TracingConfig={"Mode": "Active"},
    )


def mapping(queue: str, target: str, **properties: Any) -> Template:
    return resource(
        "AWS::Lambda::EventSourceMapping",
        EventSourceArn={"Fn::GetAtt": [queue, "Arn"]},
        FunctionName={"Ref": target},
        **properties,
    )


def alarm(*metrics: Template) -> Template:
    return resource("AWS::CloudWatch::Alarm", **({"Metrics": list(metrics)} if metrics else {}))


def policy(variant: str) -> Template:
    return resource(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        ResourceId=f"endpoint/e/variant/{variant}",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 600},
    )


_PREDICTION = {
    "Key": _KMS,
    "Queue": resource("AWS::SQS::Queue"),
    "DeadLetters": resource("AWS::SQS::Queue"),
    "Predict": function(1024, LOG_QUEUE_URL={"Ref": "Queue"}),
    "Log": function(2048),
    "Archive": function(512),
    "Mapping": mapping("Queue", "Log", BatchSize=20, MaximumBatchingWindowInSeconds=30),
    "ArchiveMapping": mapping("DeadLetters", "Archive", BatchSize=10),
}
_INFERENCE = {
    "Config": resource("AWS::SageMaker::EndpointConfig") | {"Condition": "HasChampion"},
    "Simple": alarm(),
    # Reads two metrics.
    "Ratio": alarm({"Id": "e"}, {"Id": "a", "MetricStat": {}}, {"Id": "b", "MetricStat": {}}),
    "Board": resource("AWS::CloudWatch::Dashboard"),
}
_CONDITIONS = {
    "HasChampion": {"Fn::Not": [{"Fn::Equals": [{"Ref": "ChampionPackageArn"}, "none"]}]},
    "HasChallenger": {"Fn::Not": [{"Fn::Equals": [{"Ref": "ChallengerPackageArn"}, "none"]}]},
}
_PARAMETERS = {
    f"{variant}PackageArn": {"Type": "String", "Default": "none"}
    for variant in ("Champion", "Challenger")
}


def serverless() -> dict[str, Template]:
    """An environment whose endpoint is serverless."""
    return _templates(_SERVERLESS)


def instances() -> dict[str, Template]:
    """An environment whose endpoint has two instances, scaled, half of its requests captured."""
    templates = _templates(_INSTANCES)
    resources = templates["inference"]["Resources"]
    resources["Config"]["Properties"]["DataCaptureConfig"] = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 50,
    }
    resources["Scaling"] = policy("champion") | {"Condition": "HasChampion"}
    resources["ChallengerScaling"] = policy("challenger") | _CHALLENGER
    return templates


def _templates(capacity: Template) -> dict[str, Template]:
    inference = copy.deepcopy(_INFERENCE)
    variant = {"VariantName": "champion", **capacity}
    inference["Config"]["Properties"]["ProductionVariants"] = [
        variant,
        {"Fn::If": ["HasChallenger", variant, {"Ref": "AWS::NoValue"}]},
    ]
    return {
        "prediction": {"Resources": copy.deepcopy(_PREDICTION)},
        "inference": {
            "Parameters": _PARAMETERS,
            "Conditions": _CONDITIONS,
            "Resources": inference,
        },
    }


def ingesting() -> dict[str, Template]:
    """A stack that ingests files, with a function of 2 GB."""
    return {"ingestion": {"Resources": {"Ingest": function(2048, MAX_FILE_BYTES="1")}}}
