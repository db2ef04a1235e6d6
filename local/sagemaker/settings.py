"""What the local SageMaker is told about its surroundings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EventSink = Callable[[str, dict[str, Any], list[str]], None]
LogSink = Callable[[str, str, Sequence[str]], None]
MetricSink = Callable[[str, str, float, str, Mapping[str, str]], None]
AlarmReader = Callable[[str, Sequence[str]], Sequence[str]]


def _ignore(*_: object) -> None:
    pass


def _none(*_: object) -> Sequence[str]:
    return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Inputs of `SageMaker`.

    Attributes:
        folder: Where records, running jobs and deployed models are kept, made when missing.
        endpoint_url: URL of the cloud whose S3 holds inputs and outputs.
        region: Region in ARNs and for clients.
        account: Account in ARNs, twelve digits.
        images: Python interpreter that stands for an image, by `name:tag` without the registry.
        concurrency: Jobs that run at a time; further ones wait.
        queue_limit: Jobs that may run or wait; further ones get ResourceLimitExceeded.
        stop_seconds: Time between SIGTERM and SIGKILL when a job is stopped. AWS gives 120 s.
        time_scale: Divisor of the time that a deployment of an endpoint is watched.
        in_alarm: Called with a role's ARN and names of alarms, which the role looks at. Returns
            those that are in ALARM, or raises ApiError when the role may not look.
        on_event: Called with detail type, detail and resources of each state-change event. Called
            from any thread, so it must not block.
        on_log: Called with group, stream and lines of what jobs and endpoints print, likewise.
        on_metric: Called with namespace, name, value, unit and dimensions of what endpoints
            measure, likewise.
    """

    folder: Path
    endpoint_url: str
    region: str
    account: str
    images: Mapping[str, Path]
    concurrency: int = 2
    queue_limit: int = 100
    stop_seconds: float = 120
    time_scale: float = 1
    in_alarm: AlarmReader = _none
    on_event: EventSink = _ignore
    on_log: LogSink = _ignore
    on_metric: MetricSink = _ignore
