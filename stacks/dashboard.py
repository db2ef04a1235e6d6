"""The page that answers: is the platform well, and if not, where?"""

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from config import EnvironmentConfig
from mlops_constructs.alarms import RUNBOOKS
from mlops_constructs.composite_alarm import AnyAlarm
from mlops_constructs.model_monitor import ModelMonitor
from mlops_constructs.queue_processing_function import QueueProcessingFunction
from mlops_constructs.release_pipeline import ReleasePipeline
from mlops_constructs.training_pipeline import TrainingPipeline
from stacks import widgets
from stacks.alarmed import Alarmed
from stacks.model_registry import ModelRegistryStack
from stacks.prediction import PredictionStack
from stacks.serving_names import endpoint_name, variants

WIDTH = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """What the dashboard shows, and the saved queries ask.

    Attributes:
        ingestion: Files to curated data.
        registry: Models and runs.
        training: Curated data to a registered model.
        release: An approved model to its endpoint.
        prediction: Requests and their log.
        monitor: What predictions are worth.
    """

    ingestion: QueueProcessingFunction
    registry: ModelRegistryStack
    training: TrainingPipeline
    release: ReleasePipeline
    prediction: PredictionStack
    monitor: ModelMonitor


def add_dashboard(
    scope: Construct,
    environment: EnvironmentConfig,
    watched: Watched,
    alarmed: Sequence[Alarmed],
    unhealthy: AnyAlarm,
) -> cloudwatch.Dashboard:
    """Add the dashboard: first the alarms, then a section for each part that they point to."""
    dashboard = cloudwatch.Dashboard(
        scope,
        "Dashboard",
        dashboard_name=f"mlops-{environment.name}",
        # Of what is looked at once a day, a shorter one would show nothing.
        default_interval=cdk.Duration.days(7),
    )
    dashboard.add_widgets(widgets.heading(f"Is {environment.name} well?", _HOW_TO_READ))
    dashboard.add_widgets(*widgets.alarm_states(alarmed, unhealthy))
    _add_ingestion(dashboard, watched)
    _add_training(dashboard, watched)
    _add_endpoint(dashboard, environment, watched)
    _add_model(dashboard, watched)
    return dashboard


def _add_ingestion(dashboard: cloudwatch.Dashboard, watched: Watched) -> None:
    dashboard.add_widgets(widgets.heading("Ingestion", "Do files become curated data?"))
    dashboard.add_widgets(widgets.files(), widgets.quarantined())
    dashboard.add_widgets(
        widgets.queues(watched.ingestion, "Ingestion"),
        widgets.functions(watched.ingestion.processor, "Ingest function"),
    )


def _add_training(dashboard: cloudwatch.Dashboard, watched: Watched) -> None:
    dashboard.add_widgets(
        widgets.heading("Training and release", "Do data become models, and models the champion?")
    )
    dashboard.add_widgets(
        widgets.executions(watched.training.state_machine, "Trainings"),
        widgets.executions(watched.release.state_machine, "Releases"),
    )


def _add_endpoint(
    dashboard: cloudwatch.Dashboard, environment: EnvironmentConfig, watched: Watched
) -> None:
    dashboard.add_widgets(
        widgets.heading("Endpoint", "Are requests answered, in time, and is each one logged?")
    )
    served = endpoint_name(environment), variants(environment)
    dashboard.add_widgets(widgets.endpoint_traffic(*served), widgets.endpoint_latency(*served))
    dashboard.add_widgets(
        widgets.functions(watched.prediction.predict.function, "Predict function"),
        widgets.queues(watched.prediction.log, "Prediction log"),
    )


def _add_model(dashboard: cloudwatch.Dashboard, watched: Watched) -> None:
    dashboard.add_widgets(
        widgets.heading("Model", "Is it asked what it learnt, and are its answers still right?")
    )
    group = watched.registry.group_name
    dashboard.add_widgets(widgets.findings(group), widgets.quality(group))
    dashboard.add_widgets(
        widgets.labelled(group), widgets.executions(watched.monitor.state_machine, "Monitor runs")
    )


_HOW_TO_READ = (
    "One alarm stands for all: when it is red, the part whose alarm is red is below. Every alarm "
    f"names its page of {RUNBOOKS}."
)
