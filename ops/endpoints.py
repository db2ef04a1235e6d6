"""The endpoint as SageMaker and CloudFormation describe it: what really serves, and what should."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops.deployment import Deployment, resources
from ops.errors import code_of
from schemas.names import Output, StackName
from schemas.releases import CHALLENGER, CHAMPION, WHOLE, InferenceResource, Serving

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        DescribeEndpointOutputTypeDef,
        ProductionVariantSummaryTypeDef,
    )

MISSING = "Missing"
"""Status of an endpoint that is not there."""
IN_SERVICE = "InService"
# What SageMaker answers for an endpoint, a configuration or a model that does not exist.
_UNKNOWN = frozenset({"ValidationException", "ResourceNotFound"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One production variant.

    Attributes:
        name: `champion` or `challenger`.
        model_package_arn: Model that it serves; empty when it cannot be found out.
        percent: Share of the requests that it gets, 0 to 100.
        desired_percent: Share that it is to get.
        instances: Instances that serve; None of a serverless variant.
        desired_instances: Instances that are to serve.
    """

    name: str
    model_package_arn: str
    percent: float
    desired_percent: float
    instances: int | None = None
    desired_instances: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """The endpoint as it is.

    Attributes:
        name: What clients address.
        status: SageMaker's word, such as `InService`; `Missing` when there is none.
        config: Endpoint configuration that serves; empty when there is no endpoint.
        stage: How far an update is, in words; empty when none is under way.
        failure: Why its last update failed; empty when it did not.
        variants: What serves.
    """

    name: str
    status: str
    config: str = ""
    stage: str = ""
    failure: str = ""
    variants: tuple[Variant, ...] = ()

    @property
    def serving(self) -> Serving:
        """What serves, in the terms of a release."""
        by_name = {each.name: each for each in self.variants}
        challenger = by_name.get(CHALLENGER)
        return Serving(
            champion=by_name[CHAMPION].model_package_arn if CHAMPION in by_name else "",
            challenger=challenger.model_package_arn if challenger else "",
            challenger_percent=round(challenger.desired_percent) if challenger else 0,
        )


def describe(deployment: Deployment) -> Endpoint:
    """Return the endpoint with its variants and their models."""
    name = deployment[Output.ENDPOINT_NAME]
    found = _described(deployment, name)
    if found is None:
        return Endpoint(name=name, status=MISSING)
    # SageMaker leaves it out while it creates the endpoint.
    config = found.get("EndpointConfigName", "")
    return Endpoint(
        name=name,
        status=found["EndpointStatus"],
        config=config,
        stage=_stage(found),
        failure=found.get("FailureReason", ""),
        variants=tuple(
            _variants(found.get("ProductionVariants", []), _packages(deployment, config))
        ),
    )


def status_of(deployment: Deployment, name: str) -> str:
    """Return SageMaker's word for how an endpoint is; `Missing` when there is none."""
    found = _described(deployment, name)
    return found["EndpointStatus"] if found else MISSING


def progress(deployment: Deployment) -> str:
    """Return how far the endpoint's creation or update is; empty when it just serves or is not."""
    found = _described(deployment, deployment[Output.ENDPOINT_NAME])
    if found is None or found["EndpointStatus"] == IN_SERVICE:
        return ""
    return ": ".join(filter(None, (found["EndpointStatus"], _stage(found))))


def wanted_config(deployment: Deployment) -> str:
    """Return the configuration that the stack holds, which should serve; empty without one."""
    stack = StackName.INFERENCE.in_environment(deployment.environment.name)
    found = resources(
        deployment.connection, stack, f"AWS::SageMaker::{InferenceResource.ENDPOINT_CONFIG}"
    )
    return next(map(name_of, found), "")


def name_of(physical_id: str) -> str:
    """Return the name in a physical id: CloudFormation takes SageMaker's ARNs for ids."""
    return physical_id.rpartition("/")[2]


def _described(deployment: Deployment, name: str) -> "DescribeEndpointOutputTypeDef | None":
    try:
        return deployment.connection.sagemaker.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if code_of(error) in _UNKNOWN:
            return None
        raise


def _stage(found: "DescribeEndpointOutputTypeDef") -> str:
    pending = found.get("PendingDeploymentSummary", {}).get("ProductionVariants", [])
    stages = (
        (variant["VariantName"], status)
        for variant in pending
        for status in variant.get("VariantStatus", [])
    )
    return "; ".join(
        f"{name}: {status.get('StatusMessage') or status['Status']}" for name, status in stages
    )


def _variants(
    summaries: "list[ProductionVariantSummaryTypeDef]", packages: Mapping[str, str]
) -> Iterator[Variant]:
    now = sum(each.get("CurrentWeight", 0) for each in summaries)
    wanted = sum(each.get("DesiredWeight", 0) for each in summaries)
    for each in summaries:
        is_serverless = bool(each.get("CurrentServerlessConfig"))
        yield Variant(
            name=each["VariantName"],
            model_package_arn=packages.get(each["VariantName"], ""),
            percent=_percent(each.get("CurrentWeight", 0), now),
            desired_percent=_percent(each.get("DesiredWeight", 0), wanted),
            instances=None if is_serverless else each.get("CurrentInstanceCount"),
            desired_instances=None if is_serverless else each.get("DesiredInstanceCount"),
        )


def _percent(weight: float, total: float) -> float:
    return WHOLE * weight / total if total else 0


def _packages(deployment: Deployment, config: str) -> dict[str, str]:
    """Return the model package that each variant of a configuration serves."""
    if not config:
        return {}
    client = deployment.connection.sagemaker
    try:
        found = client.describe_endpoint_config(EndpointConfigName=config)
        return {
            each["VariantName"]: _package(client.describe_model(ModelName=each["ModelName"]))
            for each in found["ProductionVariants"]
        }
    except ClientError as error:
        if code_of(error) in _UNKNOWN:
            return {}
        raise


def _package(model: Mapping[str, Any]) -> str:
    containers = model.get("Containers") or [model.get("PrimaryContainer", {})]
    return str(containers[0].get("ModelPackageName", ""))
