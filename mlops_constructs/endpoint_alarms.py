"""Alarms that undo a release while it is under way, and call people at any other time.

Source of the metrics: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
"""

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from mlops_constructs.alarms import PERIOD, Runbook, alarm_when_any

_NAMESPACE = "AWS/SageMaker"
_MICROSECONDS = 1000  # per millisecond


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointAlarmsProps:
    """Inputs of `EndpointAlarms`.

    Attributes:
        endpoint_name: What is watched.
        variants: Names of its production variants.
        max_error_percent: Share of a variant's requests, per minute, that may end in a 5xx.
        min_requests: Fewest requests of a minute that tell anything.
        max_latency_ms: Time that the model may take for nine of ten requests.
        flawed: Metric, by variant, of predictions that are no probabilities.
        topic: Told when one goes off.
    """

    endpoint_name: str
    variants: Sequence[str]
    max_error_percent: float
    min_requests: int
    max_latency_ms: float
    flawed: dict[str, cloudwatch.IMetric]
    topic: sns.ITopic


class EndpointAlarms(Construct):
    """Errors, latency and quality of each variant.

    During a release both fleets have the same variants, so a bad canary of a quarter of the
    traffic shows as a quarter of it: `max_error_percent` must lie well below the canary's share.

    Attributes:
        alarms: All of them, in a stable order.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: EndpointAlarmsProps) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        self.alarms: list[cloudwatch.Alarm] = [
            alarm
            for variant in props.variants
            for alarm in (self._errors(variant), self._latency(variant), self._flaws(variant))
        ]

    def _errors(self, variant: str) -> cloudwatch.Alarm:
        most = self._props.max_error_percent
        return alarm_when_any(
            self,
            f"{variant.capitalize()}ErrorsAlarm",
            metric=self._of_enough_requests(
                variant,
                "100 * errors / invocations",
                label="errors, percent",
                errors=self._metric(variant, "Invocation5XXErrors", "Sum"),
            ),
            threshold=most,
            description=f"The {variant} model answers {most:g} % of its requests or more with an "
            "error: a release that is under way is undone; otherwise read its log "
            f"(/aws/sagemaker/Endpoints/{self._props.endpoint_name}) and `ops rollback`.",
            runbook=Runbook.ENDPOINT,
            topic=self._props.topic,
        )

    def _latency(self, variant: str) -> cloudwatch.Alarm:
        most = self._props.max_latency_ms
        return alarm_when_any(
            self,
            f"{variant.capitalize()}LatencyAlarm",
            metric=self._of_enough_requests(
                variant,
                "latency",
                label="time of the model, p90, microseconds",
                latency=self._metric(variant, "ModelLatency", "p90"),
            ),
            threshold=most * _MICROSECONDS,
            description=f"The {variant} model takes {most:g} ms or more for one of ten requests: a "
            "release that is under way is undone; otherwise look at the endpoint's load "
            "(`ops endpoint status`) and at its instances.",
            runbook=Runbook.ENDPOINT,
            topic=self._props.topic,
        )

    def _of_enough_requests(
        self, variant: str, value: str, *, label: str, **metrics: cloudwatch.IMetric
    ) -> cloudwatch.MathExpression:
        """Return `value` of a minute with enough requests: one bad one of few is a large share."""
        return cloudwatch.MathExpression(
            expression=f"IF(invocations >= {self._props.min_requests}, {value}, 0)",
            using_metrics={
                **metrics,
                "invocations": self._metric(variant, "Invocations", "Sum"),
            },
            period=PERIOD,
            label=label,
        )

    def _flaws(self, variant: str) -> cloudwatch.Alarm:
        return alarm_when_any(
            self,
            f"{variant.capitalize()}QualityAlarm",
            metric=self._props.flawed[variant],
            description=f"The {variant} model gave scores that are no probabilities: a release "
            "that is under way is undone; otherwise `ops predictions list --flawed` shows which, "
            "and `ops rollback` restores the last good model.",
            runbook=Runbook.ENDPOINT,
            topic=self._props.topic,
        )

    def _metric(self, variant: str, name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=_NAMESPACE,
            metric_name=name,
            dimensions_map={"EndpointName": self._props.endpoint_name, "VariantName": variant},
            statistic=statistic,
            period=PERIOD,
        )


def flawed_predictions(
    namespace: str, name: str, dimension: str, variant: str
) -> cloudwatch.Metric:
    """Return the metric of a variant's predictions that are no probabilities."""
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map={dimension: variant},
        statistic="Sum",
        period=cdk.Duration.minutes(1),
    )
