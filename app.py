"""The platform, top-down: `python app.py [ENVIRONMENT]` or `cdk synth -c env=ENVIRONMENT`."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from config import EnvironmentConfig, get_environment
from mlops_constructs.queue_rules_plugin import QueueRulesPlugin
from schemas.names import StackName
from stacks.dashboard import Watched
from stacks.data_lake import DataLakeStack
from stacks.inference import InferenceStack
from stacks.ingestion import IngestionStack
from stacks.model_monitor import ModelMonitorStack
from stacks.model_registry import ModelRegistryStack
from stacks.observability import ObservabilityStack
from stacks.prediction import PredictionStack
from stacks.release import ReleaseStack
from stacks.training_pipeline import TrainingPipelineStack

ROOT = Path(__file__).resolve().parent


@dataclass(frozen=True, kw_only=True, slots=True)
class Data:
    """Where data lies, and how it gets there."""

    lake: DataLakeStack
    ingestion: IngestionStack


@dataclass(frozen=True, kw_only=True, slots=True)
class Models:
    """How models come to be, are released, and answer."""

    registry: ModelRegistryStack
    training: TrainingPipelineStack
    release: ReleaseStack
    inference: InferenceStack
    prediction: PredictionStack


def add_stacks(app: cdk.App, environment: EnvironmentConfig) -> None:
    """Add every stack of one environment to `app`, producers before consumers."""
    data = add_data(app, environment)
    models = add_models(app, environment, data.lake)
    add_operations(app, environment, data, models)


def add_data(app: cdk.App, environment: EnvironmentConfig) -> Data:
    """Add what turns files into curated data."""
    protected = not environment.is_ephemeral
    lake = DataLakeStack(
        app,
        StackName.DATA_LAKE.in_environment(environment.name),
        description="MLOps: buckets, ledger, catalog, alarm topic",
        environment=environment,
        termination_protection=protected,
    )
    ingestion = IngestionStack(
        app,
        StackName.INGESTION.in_environment(environment.name),
        description="MLOps: raw files to curated data",
        environment=environment,
        data_lake=lake,
        termination_protection=protected,
    )
    return Data(lake=lake, ingestion=ingestion)


def add_models(app: cdk.App, environment: EnvironmentConfig, data_lake: DataLakeStack) -> Models:
    """Add what turns curated data into models, and models into predictions."""
    protected = not environment.is_ephemeral
    registry = ModelRegistryStack(
        app,
        StackName.MODEL_REGISTRY.in_environment(environment.name),
        description="MLOps: registered models and training runs",
        environment=environment,
        termination_protection=protected,
    )
    training = TrainingPipelineStack(
        app,
        StackName.TRAINING_PIPELINE.in_environment(environment.name),
        description="MLOps: curated data to a registered model",
        environment=environment,
        data_lake=data_lake,
        registry=registry,
    )
    release = ReleaseStack(
        app,
        StackName.RELEASE.in_environment(environment.name),
        description="MLOps: approved models to their endpoint",
        environment=environment,
        data_lake=data_lake,
        registry=registry,
    )
    inference = InferenceStack(
        app,
        StackName.INFERENCE.in_environment(environment.name),
        description="MLOps: the endpoint; releases update its parameters",
        environment=environment,
        data_lake=data_lake,
        model_role=release.model_role,
        termination_protection=protected,
    )
    prediction = PredictionStack(
        app,
        StackName.PREDICTION.in_environment(environment.name),
        description="MLOps: prediction requests, their log, and batch scoring",
        environment=environment,
        data_lake=data_lake,
        registry=registry,
        termination_protection=protected,
    )
    return Models(
        registry=registry,
        training=training,
        release=release,
        inference=inference,
        prediction=prediction,
    )


def add_operations(
    app: cdk.App, environment: EnvironmentConfig, data: Data, models: Models
) -> None:
    """Add what watches all of the others, and acts on what it sees."""
    monitor = ModelMonitorStack(
        app,
        StackName.MODEL_MONITOR.in_environment(environment.name),
        description="MLOps: what the model's predictions are worth, and what follows",
        environment=environment,
        data_lake=data.lake,
        registry=models.registry,
    )
    ObservabilityStack(
        app,
        StackName.OBSERVABILITY.in_environment(environment.name),
        description="MLOps: dashboard, saved queries and platform-wide alarms",
        environment=environment,
        watched=Watched(
            ingestion=data.ingestion.processing,
            registry=models.registry,
            training=models.training.pipeline,
            release=models.release.pipeline,
            prediction=models.prediction,
            monitor=monitor.monitor,
        ),
        parts=(
            ("data lake", data.lake),
            ("ingestion", data.ingestion),
            ("training", models.training),
            ("release", models.release),
            ("endpoint", models.inference),
            ("predictions", models.prediction),
            ("model", monitor),
        ),
        alarm_topic=data.lake.alarm_topic,
    )


def add_checks(app: cdk.App) -> None:
    """Let synthesis fail when a template breaks a rule that nobody acknowledged."""
    cdk.Validations.of(app).add_plugins(
        AwsSolutionsChecks(app), ServerlessChecks(app), QueueRulesPlugin()
    )


def build_app(environment: str | None = None, *, outdir: str | None = None) -> cdk.App:
    """Return the app of one environment, ready to synthesize.

    Args:
        environment: Its name; None for the one of the context, `-c env=...` or cdk.json's.
        outdir: Folder for the templates; None for the CDK CLI's, or cdk.out/<environment>.
    """
    # The CLI passes cdk.json's context by itself; without the CLI the flags must be the same.
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    if environment is not None:
        context["env"] = environment
    if outdir is None and "CDK_OUTDIR" not in os.environ:
        outdir = str(ROOT / "cdk.out" / context["env"])
    app = cdk.App(context=context, outdir=outdir, analytics_reporting=False)
    add_stacks(app, get_environment(app.node.get_context("env")))
    cdk.Tags.of(app).add("application", "mlops")
    cdk.Tags.of(app).add("environment", app.node.get_context("env"))
    add_checks(app)
    return app


if __name__ == "__main__":
    build_app(*sys.argv[1:2]).synth()
