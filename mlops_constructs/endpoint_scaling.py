"""More instances when a variant is asked more.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html
"""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as scaling
from constructs import Construct

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
# Growing is urgent; instances that leave too early come back at once.
_OUT_SECONDS, _IN_SECONDS = 60, 300


@dataclass(frozen=True, kw_only=True, slots=True)
class VariantScalingProps:
    """Inputs of `VariantScaling`.

    Attributes:
        endpoint: Must exist before its variants can be scaled.
        endpoint_name: Its name.
        variant: Which of its variants.
        exists: Holds when there is such a variant.
        instances: Fewest instances.
        max_instances: Most instances.
        requests_per_instance: Requests per minute and instance that are aimed at.
    """

    endpoint: cdk.CfnResource
    endpoint_name: str
    variant: str
    exists: cdk.CfnCondition
    instances: int
    max_instances: int
    requests_per_instance: int


class VariantScaling(Construct):
    """Keeps the requests per instance of one variant near a target."""

    def __init__(self, scope: Construct, construct_id: str, *, props: VariantScalingProps) -> None:
        super().__init__(scope, construct_id)
        target = scaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace=NAMESPACE,
            scalable_dimension=DIMENSION,
            resource_id=f"endpoint/{props.endpoint_name}/variant/{props.variant}",
            min_capacity=props.instances,
            max_capacity=props.max_instances,
        )
        target.add_resource_dependency(props.endpoint)
        policy = scaling.CfnScalingPolicy(
            self,
            "Policy",
            policy_name=f"{props.endpoint_name}-{props.variant}-requests",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration={
                "targetValue": props.requests_per_instance,
                "scaleOutCooldown": _OUT_SECONDS,
                "scaleInCooldown": _IN_SECONDS,
                "predefinedMetricSpecification": {
                    "predefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                },
            },
        )
        for resource in (target, policy):
            resource.cfn_options.condition = props.exists
