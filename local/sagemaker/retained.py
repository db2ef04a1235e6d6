"""What an update keeps of an endpoint, whatever the new configuration says."""

from collections.abc import Mapping
from typing import Any

from local.sagemaker.records import Record
from local.sagemaker.traffic import FLEET


def configured(config: Record, endpoint: Record, params: Mapping[str, Any]) -> Record:
    """Return an endpoint configuration as an update applies it.

    With RetainAllVariantProperties, variants that stay keep instances and weight, and the endpoint
    its data capture, except for what ExcludeRetainedVariantProperties lists.

    Args:
        config: The new endpoint configuration.
        endpoint: The endpoint's record.
        params: The request of UpdateEndpoint.
    """
    if not params.get("RetainAllVariantProperties"):
        return config
    excluded = {
        each["VariantPropertyType"] for each in params.get("ExcludeRetainedVariantProperties", ())
    }
    present = {each["VariantName"]: each for each in endpoint["ProductionVariants"]}
    variants = [
        _retained(variant, present.get(variant["VariantName"]), excluded)
        for variant in config["ProductionVariants"]
    ]
    capture = config if "DataCaptureConfig" in excluded else endpoint[FLEET]
    return {
        **config,
        "ProductionVariants": variants,
        "DataCaptureConfig": capture.get("DataCaptureConfig"),
    }


def _retained(
    variant: Mapping[str, Any], present: Mapping[str, Any] | None, excluded: set[str]
) -> Mapping[str, Any]:
    if present is None:
        return variant
    kept = {}
    if "DesiredWeight" not in excluded:
        kept["InitialVariantWeight"] = present["DesiredWeight"]
    has_instances = "InitialInstanceCount" in variant and present["DesiredInstanceCount"]
    if has_instances and "DesiredInstanceCount" not in excluded:
        kept["InitialInstanceCount"] = present["DesiredInstanceCount"]
    return {**variant, **kept}


def deployment_config(endpoint: Record, params: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the DeploymentConfig of an update: the last one, when it shall be retained."""
    last = endpoint.get("LastDeploymentConfig") if params.get("RetainDeploymentConfig") else None
    return last or params.get("DeploymentConfig")
