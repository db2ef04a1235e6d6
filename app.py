"""The platform, top-down: `python app.py [ENVIRONMENT]` or `cdk synth -c env=ENVIRONMENT`."""

import json
import os
import sys
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


def add_stacks(app: cdk.App, environment: EnvironmentConfig) -> None:
    """Add every stack of one environment to `app`, producers before consumers."""

    def name(stack: StackName) -> str:
        return stack.in_environment(environment.name)

    protected = not environment.is_ephemeral
    data_lake = DataLakeStack(
        app,
        name(StackName.DATA_LAKE),
        description="MLOps: buckets, ledger, catalog, alarm topic",
        environment=environment,
        termination_protection=protected,
    )
    ingestion = IngestionStack(
        app,
        name(StackName.INGESTION),
        description="MLOps: raw files to curated data",
        environment=environment,
        data_lake=data_lake,
        termination_protection=protected,
    )
    registry = ModelRegistryStack(
        app,
        name(StackName.MODEL_REGISTRY),
        description="MLOps: registered models and training runs",
        environment=environment,
        termination_protection=protected,
    )
    training = TrainingPipelineStack(
        app,
        name(StackName.TRAINING_PIPELINE),
        description="MLOps: curated data to a registered model",
        environment=environment,
        data_lake=data_lake,
        registry=registry,
    )
    release = ReleaseStack(
        app,
        name(StackName.RELEASE),
        description="MLOps: approved models to their endpoint",
        environment=environment,
        data_lake=data_lake,
        registry=registry,
    )
    inference = InferenceStack(
        app,
        name(StackName.INFERENCE),
        description="MLOps: the endpoint; releases update its parameters",
        environment=environment,
        data_lake=data_lake,
        model_role=release.model_role,
        termination_protection=protected,
    )
    prediction = PredictionStack(
        app,
        name(StackName.PREDICTION),
        description="MLOps: prediction requests, their log, and batch scoring",
        environment=environment,
        data_lake=data_lake,
        registry=registry,
        termination_protection=protected,
    )
    monitor = ModelMonitorStack(
        app,
        name(StackName.MODEL_MONITOR),
        description="MLOps: what the model's predictions are worth, and what follows",
        environment=environment,
        data_lake=data_lake,
        registry=registry,
    )
    ObservabilityStack(
        app,
        name(StackName.OBSERVABILITY),
        description="MLOps: dashboard, saved queries and platform-wide alarms",
        environment=environment,
        watched=Watched(
            ingestion=ingestion.processing,
            registry=registry,
            training=training.pipeline,
            release=release.pipeline,
            prediction=prediction,
            monitor=monitor.monitor,
        ),
        parts=(
            ("data lake", data_lake),
            ("ingestion", ingestion),
            ("training", training),
            ("release", release),
            ("endpoint", inference),
            ("predictions", prediction),
            ("model", monitor),
        ),
        alarm_topic=data_lake.alarm_topic,
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
