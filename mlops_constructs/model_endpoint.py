"""A SageMaker endpoint whose models are parameters of its stack, so that a release is an update.

Models and configurations have no names of their own, because every property of theirs replaces
them, and they stay when they are replaced: after a rollback by alarm the endpoint serves the former
configuration again, while CloudFormation may take the update for a success and clean up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

# Time that an update may take beside its waits: starting machines, loading models.
_OVERHEAD_SECONDS = 3600
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeploymentConfig.html
_MIN_EXECUTION_SECONDS = 600
PACKAGE_VARIABLE = "MODEL_PACKAGE_ARN"
"""Variable by which a container knows, and says, which model it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedModel:
    """One production variant.

    Attributes:
        variant: Its name; the same in every release, or guardrails do not work.
        logical_id: Of its model.
        package_arn: The model package; a parameter of the stack.
        weight: Its share of the requests; a parameter of the stack.
        exists: Holds when there is such a model.
    """

    variant: str
    logical_id: str
    package_arn: str
    weight: float
    exists: cdk.CfnCondition


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerlessHosting:
    """Machines by the request.

    Attributes:
        memory_mb: Memory of one.
        max_concurrency: Most requests at a time.
    """

    memory_mb: int
    max_concurrency: int


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceHosting:
    """Machines of one's own, released by canary.

    Attributes:
        instance_type: Such as `ml.m5.large`.
        instances: How many a variant begins with.
        canary_percent: Share of the new fleet that gets traffic first.
        canary_seconds: How long it is watched.
        bake_seconds: How long the old fleet waits after all traffic has moved.
        capture_uri: S3 prefix that requests and answers are captured to.
        capture_percent: Share of them that is.
        key_arn: Key that encrypts disks and captures.
        subnet_ids: Network of the models; empty for SageMaker's own.
        security_group_ids: Of that network.
    """

    instance_type: str
    instances: int
    canary_percent: int
    canary_seconds: int
    bake_seconds: int
    capture_uri: str
    capture_percent: int
    key_arn: str
    subnet_ids: Sequence[str] = ()
    security_group_ids: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelEndpointProps:
    """Inputs of `ModelEndpoint`.

    Attributes:
        endpoint_name: What clients address; it never changes.
        models: Variants; the endpoint exists when the first one does.
        role_arn: Role that SageMaker fetches models with, and looks at alarms.
        hosting: Where the models run.
        variables: What every container is told. The package says it, too, but whether SageMaker
            adds to a package's variables or replaces them is not documented.
        is_guarded: Holds when an update goes by way of a canary. Of instances only.
        rollback_alarms: Undo an update while it is under way; 1 to 10. Of instances only.
    """

    endpoint_name: str
    models: Sequence[ServedModel]
    role_arn: str
    hosting: ServerlessHosting | InstanceHosting
    variables: Mapping[str, str] = field(default_factory=dict)
    is_guarded: cdk.CfnCondition | None = None
    rollback_alarms: Sequence[cloudwatch.IAlarm] = field(default=())


