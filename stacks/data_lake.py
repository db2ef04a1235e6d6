from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config import EnvironmentConfig
from mlops_constructs.alarm_topic import AlarmTopic, AlarmTopicProps
from mlops_constructs.buckets import create_access_log_bucket, create_bucket, expire
from mlops_constructs.encryption import create_key
from mlops_constructs.removal import removal_policy
from mlops_constructs.tables import add_index, create_table
from schemas import ledger
from schemas.catalog import DATASETS
from schemas.names import CAPTURE_PREFIX, QUARANTINE_PREFIX, SPILLED_PREDICTIONS_PREFIX, Output
from stacks.catalog import RESULTS_DAYS, RESULTS_PREFIX, Catalog, CatalogProps
from stacks.outputs import add_outputs

# Attributes of a ledger entry that its index is keyed by.
STATUS = "status"
UPDATED_AT = "updated_at"


class DataLakeStack(cdk.Stack):
    """Everything that holds data: buckets, ledger, catalog; and the topic that alarms tell.

    Attributes:
        raw_bucket: Files as they arrived, under `landing/`.
        curated_bucket: Parquet that honours its contract, under `curated/`.
        quarantine_bucket: Rows that do not, under `quarantine/`; large dead letters.
        artifacts_bucket: Query results and, later, models.
        ledger_table: What became of each object version.
        key: Encrypts all of these.
        alarm_topic: Told by every alarm of the platform.
        alarm_key: Encrypts what it is told.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: EnvironmentConfig,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        self._removal = removal_policy(is_ephemeral=environment.is_ephemeral)
        self.key: kms.Key = create_key(
            self, "DataKey", description="The data lake", removal_policy=self._removal
        )
        self._add_buckets()
        self.ledger_table = create_table(
            self,
            "Ledger",
            partition_key=ledger.OBJECT,
            sort_key=ledger.VERSION,
            encryption_key=self.key,
            removal_policy=self._removal,
        )
        add_index(self.ledger_table, ledger.STATUS_INDEX, partition_key=STATUS, sort_key=UPDATED_AT)
        alarms = AlarmTopic(
            self,
            "Alarms",
            props=AlarmTopicProps(email=environment.alarm_email, removal_policy=self._removal),
        )
        self.alarm_topic, self.alarm_key = alarms.topic, alarms.key
        self._add_catalog()
        add_outputs(
            self,
            {
                Output.RAW_BUCKET_NAME: self.raw_bucket.bucket_name,
                Output.CURATED_BUCKET_NAME: self.curated_bucket.bucket_name,
                Output.QUARANTINE_BUCKET_NAME: self.quarantine_bucket.bucket_name,
                Output.ARTIFACTS_BUCKET_NAME: self.artifacts_bucket.bucket_name,
                Output.LEDGER_TABLE_NAME: self.ledger_table.table_name,
                Output.ALARM_TOPIC_ARN: self.alarm_topic.topic_arn,
            },
        )

    def _add_catalog(self) -> None:
        Catalog(
            self,
            "Catalog",
            props=CatalogProps(
                name=f"mlops-{self._environment.name}",
                contracts=tuple(DATASETS.values()),
                curated_bucket=self.curated_bucket,
                quarantine_bucket=self.quarantine_bucket,
                results_bucket=self.artifacts_bucket,
                key=self.key,
                is_ephemeral=self._environment.is_ephemeral,
            ),
        )

    def _add_buckets(self) -> None:
        self._access_logs = create_access_log_bucket(
            self,
            "AccessLogBucket",
            keep_days=self._environment.log_retention_days,
            removal_policy=self._removal,
        )
        self.raw_bucket = self._add_bucket("RawBucket")
        self.curated_bucket = self._add_bucket("CuratedBucket")
        # Dead letters lie in the same bucket and stay until somebody closes them.
        set_aside = QUARANTINE_PREFIX, SPILLED_PREDICTIONS_PREFIX
        self.quarantine_bucket = self._add_bucket(
            "QuarantineBucket", *expire(self._environment.quarantine_days, *set_aside)
        )
        self.artifacts_bucket = self._add_bucket(
            "ArtifactsBucket",
            *expire(RESULTS_DAYS, RESULTS_PREFIX),
            *expire(self._environment.log_retention_days, CAPTURE_PREFIX),
        )

    def _add_bucket(self, construct_id: str, *lifecycle_rules: s3.LifecycleRule) -> s3.Bucket:
        return create_bucket(
            self,
            construct_id,
            encryption_key=self.key,
            access_logs=self._access_logs,
            noncurrent_days=self._environment.raw_noncurrent_days,
            removal_policy=self._removal,
            lifecycle_rules=lifecycle_rules,
        )
