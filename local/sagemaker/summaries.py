"""What an endpoint's description tells of its variants, its capture and a deployment under way."""

from collections.abc import Iterable, Mapping
from typing import Any

from local.sagemaker.guardrails import Step

Members = dict[str, Any]


def of_variants(described: Iterable[Mapping[str, Any]]) -> list[Members]:
    """Return the ProductionVariants of an endpoint.

    Args:
        described: The variants of a fleet's description.
    """
    return [
        {
            "VariantName": each["VariantName"],
            "CurrentWeight": each["Weight"],
            "DesiredWeight": each["Weight"],
            "CurrentInstanceCount": each["InstanceCount"],
            "DesiredInstanceCount": each["InstanceCount"],
            **(
                {
                    "CurrentServerlessConfig": each["ServerlessConfig"],
                    "DesiredServerlessConfig": each["ServerlessConfig"],
                }
                if each["ServerlessConfig"]
                else {}
            ),
        }
        for each in described
    ]


def of_capture(config: Mapping[str, Any] | None) -> Members | None:
    """Return the DataCaptureConfig of an endpoint whose configuration has this one."""
    if config is None:
        return None
    is_on = config.get("EnableCapture", True)
    return {
        "EnableCapture": is_on,
        "CaptureStatus": "Started" if is_on else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }


def of_deployment(
    config: Mapping[str, Any], status: str, step: Step | None, *, started: float, now: float
) -> Members:
    """Return the PendingDeploymentSummary of an update.

    Args:
        config: The new endpoint configuration.
        status: Of each variant: `Creating`, `ActivatingTraffic` or `Baking`.
        step: The step under way; None before the first.
        started: When the update began, in seconds since the epoch.
        now: When the variants got their status, likewise.
    """
    variants = []
    for each in config["ProductionVariants"]:
        name, wanted = each["VariantName"], each.get("InitialInstanceCount", 0)
        active = 0 if step is None else step.instances[name]
        message = _message(status, step, active or wanted)
        variant = {
            "VariantName": name,
            "CurrentWeight": each["InitialVariantWeight"],
            "DesiredWeight": each["InitialVariantWeight"],
            "CurrentInstanceCount": min(active, wanted),
            "DesiredInstanceCount": wanted,
            "InstanceType": each.get("InstanceType"),
            "VariantStatus": [{"Status": status, "StatusMessage": message, "StartTime": now}],
        }
        variants.append(variant)
    return {
        "EndpointConfigName": config["EndpointConfigName"],
        "ProductionVariants": variants,
        "StartTime": started,
    }


def _message(status: str, step: Step | None, instances: int) -> str:
    """Return a message in the words of AWS.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
    """
    if step is None:
        return f"Launching {instances} instance(s)."
    where = f"{step.capacity} capacity of {instances} instance(s)."
    if status == "Baking":
        return f"Baking for {step.seconds} seconds ({step.setting}) with traffic enabled on {where}"
    return f"Activating traffic on {where}"