class ModelEndpoint(Construct):
    """Models, configuration and endpoint; none of them before there is a first model.

    Attributes:
        endpoint: The endpoint.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: ModelEndpointProps) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        config = sagemaker.CfnEndpointConfig(
            self,
            "EndpointConfig",
            production_variants=[],
            **self._config_options(),
        )
        # The typed property cannot hold a variant that there is on a condition.
        config.add_property_override("ProductionVariants", self._variants())
        self._keep("EndpointConfig", config, props.models[0].exists)
        self.endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=props.endpoint_name,
            endpoint_config_name=config.attr_endpoint_config_name,
            **self._update_options(),
        )
        self._guard()
        self.endpoint.cfn_options.condition = props.models[0].exists
        self.endpoint.override_logical_id("Endpoint")

    def _variants(self) -> list[Any]:
        first, *others = self._props.models
        return [
            self._variant(first),
            *(
                cdk.Fn.condition_if(each.exists.logical_id, self._variant(each), cdk.Aws.NO_VALUE)
                for each in others
            ),
        ]

    def _variant(self, served: ServedModel) -> dict[str, Any]:
        return {
            "VariantName": served.variant,
            "ModelName": self._model(served).attr_model_name,
            "InitialVariantWeight": served.weight,
            **self._machines(),
        }

    def _model(self, served: ServedModel) -> sagemaker.CfnModel:
        container = sagemaker.CfnModel.ContainerDefinitionProperty(
            model_package_name=served.package_arn,
            environment={**self._props.variables, PACKAGE_VARIABLE: served.package_arn},
        )
        model = sagemaker.CfnModel(
            self,
            served.logical_id,
            containers=[container],
            execution_role_arn=self._props.role_arn,
            **self._model_options(),
        )
        self._keep(served.logical_id, model, served.exists)
        return model

    def _keep(self, logical_id: str, resource: cdk.CfnResource, exists: cdk.CfnCondition) -> None:
        resource.override_logical_id(logical_id)
        resource.cfn_options.condition = exists
        resource.apply_removal_policy(cdk.RemovalPolicy.RETAIN, apply_to_update_replace_policy=True)

    def _machines(self) -> Mapping[str, Any]:
        hosting = self._props.hosting
        if isinstance(hosting, ServerlessHosting):
            return {
                "ServerlessConfig": {
                    "MemorySizeInMB": hosting.memory_mb,
                    "MaxConcurrency": hosting.max_concurrency,
                }
            }
        return {
            "InstanceType": hosting.instance_type,
            "InitialInstanceCount": hosting.instances,
        }

    def _model_options(self) -> dict[str, Any]:
        hosting = self._props.hosting
        if isinstance(hosting, ServerlessHosting):
            return {}  # serverless endpoints support neither isolation nor networks
        vpc = sagemaker.CfnModel.VpcConfigProperty(
            subnets=list(hosting.subnet_ids), security_group_ids=list(hosting.security_group_ids)
        )
        return {
            "enable_network_isolation": True,
            **({"vpc_config": vpc} if hosting.subnet_ids else {}),
        }

    def _config_options(self) -> dict[str, Any]:
        hosting = self._props.hosting
        if isinstance(hosting, ServerlessHosting):
            return {}  # serverless endpoints capture nothing
        capture = sagemaker.CfnEndpointConfig.DataCaptureConfigProperty(
            enable_capture=True,
            initial_sampling_percentage=hosting.capture_percent,
            destination_s3_uri=hosting.capture_uri,
            kms_key_id=hosting.key_arn,
            capture_options=[
                sagemaker.CfnEndpointConfig.CaptureOptionProperty(capture_mode=mode)
                for mode in ("Input", "Output")
            ],
            capture_content_type_header=(
                sagemaker.CfnEndpointConfig.CaptureContentTypeHeaderProperty(
                    csv_content_types=["text/csv"],
                    json_content_types=["application/json", "application/jsonlines"],
                )
            ),
        )
        return {"data_capture_config": capture, "kms_key_id": hosting.key_arn}

    def _update_options(self) -> dict[str, Any]:
        if isinstance(self._props.hosting, ServerlessHosting):
            return {}  # serverless endpoints have neither guardrails nor counts
        kept = sagemaker.CfnEndpoint.VariantPropertyProperty
        return {
            # What scaling has grown to survives a release; weights and capture are the release's.
            "retain_all_variant_properties": True,
            "exclude_retained_variant_properties": [
                kept(variant_property_type=each) for each in ("DesiredWeight", "DataCaptureConfig")
            ],
        }

    def _guard(self) -> None:
        """Let updates go by way of a canary, or all at once when the stack is told so."""
        hosting, condition = self._props.hosting, self._props.is_guarded
        if isinstance(hosting, ServerlessHosting) or condition is None:
            return
        self.endpoint.add_property_override(
            "DeploymentConfig",
            cdk.Fn.condition_if(
                condition.logical_id, _canary(hosting, self._props.rollback_alarms), _AT_ONCE
            ),
        )


# Raw, because the typed properties cannot stand in a condition.
_AT_ONCE: Mapping[str, Any] = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    }
}


def _canary(hosting: InstanceHosting, alarms: Sequence[cloudwatch.IAlarm]) -> Mapping[str, Any]:
    """Return a release by canary that any of `alarms` undoes."""
    waits = hosting.canary_seconds + hosting.bake_seconds
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": hosting.canary_percent},
                "WaitIntervalInSeconds": hosting.canary_seconds,
            },
            "TerminationWaitInSeconds": hosting.bake_seconds,
            "MaximumExecutionTimeoutInSeconds": max(
                _MIN_EXECUTION_SECONDS, waits + _OVERHEAD_SECONDS
            ),
        },
        "AutoRollbackConfiguration": {
            "Alarms": [{"AlarmName": each.alarm_name} for each in alarms]
        },
    }
