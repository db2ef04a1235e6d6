"""What the functions of a release run, and what they are told."""

from constructs import Construct

from config import EnvironmentConfig
from mlops_constructs.python_function import FunctionSource
from mlops_constructs.release_pipeline import RELEASE, SMOKE_TEST
from stacks.data_lake import DataLakeStack
from stacks.functions import BaseFunctions
from stacks.model_registry import ModelRegistryStack
from stacks.serving_names import endpoint_name, inference_stack_name


def release_sources(
    scope: Construct,
    environment: EnvironmentConfig,
    data_lake: DataLakeStack,
    registry: ModelRegistryStack,
) -> dict[str, FunctionSource]:
    """Return sources by the names that `ReleasePipeline` gives its functions."""
    functions = BaseFunctions(scope, environment)
    served = {
        "ENDPOINT_NAME": endpoint_name(environment),
        "ARTIFACTS_BUCKET_NAME": data_lake.artifacts_bucket.bucket_name,
    }
    return {
        RELEASE: functions.source(
            "release",
            "Plans, verifies and records what the endpoint serves",
            environment={
                **served,
                "STACK_NAME": inference_stack_name(environment),
                "RELEASES_TABLE_NAME": registry.releases_table.table_name,
                "MODEL_PACKAGE_GROUP_NAME": registry.group_name,
                "ENVIRONMENT": environment.name,
            },
        ),
        SMOKE_TEST: functions.source(
            "smoke_test", "Asks the endpoint what it must answer", environment=served
        ),
    }
