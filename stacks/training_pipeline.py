from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from config import MODEL, EnvironmentConfig
from config.images import IMAGE, IMAGE_ACCOUNTS
from mlops_constructs.assets import repository_asset
from mlops_constructs.container_image import RegionalImage
from mlops_constructs.events import Undelivered, UndeliveredProps, on_schedule
from mlops_constructs.removal import removal_policy
from mlops_constructs.training_pipeline import TrainingPipeline, TrainingPipelineProps
from schemas.names import Output
from schemas.runs import Trigger
from stacks.approval import add_automatic_approval
from stacks.data_lake import DataLakeStack
from stacks.functions import ROOT
from stacks.model_registry import ModelRegistryStack
from stacks.outputs import add_outputs
from stacks.training_functions import ML_CODE, PERMANENT_ERRORS, TrainingSources
from stacks.training_grants import grant_training
from stacks.training_jobs import job_role, job_settings, training_specification
from stacks.training_watchdog import add_training_watchdog
from stacks.workflows import workflow_settings


class TrainingPipelineStack(cdk.Stack):
    """Curated data -> a registered model that can be traced and trained again.

    Attributes:
        pipeline: State machine and functions.
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
        self._removal = removal_policy(is_ephemeral=environment.is_ephemeral)
        code = repository_asset(self, "Code", ROOT, ML_CODE)
        image = RegionalImage(self, "Image", image=IMAGE, accounts=IMAGE_ACCOUNTS)
        sources = TrainingSources(
            self,
            environment=environment,
            data_lake=data_lake,
            registry=registry,
            code=code,
            image=image,
        )
        vpc = environment.training.vpc
        role = job_role(self, "JobRole", data_lake=data_lake, image=image, vpc=vpc)
        self._job_role = role
        self.pipeline = TrainingPipeline(
            self,
            "Training",
            props=TrainingPipelineProps(
                workflow=workflow_settings(
                    "training", environment=environment, data_lake=data_lake, registry=registry
                ),
                sources=sources.by_function,
                snapshot_timeout=cdk.Duration.minutes(10),
                timeout=cdk.Duration.minutes(1),
                permanent_errors=PERMANENT_ERRORS,
                job_role=role,
                job_name_prefix=f"{environment.name}-",
                jobs=job_settings(environment, role=role, key=data_lake.key),
                training=training_specification(environment),
                execution_timeout=cdk.Duration.days(3),
            ),
        )
        grant_training(self.pipeline, data_lake=data_lake, registry=registry, code=code)
        self._add_events(registry, data_lake, sources)
        add_outputs(
            self,
            {Output.TRAINING_STATE_MACHINE_ARN: self.pipeline.state_machine.state_machine_arn},
        )

    def _add_events(
        self, registry: ModelRegistryStack, data_lake: DataLakeStack, sources: TrainingSources
    ) -> None:
        props = UndeliveredProps(
            key=registry.key, topic=data_lake.alarm_topic, removal_policy=self._removal
        )
        undelivered = Undelivered(self, "Undelivered", props=props).queue
        self._add_schedules(undelivered)
        add_training_watchdog(
            self,
            environment=self._environment,
            functions=sources.functions,
            data_lake=data_lake,
            registry=registry,
            job_role=self._job_role,
            undelivered=undelivered,
        )
        if self._environment.training.approves_automatically:
            add_automatic_approval(
                self,
                environment=self._environment,
                source=sources.approve,
                registry=registry,
                undelivered=undelivered,
            )

    def _add_schedules(self, undelivered: sqs.Queue) -> None:
        training = self._environment.training
        for construct_id, every, trigger, description in (
            ("Schedule", training.schedule_days * 24, Trigger.SCHEDULE, "A month is complete"),
            ("NewData", training.new_data_hours, Trigger.NEW_DATA, "Enough new rows"),
        ):
            on_schedule(
                self,
                construct_id,
                every=cdk.Duration.hours(every),
                state_machine=self.pipeline.state_machine,
                execution_input={"trigger": trigger.value},
                undelivered=undelivered,
                description=f"Training of {MODEL.name}: {description}",
            )
