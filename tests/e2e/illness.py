"""Models that serve and are ill: flawed scores, machines that stall, and machines that die."""

import secrets
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from demo.bad_model import Fault, spoil
from lambdas.predict.bodies import JSON_LINES
from local.processes import list_processes, send_signal
from ops import endpoints
from ops.ledger import split_uri
from ops.models import Model
from schemas.names import Output
from schemas.releases import CHALLENGER, CHAMPION
from tests.e2e.lake import Lake

# More than a minute's least, to each variant, all at once.
REQUESTS = 6
# Longer than the slowest answer that is accepted.
STALL_SECONDS = 5.2
# Until requests have reached machines that do not answer.
UNDER_WAY_SECONDS = 0.5


@contextmanager
def replaced_by_hand(lake: Lake, model: Model) -> Iterator[None]:
    """Let somebody bring a model with flawed scores to both variants, past all releases.

    Whoever undoes that does so before the end of the block, which waits until it is done.
    """
    sagemaker: Any = lake.deployment.connection.sagemaker
    endpoint, name = lake.deployment[Output.ENDPOINT_NAME], f"by-hand-{secrets.token_hex(4)}"
    released = endpoints.describe(lake.deployment).config
    sagemaker.create_model(ModelName=name, **_flawed(lake, model, sagemaker, released))
    variant = {"ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[{**variant, "VariantName": each} for each in (CHAMPION, CHALLENGER)],
    )
    waiter = sagemaker.get_waiter("endpoint_in_service")

    def update(config: str) -> None:
        sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
        waiter.wait(EndpointName=endpoint, WaiterConfig={"Delay": 1})

    update(name)
    try:
        yield
    finally:
        waiter.wait(EndpointName=endpoint, WaiterConfig={"Delay": 1})
        if endpoints.describe(lake.deployment).config == name:
            update(released)
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
        sagemaker.delete_model(ModelName=name)


def _flawed(lake: Lake, model: Model, sagemaker: Any, config: str) -> dict[str, Any]:
    """Return what SageMaker needs to know of a copy of what serves whose scores are no numbers.

    Args:
        lake: Where.
        model: What serves.
        sagemaker: Client.
        config: Endpoint configuration that serves it.
    """
    assert model.metadata
    s3 = lake.deployment.connection.s3
    bucket, key = split_uri(model.metadata.artifact_uri)
    archive = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    flawed = f"{key.rpartition('/')[0]}/by-hand/model.tar.gz"
    s3.put_object(Bucket=bucket, Key=flawed, Body=spoil(archive, Fault.NOT_A_NUMBER))
    package = sagemaker.describe_model_package(ModelPackageName=model.arn)
    (container,) = package["InferenceSpecification"]["Containers"]
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    served = sagemaker.describe_model(ModelName=variants[0]["ModelName"])
    (serving,) = served["Containers"]
    changed = {
        "Image": container["Image"],
        "ModelDataUrl": f"s3://{bucket}/{flawed}",
        "Environment": {**container["Environment"], **serving["Environment"]},
    }
    return {"ExecutionRoleArn": served["ExecutionRoleArn"], "Containers": [changed]}


def stall(lake: Lake, row: str) -> None:
    """Let all machines of the endpoint stall for seconds while it is asked."""
    _disturb(lake, row, STALL_SECONDS, signal.SIGCONT)


def die(lake: Lake, row: str) -> None:
    """Let all machines of the endpoint die while it is asked."""
    _disturb(lake, row, UNDER_WAY_SECONDS, signal.SIGKILL)


def _disturb(lake: Lake, row: str, seconds: float, end: signal.Signals) -> None:
    client = lake.cloud.client(
        "sagemaker-runtime",
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=2 * REQUESTS),
    )

    def ask(variant: str) -> None:
        with suppress(ClientError):
            client.invoke_endpoint(
                EndpointName=lake.deployment[Output.ENDPOINT_NAME],
                TargetVariant=variant,
                ContentType=JSON_LINES,
                Body=f"{row}\n",
            )

    machines = _machines(lake)
    with ThreadPoolExecutor(max_workers=2 * REQUESTS) as callers:
        send_signal(machines, signal.SIGSTOP)
        asked = callers.map(ask, [CHAMPION, CHALLENGER] * REQUESTS)
        time.sleep(seconds)
        send_signal(machines, end)
        list(asked)


def _machines(lake: Lake) -> list[int]:
    """Return the processes in which the endpoint's models run."""
    folder = lake.cloud.server.state_dir / "state" / "sagemaker" / "endpoint"
    # Each has a guard, which would end it with itself.
    return [
        each.pid
        for each in list_processes()
        if str(folder) in each.command and "guard.py" not in each.command
    ]
