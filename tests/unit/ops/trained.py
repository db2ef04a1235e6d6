"""An environment that trains: a registry, runs, and everything that a model rests on."""

import io
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ops.deployment import Deployment
from schemas.evaluations import CHALLENGER, CHAMPION, Evaluation, ModelEvaluation, Scores
from schemas.keys import curated_key, file_stem, split_uri, uri_of
from schemas.manifests import OBJECTS_PREFIX, Manifest, SnapshotObject
from schemas.messages import ObjectVersion
from schemas.names import Output, StackName
from schemas.registry import ModelMetadata
from schemas.releases import RELEASE_ID
from schemas.runs import Mode, RunStatus, TrainingRun, Trigger, run_prefix
from schemas.training import Parameters, Verdict
from schemas.windows import Window
from tests.unit.lambdas.services import GROUP, GROUP_ARN_PREFIX
from tests.unit.ops.hosting import FakeHosting
from tests.unit.ops.lake import CURATED, ENVIRONMENT, RAW, REGION, Lake, create_table, sequencer
from tests.unit.ops.services import MACHINE, FakeMachine, Moment, install

ARTIFACTS: Final = "artifacts-bucket"
RUNS = "runs"
RELEASE_TABLE = "releases"
IMAGE = "141502667606.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-xgboost:3.2-0"
CODE = "c0de" * 16
WINDOW = Window(train_from="2013-01", holdout_from="2013-03", holdout_to="2013-05")
PARAMETERS = Parameters(mode=Mode.TRAIN, hyperparameters={"max_depth": "6", "seed": "1"})
RUN_ID = "201303-1a2b3c4d"
ARCHIVE = b"an archive"
# After everything that a model rests on was written.
LATER = timedelta(hours=1)


def scores(auc: float = 0.7, rows: int = 500) -> Scores:
    return Scores(rows=rows, positive_share=0.2, auc=auc, log_loss=0.45, brier=0.15)


def judged(auc: float = 0.7, *, window: Window = WINDOW, **values: Any) -> ModelEvaluation:
    months = window.holdout_months
    return ModelEvaluation(
        overall=scores(auc, 500 * len(months)),
        by_month={month: scores(auc) for month in months},
        **{"model_sha256": "1" * 64, "platform": "linux-x86_64"} | values,
    )


def run_of(**values: Any) -> dict[str, Any]:
    """`$.run` of an execution that trains."""
    return {"decision": "train", "reason": "", "run_id": RUN_ID, "reproduces": "", **values}


