from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from config import EnvironmentConfig
from config.images import IMAGE, IMAGE_ACCOUNTS
from mlops_constructs.assets import repository_asset
from mlops_constructs.container_image import RegionalImage
from mlops_constructs.events import Undelivered, UndeliveredProps, on_schedule
from mlops_constructs.model_monitor import ModelMonitor, ModelMonitorProps
from mlops_constructs.removal import removal_policy
from schemas.monitoring import MonitoringTrigger
from schemas.names import Output
from stacks.data_lake import DataLakeStack
from stacks.functions import ROOT
from stacks.model_registry import ModelRegistryStack
from stacks.monitor_findings import findings
from stacks.monitor_functions import MonitorSources
from stacks.monitor_grants import grant_monitor, monitor_job_role
from stacks.outputs import add_outputs
from stacks.training_functions import ML_CODE, PERMANENT_ERRORS
from stacks.training_jobs import job_settings
from stacks.workflows import workflow_settings


class ModelMonitorStack(cdk.Stack):
    """Watches the model that serves: drift warns, quality decides.

    It needs none of SageMaker's own monitoring, which is closed to new customers.

    Attributes:
        monitor: State machine, functions and alarms.
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
        undelivered = Undelivered(
            self,
            "Undelivered",
            props=UndeliveredProps(
                key=registry.key, topic=data_lake.alarm_topic, removal_policy=self._removal
            ),
        ).queue
        self.monitor = self._add_monitor(undelivered)
        machine = self.monitor.state_machine
        on_schedule(
            self,
            "MonitorSchedule",
            every=cdk.Duration.hours(environment.monitoring.schedule_hours),
            state_machine=machine,
            execution_input={"trigger": MonitoringTrigger.SCHEDULE.value},
            undelivered=undelivered,
            description="Look at what the model has predicted",
        )
        add_outputs(self, {Output.MONITORING_STATE_MACHINE_ARN: machine.state_machine_arn})

    def _add_monitor(self, undelivered: sqs.Queue) -> ModelMonitor:
        environment, data_lake, registry = self._environment, self._data_lake, self._registry
        image = RegionalImage(self, "Image", image=IMAGE, accounts=IMAGE_ACCOUNTS)
        code = repository_asset(self, "Code", ROOT, ML_CODE)
        role = monitor_job_role(self, environment=environment, data_lake=data_lake, image=image)
        sources = MonitorSources(
            self,
            environment=environment,
            data_lake=data_lake,
            registry=registry,
            code=code,
            image=image,
        )
        monitor = ModelMonitor(
            self,
            "Monitor",
            props=ModelMonitorProps(
                workflow=workflow_settings(
                    "monitor", environment=environment, data_lake=data_lake, registry=registry
                ),
                monitor=sources.monitor,
                respond=sources.respond,
                timeout=cdk.Duration.minutes(2),
                permanent_errors=PERMANENT_ERRORS,
                job_role=role,
                job_name_prefix=f"{environment.name}-monitor-",
                jobs=job_settings(environment, role=role, key=data_lake.key),
                findings=findings(registry.group_name),
                undelivered=undelivered,
                execution_timeout=cdk.Duration.hours(12),
            ),
        )
        grant_monitor(
            monitor, environment=environment, data_lake=data_lake, registry=registry, code=code
        )
        return monitor
