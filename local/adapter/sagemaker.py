"""Seam: SageMaker, which the emulator lacks. Wire service, events, logs.

`local.sagemaker` does the work and knows nothing of the emulator; here its requests come in, and
what it has to tell goes out.
"""

import json
import re
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ministack.core import concurrency
from ministack.services import cloudwatch_logs, eventbridge

from local.adapter import alarms, calls, denials, metrics, wire
from local.environment import ACCOUNT, REGION, ROOT, endpoint_url
from local.sagemaker import ApiError, SageMaker, Settings

NAME = "sagemaker"
FOLDER = "sagemaker"
# The twin of each image's Python environment, made by `make setup`.
IMAGES = {"sagemaker-xgboost:3.2-0": ROOT / ".venv-ml" / "bin" / "python"}

_INVOCATION = re.compile(r"/endpoints/([^/]+)/invocations")

_services: list[SageMaker] = []
# Jobs print at the same time, and the emulator makes a group that it has not found just before.
_logging = threading.Lock()


def install(state_dir: Path, port: int, time_scale: float) -> None:
    """Put the seam in place.

    Args:
        state_dir: Folder of the emulator; what SageMaker keeps goes below it.
        port: Port of the emulator, whose S3 the jobs use.
        time_scale: Divisor of the time that a deployment of an endpoint is watched.
    """
    wire.add_service(NAME, _handle, target="SageMaker", hosts=[r"(api|runtime)\.sagemaker\."])
    _services[:] = [
        SageMaker(
            Settings(
                folder=state_dir / "state" / FOLDER,
                endpoint_url=endpoint_url(port),
                region=REGION,
                account=ACCOUNT,
                images=IMAGES,
                time_scale=time_scale,
                in_alarm=_in_alarm,
                on_event=_put_event,
                on_log=_put_log,
                on_metric=_put_metric,
            )
        )
    ]


def service() -> SageMaker:
    """Return the service that this emulator runs."""
    return _services[0]


def close() -> None:
    """End jobs and endpoints; they are marked as interrupted when the emulator starts again."""
    service().close()


async def _handle(
    _: str, path: str, headers: dict[str, str], body: bytes, __: dict[str, Any]
) -> wire.Response:
    """Answer a request, on a thread of its own: an invocation lasts as long as its model wants."""
    if invocation := _INVOCATION.fullmatch(path):
        endpoint = unquote(invocation[1])
        answer = await concurrency.run_reentrant(service().invoke, endpoint, body, headers)
    else:
        operation, role = wire.operation_of(headers), calls.role_of(headers)
        answer = await concurrency.run_reentrant(_answer, operation, body, role)
    response: wire.Response = answer
    return response


def _answer(operation: str, body: bytes, role: str) -> wire.Response:
    return wire.answer_json(
        body, lambda members: service().call(operation, members, role=role or None)
    )


def _in_alarm(role: str, names: Sequence[str]) -> list[str]:
    """Return the alarms that are in ALARM, looked at by a role.

    Raises:
        ApiError: its policies deny that.
    """
    prefix, name = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:", role.rpartition("/")[2]
    needed = [("cloudwatch:DescribeAlarms", prefix + alarm) for alarm in names]
    calls.record(role, needed)
    if denied := denials.first_denied(name, needed):
        raise ApiError(
            "AccessDenied",
            f"User: {denials.principal(name)} is not authorized to perform: {denied[0]} on "
            f"resource: {denied[1]} with an explicit deny in an identity-based policy",
        )
    return alarms.in_alarm(names)


def _put_event(detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "Resources": resources,
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _put_log(group: str, stream: str, lines: Sequence[str]) -> None:
    names = {"logGroupName": group, "logStreamName": stream}
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in lines]
    with _logging:
        # Both refuse what exists already, which is as well.
        cloudwatch_logs._create_log_group({"logGroupName": group})
        cloudwatch_logs._create_log_stream(names)
        cloudwatch_logs._put_log_events({**names, "logEvents": events})


def _put_metric(
    namespace: str, name: str, value: float, unit: str, dimensions: Mapping[str, str]
) -> None:
    """Store a latency as a single value, of which there are percentiles; add up all else."""
    if unit == "Microseconds":
        metrics.put(namespace, name, value, unit, dimensions)
    else:
        metrics.add(namespace, name, value, dimensions, unit)