@dataclass
class Training:
    """A deployment that trains, with ways to put it into any state."""

    lake: Lake
    deployment: Deployment
    sagemaker: FakeHosting
    machine: FakeMachine

    def put(self, uri: str, content: bytes | str) -> str:
        """Write an object; return the SHA-256 of its content."""
        bucket, key = split_uri(uri)
        body = content.encode() if isinstance(content, str) else content
        self.deployment.connection.s3.put_object(Bucket=bucket, Key=key, Body=body)
        return sha256(body).hexdigest()

    def delete(self, uri: str) -> None:
        bucket, key = split_uri(uri)
        self.deployment.connection.s3.delete_object(Bucket=bucket, Key=key)

    def add_run(self, run_id: str = RUN_ID, **values: Any) -> TrainingRun:
        run = TrainingRun(
            run_id=run_id,
            **{
                "status": RunStatus.REGISTERED,
                "trigger": Trigger.MANUAL,
                "execution_arn": f"{MACHINE.replace('stateMachine', 'execution')}:x",
                "began_at": "2026-11-23T04:00:00+00:00",
                **WINDOW.to_json(),
            }
            | values,
        )
        self.deployment.connection.table(RUNS).put_item(Item=run.to_item())
        return run

    def evaluate(
        self, challenger: ModelEvaluation, champion: ModelEvaluation | None = None,
        *, run_id: str = RUN_ID, **values: Any,
    ) -> str:  # fmt: skip
        """Leave an evaluation; return its address."""
        models = {CHALLENGER: challenger} | ({CHAMPION: champion} if champion else {})
        uri = uri_of(ARTIFACTS, f"{run_prefix(run_id)}evaluation/evaluation.json")
        self.put(uri, Evaluation(models=models, **values).to_text())
        return uri

    def ended(self, verdict: Verdict, *, run: dict[str, Any] | None = None, **gate: Any) -> Moment:
        """Return the end of an execution whose gate has decided."""
        told = {"decision": verdict, "reasons": [], "evaluation_uri": self.evaluation_uri, **gate}
        state: dict[str, Any] = {"run": run or run_of(), "gate": told}
        if verdict is Verdict.REGISTER:
            state["registration"] = {"model_package_arn": f"{GROUP_ARN_PREFIX}/1"}
        return Moment("SUCCEEDED", told={"output": json.dumps(state)})

    @property
    def evaluation_uri(self) -> str:
        return uri_of(ARTIFACTS, f"{run_prefix(RUN_ID)}evaluation/evaluation.json")

    def register(
        self, run_id: str = RUN_ID, *, auc: float = 0.7, window: Window = WINDOW,
        approval: str = "Approved", champion: ModelEvaluation | None = None, **metadata: str,
    ) -> str:  # fmt: skip
        """Register a model with everything that it rests on; return its ARN."""
        values = self._metadata(run_id, window, auc) | metadata
        text = self.evaluate(judged(auc, window=window), champion, run_id=run_id)
        bucket, key = split_uri(text)
        body = self.deployment.connection.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        quality = {"ContentType": "application/json", "S3Uri": text}
        quality["ContentDigest"] = f"sha256:{sha256(body).hexdigest()}"
        self.sagemaker.add_job(
            "TrainingJob",
            values["training_job_arn"].rpartition("/")[2],
            ModelArtifacts={"S3ModelArtifacts": values["artifact_uri"]},
            AlgorithmSpecification={"TrainingInputMode": "File", "TrainingImage": IMAGE},
            HyperParameters=dict(PARAMETERS.hyperparameters),
            CreationTime=datetime.now(UTC) + LATER,
        )
        container = {"Image": IMAGE, "ModelDataUrl": values["artifact_uri"]}
        return self.sagemaker.add(
            approval=approval,
            CustomerMetadataProperties=ModelMetadata(**values).to_properties(),
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            ModelMetrics={"ModelQuality": {"Statistics": quality}},
        )

    def _metadata(self, run_id: str, window: Window, auc: float) -> dict[str, str]:
        prefix = uri_of(ARTIFACTS, run_prefix(run_id))
        job = f"local-{run_id}-1-train-0"
        artifact = f"{prefix}models/{job}/output/model.tar.gz"
        code = uri_of(ARTIFACTS, f"code/{CODE}/code.zip")
        self.put(code, "zip")
        for name in ("statistics", "constraints"):
            self.put(f"{prefix}baseline/{name}.json", "{}")
        manifest = self.snapshot(window)
        return {
            "run_id": run_id,
            "training_job_arn": f"arn:aws:sagemaker:{REGION}:123456789012:training-job/{job}",
            "artifact_uri": artifact,
            "artifact_sha256": self.put(artifact, ARCHIVE),
            "model_sha256": "1" * 64,
            "code_uri": code,
            "code_sha256": CODE,
            "git_commit": "",
            "image_uri": IMAGE,
            "lock_sha256": "10c4" * 16,
            "platform": "linux-x86_64",
            "parameters_uri": f"{prefix}parameters.json",
            "parameters_sha256": self.put(f"{prefix}parameters.json", PARAMETERS.text),
            "manifest_uri": uri_of(ARTIFACTS, manifest.key),
            "manifest_sha256": self.put(uri_of(ARTIFACTS, manifest.key), manifest.text),
            "data_sha256": "d" * 64,
            **window.to_json(),
            "evaluation_uri": f"{prefix}evaluation/evaluation.json",
            "auc": f"{auc:.6f}",
            "log_loss": "0.450000",
            "brier": "0.150000",
            "champion_auc": "",
            "baseline_uri": f"{prefix}baseline/",
            "parent_package_arn": "",
        }

    def snapshot(self, window: Window) -> Manifest:
        """Copy one curated file of every month, as a snapshot does."""
        objects = []
        for number, month in enumerate(window.months, start=1):
            key, rows = f"landing/flights/{month}.csv", 10 * number
            version = ObjectVersion(
                bucket=RAW, key=key, version_id="v", etag="", size=1, sequencer=sequencer("A1")
            )
            year, index = month.split("-")
            source = curated_key(
                "flights", f"year={year}/month={index}", file_stem(version, "c" * 64)
            )
            content = parquet(rows)
            each = SnapshotObject(
                dataset="flights",
                source=uri_of(CURATED, source),
                version_id=f"cv{number}",
                etag="e",
                size=len(content),
                rows=rows,
            )
            self.put(uri_of(ARTIFACTS, f"{OBJECTS_PREFIX}{each.key}"), content)
            self.lake.ledger_entry(key, "A1", "curated", rows_accepted=rows)
            objects.append(each)
        return Manifest.of(window, {"flights": "c" * 64}, objects)

    def copies(self) -> list[str]:
        """Return the addresses of all copies."""
        found = self.deployment.connection.s3.list_objects_v2(
            Bucket=ARTIFACTS, Prefix=OBJECTS_PREFIX
        )
        return [uri_of(ARTIFACTS, each["Key"]) for each in found["Contents"]]

    def log(self, group: str, stream: str, *lines: str) -> None:
        """Let a job log lines."""
        logs = self.deployment.connection.logs
        groups = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
        if group not in groups:
            logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        now = int(datetime.now(UTC).timestamp() * 1000)
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": now, "message": line} for line in lines],
        )

    def streams(self, group: str) -> list[str]:
        found = self.deployment.connection.logs.describe_log_streams(logGroupName=group)
        return [each["logStreamName"] for each in found["logStreams"]]


