from typing import Any

import aws_cdk as cdk
from constructs import Construct

from config import EnvironmentConfig
from config.images import IMAGE, IMAGE_ACCOUNTS
from mlops_constructs.container_image import RegionalImage
from mlops_constructs.events import Undelivered, UndeliveredProps, on_event_begin
from mlops_constructs.release_pipeline import ReleasePipeline, ReleasePipelineProps
from mlops_constructs.removal import removal_policy
from schemas.names import Output
from schemas.releases import APPROVAL_EVENT
from stacks.data_lake import DataLakeStack
from stacks.model_registry import ModelRegistryStack
from stacks.outputs import add_outputs
from stacks.release_functions import release_sources
from stacks.release_grants import grant_release
from stacks.serving_names import inference_stack_arn
from stacks.serving_roles import deployment_role, model_role
from stacks.training_functions import PERMANENT_ERRORS
from stacks.workflows import workflow_settings

# Two alarms' periods: an update takes minutes, and its failure should not wait for long.
POLL = cdk.Duration.seconds(15)


class ReleaseStack(cdk.Stack):
    """An approved model -> the endpoint, by an update of the inference stack that can be undone.

    Created before that stack, which runs its models as a role of this one.

    Attributes:
        pipeline: State machine and functions.
        model_role: Role that models run as.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: EnvironmentConfig,
        data_lake: DataLakeStack,
        registry: ModelRegistryStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        self._data_lake = data_lake
        self._registry = registry
        self._removal = removal_policy(is_ephemeral=environment.is_ephemeral)
        image = RegionalImage(self, "Image", image=IMAGE, accounts=IMAGE_ACCOUNTS)
        self.model_role = model_role(
            self, "ModelRole", environment=environment, data_lake=data_lake, image=image
        )
        self.pipeline = self._add_pipeline()
        grant_release(
            self.pipeline, environment=environment, data_lake=data_lake, registry=registry
        )
        self._begin_when_approved()
        machine = self.pipeline.state_machine
        add_outputs(self, {Output.RELEASE_STATE_MACHINE_ARN: machine.state_machine_arn})

    def _add_pipeline(self) -> ReleasePipeline:
        environment, data_lake, registry = self._environment, self._data_lake, self._registry
        return ReleasePipeline(
            self,
            "Release",
            props=ReleasePipelineProps(
                workflow=workflow_settings(
                    "release", environment=environment, data_lake=data_lake, registry=registry
                ),
                sources=release_sources(self, environment, data_lake, registry),
                timeout=cdk.Duration.minutes(2),
                permanent_errors=PERMANENT_ERRORS,
                stack_arn=inference_stack_arn(self, environment),
                deployment_role=deployment_role(
                    self,
                    "DeploymentRole",
                    environment=environment,
                    data_lake=data_lake,
                    registry=registry,
                    passed=self.model_role,
                ),
                poll=POLL,
                execution_timeout=cdk.Duration.hours(12),
            ),
        )

    def _begin_when_approved(self) -> None:
        undelivered = Undelivered(
            self,
            "Undelivered",
            props=UndeliveredProps(
                key=self._registry.key,
                topic=self._data_lake.alarm_topic,
                removal_policy=self._removal,
            ),
        )
        on_event_begin(
            self,
            "Approved",
            pattern={
                "source": ["aws.sagemaker"],
                "detail-type": [APPROVAL_EVENT],
                "detail": {
                    "ModelPackageGroupName": [self._registry.group_name],
                    "ModelApprovalStatus": ["Approved"],
                },
            },
            state_machine=self.pipeline.state_machine,
            undelivered=undelivered.queue,
            description="A model was approved, and is released",
        )
