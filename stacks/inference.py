from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from config import EnvironmentConfig
from config.serving import InstanceEndpoint
from mlops_constructs.endpoint_alarms import (
    EndpointAlarms,
    EndpointAlarmsProps,
    flawed_predictions,
)
from mlops_constructs.endpoint_scaling import VariantScaling, VariantScalingProps
from mlops_constructs.model_endpoint import ModelEndpoint, ModelEndpointProps, ServedModel
from schemas.names import VARIANT_DIMENSION, Output, PredictionMetric, prediction_namespace
from schemas.registry import SERVING_VARIABLES
from stacks.data_lake import DataLakeStack
from stacks.outputs import add_outputs
from stacks.serving_models import guarded, hosting, served_models
from stacks.serving_names import endpoint_name


class InferenceStack(cdk.Stack):
    """The endpoint: which model serves is a parameter, and a release is an update of this stack.

    It holds no roles and no functions, so that a release needs no right to change any.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: EnvironmentConfig,
        data_lake: DataLakeStack,
        model_role: iam.IRole,
        **kwargs: Any,
    ) -> None:
        # Releases send every parameter; the bootstrap's version would be one more of them.
        synthesizer = cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, construct_id, synthesizer=synthesizer, **kwargs)
        self._environment = environment
        self._data_lake = data_lake
        name = endpoint_name(environment)
        models = served_models(self, environment)
        guards = self._alarms(name, [each.variant for each in models])
        endpoint = ModelEndpoint(
            self,
            "Serving",
            props=ModelEndpointProps(
                endpoint_name=name,
                models=models,
                role_arn=model_role.role_arn,
                hosting=hosting(environment, data_lake),
                variables=SERVING_VARIABLES,
                is_guarded=guarded(self, environment),
                rollback_alarms=guards.alarms,
            ),
        )
        self._scale(endpoint, models[0])
        add_outputs(self, {Output.ENDPOINT_NAME: name})

    def _alarms(self, name: str, variants: list[str]) -> EndpointAlarms:
        serving = self._environment.serving
        namespace = prediction_namespace(self._environment.name)
        return EndpointAlarms(
            self,
            "Alarms",
            props=EndpointAlarmsProps(
                endpoint_name=name,
                variants=variants,
                max_error_percent=serving.max_error_percent,
                min_requests=serving.min_requests,
                max_latency_ms=serving.max_latency_ms,
                flawed={
                    variant: flawed_predictions(
                        namespace, PredictionMetric.PREDICTIONS_FLAWED, VARIANT_DIMENSION, variant
                    )
                    for variant in variants
                },
                topic=self._data_lake.alarm_topic,
            ),
        )

    def _scale(self, serving: ModelEndpoint, champion: ServedModel) -> None:
        """Scale the champion; a variant that scales cannot be removed, as challengers are.

        https://github.com/hashicorp/terraform-provider-aws/issues/14337
        """
        endpoint = self._environment.serving.endpoint
        if not isinstance(endpoint, InstanceEndpoint):
            return
        VariantScaling(
            self,
            "ChampionScaling",
            props=VariantScalingProps(
                endpoint=serving.endpoint,
                endpoint_name=endpoint_name(self._environment),
                variant=champion.variant,
                exists=champion.exists,
                instances=endpoint.instances,
                max_instances=endpoint.max_instances,
                requests_per_instance=endpoint.requests_per_instance,
            ),
        )
