"""State-change events and log lines, handed to whoever delivers them."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from local.sagemaker.kinds import ENDPOINT, MODEL_PACKAGE, Kind
from local.sagemaker.model import ApiModel
from local.sagemaker.records import Record
from local.sagemaker.settings import Settings

logger = logging.getLogger(__name__)

# https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
_DETAIL_TYPES = {
    "TrainingJob": "SageMaker Training Job State Change",
    "ProcessingJob": "SageMaker Processing Job State Change",
    "TransformJob": "SageMaker Transform Job State Change",
    "HyperParameterTuningJob": "SageMaker HyperParameter Tuning Job State Change",
    "ModelPackage": "SageMaker Model Package State Change",
    "Endpoint": "SageMaker Endpoint State Change",
}
# The documented event does not show it: a consumer has to describe the package.
_LEFT_OUT = ("CustomerMetadataProperties",)


class Telemetry:
    """Passes events and lines on. What the receivers raise is logged: no job fails of it."""

    def __init__(self, settings: Settings, model: ApiModel) -> None:
        self._settings = settings
        self._model = model

    def changed(self, kind: Kind, record: Record) -> None:
        """Tell of a resource's new state."""
        try:
            self._settings.on_event(
                _DETAIL_TYPES[kind.name], self._detail(kind, record), [record[kind.arn_member]]
            )
        except Exception:
            logger.exception("no event about %s", record[kind.arn_member])

    def deployment_changed(self, endpoint: Record) -> None:
        """Tell of a step in the deployment of an endpoint."""
        try:
            self._settings.on_event(
                "SageMaker Endpoint Deployment State Change",
                self._detail(ENDPOINT, endpoint),
                [endpoint[ENDPOINT.arn_member]],
            )
        except Exception:
            logger.exception("no event about %s", endpoint[ENDPOINT.arn_member])

    def measured(
        self, namespace: str, name: str, value: float, unit: str, dimensions: Mapping[str, str]
    ) -> None:
        """Pass on a value of a metric."""
        try:
            self._settings.on_metric(namespace, name, value, unit, dimensions)
        except Exception:
            logger.exception("lost a value of %s", name)

    def printed(self, group: str, stream: str, lines: Sequence[str]) -> None:
        """Pass on what a container printed."""
        try:
            self._settings.on_log(group, stream, lines)
        except Exception:
            logger.exception("lost %d lines of %s %s", len(lines), group, stream)

    def _detail(self, kind: Kind, record: Record) -> dict[str, Any]:
        is_package = kind is MODEL_PACKAGE
        detail = self._model.answer(
            f"Describe{kind.name}", record, _iso if is_package else _milliseconds
        )
        for member in _LEFT_OUT:
            detail.pop(member, None)
        if kind is ENDPOINT:
            detail["EndpointStatus"] = _upper_snake(detail["EndpointStatus"])
        if not is_package:
            detail["Tags"] = {tag["Key"]: tag["Value"] for tag in record.get("Tags", ())}
        return detail


def _milliseconds(timestamp: float) -> int:
    return round(timestamp * 1000)


def _iso(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _upper_snake(status: str) -> str:
    """Return a status as events have it: the API says `InService`, they say `IN_SERVICE`."""
    return "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(status)).upper()
