"""What the dashboard shows."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn

from mlops_constructs.composite_alarm import AnyAlarm
from mlops_constructs.python_function import PythonFunction
from mlops_constructs.queue_processing_function import QueueProcessingFunction
from schemas.catalog import DATASETS
from schemas.findings import VIOLATION_METRICS, MonitoringMetric
from schemas.names import MODEL_DIMENSION, MONITORING_METRICS_NAMESPACE, Metric
from stacks.alarmed import Alarmed
from stacks.dataset_alarms import dataset_metric, quarantined_percent

SHOWN_PERIOD = cdk.Duration.minutes(5)
HALF, WHOLE = 12, 24  # of the 24 columns of a dashboard
_STATES_PER_ROW = 8


def heading(title: str, question: str) -> cloudwatch.IWidget:
    """Name a section, and say what it answers."""
    return cloudwatch.TextWidget(markdown=f"## {title}\n{question}", width=WHOLE, height=2)


def alarm_states(alarmed: Sequence[Alarmed], whole: AnyAlarm) -> list[cloudwatch.IWidget]:
    """Show the one alarm that stands for all, and those of each part, the latest change first."""
    described = cloudwatch.Alarm.from_alarm_arn
    one = cloudwatch.AlarmStatusWidget(
        title="Platform",
        width=WHOLE,
        height=2,
        alarms=[described(whole, "Shown", whole.alarm.attr_arn)],
    )
    parts = [
        cloudwatch.AlarmStatusWidget(
            title=each.part.capitalize(),
            width=_STATES_PER_ROW,
            sort_by=cloudwatch.AlarmStatusWidgetSortBy.STATE_UPDATED_TIMESTAMP,
            alarms=[
                described(whole, f"Shown{name}", arn)
                for name, arn in zip(each.names, each.arns, strict=True)
            ],
        )
        for each in alarmed
        if each.names
    ]
    return [one, *parts]


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


def findings(group_name: str) -> cloudwatch.IWidget:
    """Show how much did not hold at each run of the monitor."""
    return cloudwatch.GraphWidget(
        title="Findings of the monitor",
        width=HALF,
        left=[
            _monitoring_metric(group_name, metric, label=concern.value)
            for concern, metric in VIOLATION_METRICS.items()
        ],
        left_y_axis=cloudwatch.YAxisProps(min=0),
    )


def quality(group_name: str) -> cloudwatch.IWidget:
    """Show how right the model is, by the labels that have arrived."""
    auc, *losses = (
        MonitoringMetric.AUC,
        MonitoringMetric.LOG_LOSS,
        MonitoringMetric.BRIER,
        MonitoringMetric.CALIBRATION_ERROR,
    )
    return cloudwatch.GraphWidget(
        title="Quality: AUC; losses, less is better",
        width=HALF,
        left=[_monitoring_metric(group_name, auc)],
        right=[_monitoring_metric(group_name, each) for each in losses],
    )


def labelled(group_name: str) -> cloudwatch.IWidget:
    """Show how many predictions a run looked at, and of how many the outcome was known."""
    return cloudwatch.GraphWidget(
        title="Predictions looked at, and labelled",
        width=HALF,
        left=[
            _monitoring_metric(group_name, each)
            for each in (MonitoringMetric.PREDICTIONS, MonitoringMetric.LABELLED)
        ],
    )


def _monitoring_metric(
    group_name: str, metric: MonitoringMetric, *, label: str | None = None
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=MONITORING_METRICS_NAMESPACE,
        metric_name=metric.value,
        dimensions_map={MODEL_DIMENSION: group_name},
        statistic="Maximum",
        period=SHOWN_PERIOD,
        label=label or metric.value,
    )
