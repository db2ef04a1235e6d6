from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from config import MODEL, EnvironmentConfig
from mlops_constructs.encryption import allow_logs, create_key
from mlops_constructs.events import admit_events
from mlops_constructs.removal import removal_policy
from mlops_constructs.tables import add_index, create_table
from schemas import monitoring, releases, runs
from schemas.names import Output
from stacks.outputs import add_outputs

# Attributes of a run, and of a release, that indexes are keyed by.
STATUS = "status"
BEGAN_AT = "began_at"


class ModelRegistryStack(cdk.Stack):
    """What is known of models: the registry, and what became of each training run.

    Attributes:
        group_name: Name of the model package group.
        group_arn: Its ARN.
        packages_arn: Pattern of the ARNs of its model packages.
        runs_table: Run id -> what became of it; see `schemas/runs.py`.
        releases_table: Release id -> what became of it, and what serves; see `schemas/releases.py`.
        monitoring_table: Monitoring run -> what it found, and what was decided; see
            `schemas/monitoring.py`.
        key: Encrypts the table, and logs and dead letters of the functions around the registry.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: EnvironmentConfig, **kwargs: Any
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        removal = removal_policy(is_ephemeral=environment.is_ephemeral)
        self.key = create_key(
            self, "Key", description="Training runs and their logs", removal_policy=removal
        )
        allow_logs(self.key)
        admit_events(self.key)
        self.runs_table, self.releases_table, self.monitoring_table = (
            create_table(
                self, name, partition_key=key, encryption_key=self.key, removal_policy=removal
            )
            for name, key in (
                ("Runs", runs.RUN_ID),
                ("Releases", releases.RELEASE_ID),
                ("Monitoring", monitoring.MONITORING_ID),
            )
        )
        self.group_name = f"mlops-{environment.name}-{MODEL.name}"
        group = sagemaker.CfnModelPackageGroup(
            self,
            "Models",
            # Fixed: people and policies name it, and nothing about it is ever replaced.
            model_package_group_name=self.group_name,
            model_package_group_description=f"Models of {MODEL.name} in {environment.name}",
        )
        group.apply_removal_policy(removal)
        # Written out: the attribute would be an import in every policy that names it.
        self.group_arn, self.packages_arn = (
            self.format_arn(service="sagemaker", resource=kind, resource_name=name)
            for kind, name in (
                ("model-package-group", self.group_name),
                ("model-package", f"{self.group_name}/*"),
            )
        )
        for table, index in (
            (self.runs_table, runs.STATUS_INDEX),
            (self.releases_table, releases.STATUS_INDEX),
        ):
            add_index(table, index, partition_key=STATUS, sort_key=BEGAN_AT)
        add_outputs(
            self,
            {
                Output.MODEL_PACKAGE_GROUP_NAME: self.group_name,
                Output.TRAINING_RUNS_TABLE_NAME: self.runs_table.table_name,
                Output.RELEASES_TABLE_NAME: self.releases_table.table_name,
                Output.MONITORING_TABLE_NAME: self.monitoring_table.table_name,
            },
        )
