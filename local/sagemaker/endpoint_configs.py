"""What an endpoint configuration may ask for."""

from collections.abc import Mapping
from typing import Any

from local.sagemaker.constraints import missing
from local.sagemaker.errors import invalid, not_implemented
from local.sagemaker.kinds import MODEL
from local.sagemaker.records import Records

SERVERLESS_MEMORY_MB = range(1024, 6144 + 1, 1024)

_UNSUPPORTED = ("AsyncInferenceConfig", "ExplainerConfig", "ShadowProductionVariants")
_INSTANCE_MEMBERS = ("InstanceType", "InitialInstanceCount")


def checked(records: Records, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a configuration with what AWS fills in.

    Args:
        records: Where its models are.
        params: The request of CreateEndpointConfig.

    Raises:
        ApiError: AWS would refuse it, or it is not supported here.
    """
    if unsupported := [member for member in _UNSUPPORTED if params.get(member)]:
        raise not_implemented(f"{', '.join(unsupported)} of endpoint configurations")
    given = params["ProductionVariants"]
    names = [variant["VariantName"] for variant in given]
    if len(set(names)) < len(names):
        raise invalid("Production variant names must be unique within an endpoint.")
    variants = [_variant(records, number, variant) for number, variant in enumerate(given, 1)]
    if any(variant.get("ServerlessConfig") for variant in variants):
        _check_serverless(records, params)
    capture = params.get("DataCaptureConfig")
    if capture and not capture["DestinationS3Uri"].startswith("s3://"):
        raise not_implemented("destinations of data capture that do not begin with s3://")
    return {**params, "ProductionVariants": variants}


def _variant(records: Records, number: int, variant: Mapping[str, Any]) -> dict[str, Any]:
    path = f"productionVariants.{number}.member"
    if not variant.get("ModelName"):
        raise missing(f"{path}.modelName")
    serverless = variant.get("ServerlessConfig")
    for member in _INSTANCE_MEMBERS:
        if serverless and variant.get(member):
            raise invalid(f"{member} and ServerlessConfig exclude each other.")
        if not serverless and not variant.get(member):
            raise missing(f"{path}.{member[0].lower()}{member[1:]}")
    records.get(MODEL, variant["ModelName"])
    return {"InitialVariantWeight": 1.0, **variant}


def _check_serverless(records: Records, params: Mapping[str, Any]) -> None:
    """Refuse what serverless endpoints have not.

    https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html

    Raises:
        ApiError: the configuration asks for it.
    """
    if len(params["ProductionVariants"]) > 1:
        raise invalid("A serverless endpoint has exactly one production variant.")
    (variant,) = params["ProductionVariants"]
    memory = variant["ServerlessConfig"]["MemorySizeInMB"]
    if memory not in SERVERLESS_MEMORY_MB:
        allowed = ", ".join(map(str, SERVERLESS_MEMORY_MB))
        raise invalid(f"MemorySizeInMB must be one of {allowed}: {memory}.")
    if variant["ServerlessConfig"].get("ProvisionedConcurrency"):
        raise not_implemented("ProvisionedConcurrency of serverless endpoints")
    model = records.get(MODEL, variant["ModelName"])
    excluded = {
        "Data capture": (params.get("DataCaptureConfig") or {}).get("EnableCapture"),
        "VpcConfig": params.get("VpcConfig") or model.get("VpcConfig"),
        "Network isolation": model.get("EnableNetworkIsolation"),
    }
    for what, asked in excluded.items():
        if asked:
            raise invalid(f"{what} is not supported for serverless endpoints.")
