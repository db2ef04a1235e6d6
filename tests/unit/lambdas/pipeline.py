"""What surrounds the functions of the training pipeline, and what tests ask of it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from moto.moto_api._internal.models import moto_api_backend

from lambdas.gate.settings import Settings as GateSettings
from lambdas.register.settings import Settings as RegisterSettings
from lambdas.settle.settings import Settings as SettleSettings
from lambdas.shared import clients
from lambdas.snapshot import handler as snapshot_handler
from lambdas.snapshot.settings import Settings as SnapshotSettings
from schemas import ledger, releases, runs
from schemas.keys import curated_key, split_uri, uri_of
from schemas.ledger import LedgerEntry, LedgerStatus
from schemas.registry import ModelMetadata
from schemas.releases import Current, Serving
from schemas.runs import TrainingRun
from tests.unit.lambdas.services import FakeExecutions, FakeSageMaker
from tests.unit.lambdas.world import CURATED, LEDGER, RAW, FakeContext, create_table

ARTIFACTS, ASSETS = "artifacts-bucket", "assets-bucket"
RUNS, RELEASES = "runs", "releases"
CODE_SHA = "c0de" * 16
IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0"
HYPERPARAMETERS = {"max_depth": "6", "eta": "0.1", "seed": "1"}
TUNING = {"jobs": 4, "ranges": {"eta": {"minimum": 0.05, "maximum": 0.3}}}
THRESHOLDS = {
    "min_auc": 0.6,
    "max_log_loss": 0.65,
    "max_brier": 0.22,
    "min_rows_per_month": 100,
    "min_improvement": 0.0,
}
MIN_NEW_ROWS = 1_000

ENVIRONMENT = {
    "CURATED_BUCKET_NAME": CURATED,
    "ARTIFACTS_BUCKET_NAME": ARTIFACTS,
    "LEDGER_TABLE_NAME": LEDGER,
    "RUNS_TABLE_NAME": RUNS,
    "RELEASES_TABLE_NAME": RELEASES,
    "MODEL_PACKAGE_GROUP_NAME": "models",
    "CODE_ASSET_URI": f"s3://{ASSETS}/code.zip",
    "CODE_SHA256": CODE_SHA,
    "IMAGE_URI": IMAGE,
    "JOB_NAME_PREFIX": "test",
    "HYPERPARAMETERS": json.dumps(HYPERPARAMETERS),
    "TUNING": json.dumps(TUNING),
    "MIN_NEW_ROWS": str(MIN_NEW_ROWS),
    "THRESHOLDS": json.dumps(THRESHOLDS),
    "LOCK_SHA256": "10c4" * 16,
    "GIT_COMMIT": "",
}

STATE_MACHINE = "arn:aws:states:eu-west-1:123456789012:execution:training"


def execution(name: str) -> str:
    """ARN of an execution."""
    return f"{STATE_MACHINE}:{name}"


def forget_pipeline_settings() -> None:
    """Settings are cached per execution environment; each test is a new one."""
    for settings in (SnapshotSettings, GateSettings, RegisterSettings, SettleSettings):
        settings.from_environ.cache_clear()


def new_pipeline() -> "Pipeline":
    """Forget every resource of AWS, and begin anew."""
    moto_api_backend.reset()
    return Pipeline()


class Pipeline:
    """A curated lake, artifacts, the tables, the registry, and executions."""

    def __init__(self) -> None:
        self.s3 = clients.s3_client()
        self.tables = clients.dynamodb_resource()
        for bucket in (CURATED, ARTIFACTS, ASSETS):
            self.s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
            self.s3.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
            )
        create_table(LEDGER, ledger.OBJECT, ledger.VERSION, index=("status", "updated_at"))
        create_table(RUNS, runs.RUN_ID, index=("status", "began_at"))
        create_table(RELEASES, releases.RELEASE_ID, index=("status", "began_at"))
        self.s3.put_object(Bucket=ASSETS, Key="code.zip", Body=b"zip")
        self.sagemaker = FakeSageMaker()
        self.sagemaker.install(clients.sagemaker_client())
        self.executions = FakeExecutions()
        self.executions.install(clients.stepfunctions_client())

    def curate(
        self, dataset: str, *months: str, name: str = "", rows: int = 500, version: str = "1"
    ) -> LedgerEntry:
        """Let one raw file be curated, with a part in each of `months`."""
        name = name or f"{dataset}-{'-'.join(months)}"
        entry = LedgerEntry(
            object=f"s3://{RAW}/landing/{dataset}/{name}.csv",
            version=version,
            status=LedgerStatus.CURATED,
            dataset=dataset,
            rows_accepted=rows,
            curated_uris=tuple(
                curated_uri(dataset, month, f"{name}-{version}") for month in months
            ),
            updated_at="2026-01-01T00:00:00.000000+00:00",
        )
        for uri in entry.curated_uris:
            self.put(uri, f"{name} {version}")
        self.enter(entry)
        return entry

    def curate_months(self, *months: str) -> None:
        """Let a file of flights and one of weather be curated for each of `months`."""
        for month in months:
            self.curate("flights", month)
            self.curate("weather", month)

    def enter(self, entry: LedgerEntry) -> None:
        """Write a ledger entry as ingestion does."""
        item: dict[str, Any] = {
            "object": entry.object,
            "version": entry.version,
            "status": entry.status.value,
            "dataset": entry.dataset,
            "rows_accepted": entry.rows_accepted,
            "updated_at": entry.updated_at,
        }
        if entry.curated_uris:
            item["curated_uris"] = set(entry.curated_uris)
        self.tables.Table(LEDGER).put_item(Item=item)

    def supersede(self, entry: LedgerEntry) -> None:
        """Let a newer version take the place of `entry`'s."""
        for uri in entry.curated_uris:
            self.delete(uri)
        self.enter(replace(entry, status=LedgerStatus.SUPERSEDED, curated_uris=()))

    def put(self, uri: str, text: str) -> None:
        bucket, key = split_uri(uri)
        self.s3.put_object(Bucket=bucket, Key=key, Body=text.encode())

    def delete(self, uri: str) -> None:
        bucket, key = split_uri(uri)
        self.s3.delete_object(Bucket=bucket, Key=key)

    def read(self, uri: str) -> str:
        bucket, key = split_uri(uri)
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()

    def artifacts(self, prefix: str = "") -> list[str]:
        """Keys in the artifacts bucket."""
        listed = self.s3.list_objects_v2(Bucket=ARTIFACTS, Prefix=prefix).get("Contents", [])
        return [each["Key"] for each in listed]

    def copies(self, key: str) -> int:
        """How often an artifact was written."""
        listed = self.s3.list_object_versions(Bucket=ARTIFACTS, Prefix=key).get("Versions", [])
        return len([each for each in listed if each["Key"] == key])

    def prepare(
        self, name: str = "e1", context: FakeContext | None = None, **document: Any
    ) -> dict[str, Any]:
        """Run the snapshot function for an execution; return `$.run`."""
        self.executions.statuses[execution(name)] = "RUNNING"
        event = {"execution_arn": execution(name), "input": document}
        result: dict[str, Any] = snapshot_handler.lambda_handler(
            event,
            context or FakeContext(),  # type: ignore[arg-type]
        )
        # As Step Functions keeps it.
        return dict(json.loads(json.dumps(result)))

    def end(self, name: str, status: str = "FAILED") -> None:
        """Let an execution end without anybody writing down what became of its run."""
        self.executions.statuses[execution(name)] = status

    def run(self, run_id: str) -> TrainingRun:
        """A run in the table."""
        item = self.tables.Table(RUNS).get_item(Key={runs.RUN_ID: run_id})["Item"]
        return TrainingRun.from_item(item)

    def change_run(self, run_id: str, **values: Any) -> None:
        """Change a run in the table."""
        self.tables.Table(RUNS).put_item(Item=replace(self.run(run_id), **values).to_item())

    def serve(self, serving: Serving) -> None:
        """Let models serve, as a release writes it down."""
        self.tables.Table(RELEASES).put_item(Item=Current(serving=serving).to_item())

    def add_model(self, metadata: ModelMetadata, *, approval: str = "Approved") -> str:
        """Register a model whose archive is there; return its ARN."""
        self.put(metadata.artifact_uri, f"archive of {metadata.run_id}")
        return self.sagemaker.add(
            approval=approval, CustomerMetadataProperties=metadata.to_properties()
        )


