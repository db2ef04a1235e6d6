"""What the dashboard shows."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn

from mlops_constructs.python_function import PythonFunction
from mlops_constructs.queue_processing_function import QueueProcessingFunction
from schemas.catalog import DATASETS
from schemas.names import Metric
from stacks.dataset_alarms import dataset_metric, quarantined_percent

SHOWN_PERIOD = cdk.Duration.minutes(5)
HALF = 12  # of the 24 columns of a dashboard


def files() -> cloudwatch.IWidget:
    """Show how many files of each dataset were curated and rejected."""
    return cloudwatch.GraphWidget(
        title="Files curated and rejected",
        width=HALF,
        left=[
            dataset_metric(metric, dataset, period=SHOWN_PERIOD)
            for dataset in DATASETS
            for metric in (Metric.FILES_CURATED, Metric.FILES_REJECTED)
        ],
    )


def quarantined() -> cloudwatch.IWidget:
    """Show the share of each dataset's rows that was refused."""
    return cloudwatch.GraphWidget(
        title="Quarantined rows, percent",
        width=HALF,
        left=[quarantined_percent(dataset, period=SHOWN_PERIOD) for dataset in DATASETS],
        left_y_axis=cloudwatch.YAxisProps(min=0),
    )


def queues(processing: QueueProcessingFunction, title: str) -> cloudwatch.IWidget:
    """Show how many messages wait, and how long."""
    waiting, parked = (
        queue.metric_approximate_number_of_messages_visible(period=SHOWN_PERIOD, label=label)
        for queue, label in (
            (processing.source_queue, "waiting"),
            (processing.parking_queue, "parked"),
        )
    )
    # Dead letters do not wait: the archive function takes them at once.
    dead = processing.dead_letter_queue.metric_number_of_messages_received(
        period=SHOWN_PERIOD, label="dead letters"
    )
    age = processing.source_queue.metric_approximate_age_of_oldest_message(
        period=SHOWN_PERIOD, label="age of the oldest, seconds"
    )
    return cloudwatch.GraphWidget(
        title=f"{title}: waiting messages, and the age of the oldest",
        width=HALF,
        left=[waiting, dead, parked],
        right=[age],
    )


def functions(python_function: PythonFunction, title: str) -> cloudwatch.IWidget:
    """Show how a function does."""
    function = python_function.function
    return cloudwatch.GraphWidget(
        title=title,
        width=HALF,
        left=[
            function.metric_invocations(period=SHOWN_PERIOD),
            function.metric_errors(period=SHOWN_PERIOD),
            function.metric_throttles(period=SHOWN_PERIOD),
        ],
        right=[function.metric_duration(period=SHOWN_PERIOD, statistic="p95")],
    )


def executions(state_machine: sfn.IStateMachine, title: str) -> cloudwatch.IWidget:
    """Show how many executions began, and how they ended."""
    return cloudwatch.GraphWidget(
        title=title,
        width=HALF,
        left=[
            state_machine.metric_started(period=SHOWN_PERIOD, statistic="Sum", label="begun"),
            state_machine.metric_succeeded(period=SHOWN_PERIOD, statistic="Sum", label="succeeded"),
            state_machine.metric_failed(period=SHOWN_PERIOD, statistic="Sum", label="failed"),
            state_machine.metric_timed_out(period=SHOWN_PERIOD, statistic="Sum", label="timed out"),
        ],
        right=[state_machine.metric_time(period=SHOWN_PERIOD, label="duration, milliseconds")],
    )


def endpoint_traffic(endpoint_name: str, variants: Sequence[str]) -> cloudwatch.IWidget:
    """Show how much each variant is asked, and how often it fails."""
    return cloudwatch.GraphWidget(
        title="Endpoint: requests and errors",
        width=HALF,
        left=[
            _endpoint_metric(endpoint_name, variant, name, "Sum")
            for variant in variants
            for name in ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors")
        ],
    )


def endpoint_latency(endpoint_name: str, variants: Sequence[str]) -> cloudwatch.IWidget:
    """Show how long the models take, and SageMaker around them."""
    return cloudwatch.GraphWidget(
        title="Endpoint: time of the model and around it, p90, microseconds",
        width=HALF,
        left=[
            _endpoint_metric(endpoint_name, variant, name, "p90")
            for variant in variants
            for name in ("ModelLatency", "OverheadLatency")
        ],
    )


def _endpoint_metric(
    endpoint_name: str, variant: str, name: str, statistic: str
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/SageMaker",
        metric_name=name,
        dimensions_map={"EndpointName": endpoint_name, "VariantName": variant},
        statistic=statistic,
        period=SHOWN_PERIOD,
        label=f"{variant} {name}",
    )
