"""What every workflow of an environment is given."""

from config import EnvironmentConfig
from mlops_constructs.log_retention import log_retention
from mlops_constructs.removal import removal_policy
from mlops_constructs.workflow import WorkflowSettings
from stacks.data_lake import DataLakeStack
from stacks.model_registry import ModelRegistryStack


def workflow_settings(
    name: str,
    *,
    environment: EnvironmentConfig,
    data_lake: DataLakeStack,
    registry: ModelRegistryStack,
) -> WorkflowSettings:
    """Return the settings of a workflow, which other stacks know by its name.

    Args:
        name: What it does, in a word.
        environment: Its environment.
        data_lake: Has the topic that people listen to.
        registry: Has the key of logs.
    """
    return WorkflowSettings(
        name=f"mlops-{environment.name}-{name}",
        key=registry.key,
        topic=data_lake.alarm_topic,
        topic_key=data_lake.alarm_key,
        log_retention=log_retention(environment.log_retention_days),
        removal_policy=removal_policy(is_ephemeral=environment.is_ephemeral),
    )