def curated_uri(dataset: str, month: str, stem: str) -> str:
    """Address of a curated file."""
    year, number = month.split("-")
    return uri_of(CURATED, curated_key(dataset, f"year={year}/month={number}", stem))


def metadata(run: Mapping[str, Any], **changes: str) -> ModelMetadata:
    """What a model says that `run` has made."""
    base = ModelMetadata(
        run_id=run["run_id"],
        training_job_arn="arn:aws:sagemaker:eu-west-1:123456789012:training-job/t",
        artifact_uri=f"{run['prefix_uri']}models/t/output/model.tar.gz",
        artifact_sha256="a" * 64,
        model_sha256="b" * 64,
        code_uri=run["code_uri"],
        code_sha256=run["code_sha256"],
        git_commit="",
        image_uri=run["image_uri"],
        lock_sha256="10c4" * 16,
        platform="linux-x86_64",
        parameters_uri=run["parameters_uri"],
        parameters_sha256=run["parameters_sha256"],
        manifest_uri=run["manifest_uri"],
        manifest_sha256=run["manifest_sha256"],
        data_sha256="d" * 64,
        **run["window"],
        evaluation_uri=f"{run['prefix_uri']}evaluation/evaluation.json",
        auc="0.700000",
        log_loss="0.400000",
        brier="0.150000",
        champion_auc="",
        baseline_uri=f"{run['prefix_uri']}baseline/",
        parent_package_arn="",
    )
    return replace(base, **changes)
