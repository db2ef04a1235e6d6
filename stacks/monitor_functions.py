"""What the functions of the model monitor run, and what they are told."""

import json

from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from config import MODEL, EnvironmentConfig
from mlops_constructs.container_image import RegionalImage
from schemas.constraints import deployment_patch
from stacks.data_lake import DataLakeStack
from stacks.functions import BaseFunctions
from stacks.model_registry import ModelRegistryStack
from stacks.serving_names import release_machine_arn, training_machine_arn


class MonitorSources:
    """Sources of the functions; the layer that they share is created in `scope`.

    Attributes:
        monitor: Plans a run, publishes what it found, explains what failed.
        respond: Decides what follows from a finding.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        environment: EnvironmentConfig,
        data_lake: DataLakeStack,
        registry: ModelRegistryStack,
        code: s3_assets.Asset,
        image: RegionalImage,
    ) -> None:
        functions = BaseFunctions(scope, environment)
        monitoring, limits = environment.monitoring, MODEL.monitoring
        common = {
            "ARTIFACTS_BUCKET_NAME": data_lake.artifacts_bucket.bucket_name,
            "MONITORING_TABLE_NAME": registry.monitoring_table.table_name,
            "RELEASES_TABLE_NAME": registry.releases_table.table_name,
            "MIN_LABELS": str(limits.min_labels),
        }
        patch = deployment_patch(
            max_psi=limits.max_psi, min_auc=limits.min_auc, unwatched=limits.unwatched
        )
        self.monitor = functions.source(
            "monitor",
            "Plans what the model monitor looks at, and publishes what it found",
            environment={
                **common,
                "CURATED_BUCKET_NAME": data_lake.curated_bucket.bucket_name,
                "MODEL_PACKAGE_GROUP_NAME": registry.group_name,
                "CODE_ASSET_URI": code.s3_object_url,
                "CODE_SHA256": code.asset_hash,
                "IMAGE_URI": image.uri,
                "JOB_NAME_PREFIX": environment.name,
                "WINDOW_DAYS": str(monitoring.window_days),
                "CONSTRAINTS": json.dumps(patch, sort_keys=True),
                "MAX_AUC_LOSS": str(limits.max_auc_loss),
            },
        )
        self.respond = functions.source(
            "respond",
            "Decides what follows from what the model monitor found",
            environment={
                **common,
                "TRAINING_STATE_MACHINE_ARN": training_machine_arn(scope, environment),
                "RELEASE_STATE_MACHINE_ARN": release_machine_arn(scope, environment),
                "ALARM_TOPIC_ARN": data_lake.alarm_topic.topic_arn,
                "COOLDOWN_HOURS": str(monitoring.cooldown_hours),
                "ENVIRONMENT": environment.name,
            },
        )
