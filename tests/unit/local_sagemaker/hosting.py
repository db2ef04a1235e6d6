"""Models and endpoints for tests: what is served multiplies numbers."""

import io
import json
import tarfile
from typing import Any

from local.processes import list_processes
from tests.cloud import eventually
from tests.unit.local_sagemaker.lab import POLL_SECONDS, Gate, Lab
from tests.unit.local_sagemaker.requests import IMAGE, ROLE, variant

# Multiplies each number of a line by the number that is its model.
INFERENCE = """
import os, pathlib

class Refused(Exception):
    status_code = 422

def model_fn(model_dir):
    return int(pathlib.Path(model_dir, "factor").read_text())

def input_fn(data, content_type):
    if content_type != "text/csv":
        raise Refused(f"no {content_type}, please")
    return [float(value) for value in data.split(",")]

def predict_fn(data, model):
    return [value * model for value in data]

def output_fn(prediction, accept):
    return ",".join(map(str, prediction)), "text/csv"
"""
BROKEN = 'def model_fn(model_dir):\n    raise RuntimeError("no such tree")\n'


def model_archive(factor: int, inference: str = INFERENCE) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in (("factor", str(factor)), ("code/inference.py", inference)):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def make_model(
    lab: Lab, name: str, factor: int = 2, inference: str = INFERENCE, gate: Gate | None = None
) -> None:
    data = lab.buckets.put(f"s3://lake/{name}.tar.gz", model_archive(factor, inference))
    container = {
        "Image": IMAGE,
        "ModelDataUrl": data,
        "Environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            **(gate.environment if gate else {}),
        },
    }
    lab.call("CreateModel", ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)


def make_config(lab: Lab, name: str, **weights: float) -> None:
    """A configuration with a variant of its own for each model."""
    configure(lab, name, *(variant(model, model, weight) for model, weight in weights.items()))


def configure(lab: Lab, name: str, *variants: dict[str, Any], **members: Any) -> None:
    lab.call(
        "CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=[*variants], **members
    )


def described(lab: Lab, name: str = "e") -> dict[str, Any]:
    return lab.call("DescribeEndpoint", EndpointName=name)


def settled(lab: Lab, name: str = "e") -> dict[str, Any]:
    found: dict[str, Any] = eventually(
        lambda: (
            (endpoint := described(lab, name))["EndpointStatus"] in ("InService", "Failed")
            and endpoint
        ),
        f"{name} settles",
        seconds=60,
        interval=POLL_SECONDS,
    )
    return found


def deploy(lab: Lab, factor: int = 2, instances: int = 1, **members: Any) -> None:
    make_model(lab, "m", factor)
    configure(lab, "c", variant("m", "m", instances=instances), **members)
    start(lab)


def start(lab: Lab) -> None:
    """Create the endpoint of the configuration `c`."""
    lab.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    assert settled(lab)["EndpointStatus"] == "InService", described(lab)


def serving(lab: Lab) -> list[int]:
    """Return the processes of the endpoint's instances, each with its guard."""
    folder = str(lab.folder / "endpoint" / "e")
    return [each.pid for each in list_processes() if folder in each.command]


def invoke(lab: Lab, body: str = "1,2", **headers: str) -> tuple[int, dict[str, str], bytes]:
    given = {"Content-Type": "text/csv"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return lab.sagemaker.invoke("e", body.encode(), given)


def answer_to_error(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, str, dict[str, Any]]:
    status, headers, body = answer
    return status, headers["x-amzn-ErrorType"], json.loads(body)
