"""Weights and instances of an endpoint that serves: changed without another configuration."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from local.sagemaker import summaries
from local.sagemaker.deployments import INTERNAL_ERROR
from local.sagemaker.errors import JobFailedError, invalid, not_implemented
from local.sagemaker.jobs import MAX_REASON
from local.sagemaker.kinds import ENDPOINT
from local.sagemaker.records import Record
from local.sagemaker.traffic import FLEET, Traffic
from local.sagemaker.world import World

logger = logging.getLogger(__name__)

Wanted = Mapping[str, Any]


def desired(endpoint: Record, wanted: Sequence[Wanted]) -> list[dict[str, Any]]:
    """Return the ProductionVariants of an endpoint that is on its way to weights and counts.

    Args:
        endpoint: Its record.
        wanted: The DesiredWeightsAndCapacities.

    Raises:
        ApiError: AWS would refuse them, or they are not supported here.
    """
    variants = {each["VariantName"]: dict(each) for each in endpoint["ProductionVariants"]}
    for each in wanted:
        name = each["VariantName"]
        if name not in variants:
            raise invalid(f"The variant name(s) {name} is/are not present within endpoint.")
        if each.get("ServerlessUpdateConfig"):
            raise not_implemented("ServerlessUpdateConfig; update the endpoint instead")
        count = each.get("DesiredInstanceCount")
        if count is not None and "CurrentServerlessConfig" in variants[name]:
            raise invalid(f"Variant {name} is serverless: it has no instances.")
        if count == 0:
            raise invalid(f"DesiredInstanceCount of variant {name} must be at least 1.")
        changes = ("DesiredWeight", "DesiredInstanceCount")
        variants[name] |= {member: each[member] for member in changes if member in each}
    return list(variants.values())


def apply(world: World, name: str, traffic: Traffic, variants: Sequence[Wanted]) -> None:
    """Bring an endpoint's variants to their desired weights and counts, and record the end.

    What cannot be had leaves the variant as it was, and the reason in FailureReason.
    """
    reason = None
    fleet = traffic.fleet
    try:
        for each in variants:
            fleet.variants[each["VariantName"]].weigh(each["DesiredWeight"])
        for each in variants:
            if each["DesiredInstanceCount"] != each["CurrentInstanceCount"]:
                fleet.variants[each["VariantName"]].resize(each["DesiredInstanceCount"])
    except JobFailedError as error:
        reason = str(error)[:MAX_REASON]
    except Exception:
        logger.exception("capacity of %s", name)
        reason = INTERNAL_ERROR
    if world.closing.is_set():
        return
    described = fleet.description
    members = {
        "EndpointStatus": "InService",
        "FailureReason": reason,
        "ProductionVariants": summaries.of_variants(described["Variants"]),
        FLEET: described,
    }
    world.change(ENDPOINT, name, members)