def parquet(rows: int) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"x": pa.array(range(rows), pa.int64())}), buffer)
    return buffer.getvalue()


def deploy_training(lake: Lake) -> Training:
    """Deploy registry and training pipeline beside the lake."""
    connection, stacks = lake.connection, lake.cloudformation.stacks
    connection.s3.create_bucket(
        Bucket=ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    create_table(connection, RUNS, ("run_id",), "began_at")
    create_table(connection, RELEASE_TABLE, (RELEASE_ID,), "began_at")
    stacks[StackName.DATA_LAKE.in_environment(ENVIRONMENT)][Output.ARTIFACTS_BUCKET_NAME] = (
        ARTIFACTS
    )
    registry = StackName.MODEL_REGISTRY.in_environment(ENVIRONMENT)
    pipeline = StackName.TRAINING_PIPELINE.in_environment(ENVIRONMENT)
    stacks[registry] = {
        Output.MODEL_PACKAGE_GROUP_NAME: GROUP,
        Output.TRAINING_RUNS_TABLE_NAME: RUNS,
        Output.RELEASES_TABLE_NAME: RELEASE_TABLE,
    }
    stacks[pipeline] = {Output.TRAINING_STATE_MACHINE_ARN: MACHINE}
    lake.cloudformation.resources[registry] = [("AWS::SageMaker::ModelPackageGroup", GROUP)]
    lake.cloudformation.resources[pipeline] = [("AWS::StepFunctions::StateMachine", MACHINE)]
    sagemaker, machine = FakeHosting(), FakeMachine()
    install(connection, "sagemaker", sagemaker)
    install(connection, "stepfunctions", machine)
    deployment = Deployment.find(ENVIRONMENT, connection)
    return Training(
        lake=replace(lake, deployment=deployment),
        deployment=deployment,
        sagemaker=sagemaker,
        machine=machine,
    )
