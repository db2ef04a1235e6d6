"""A model that serves on the local cloud, without the rest of the platform.

The endpoint is made by hand; the predict function is that of the templates, code and layer.
"""

import io
import json
import tarfile
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.images import IMAGE, IMAGE_ACCOUNTS
from costs.deployment import QUEUE_VARIABLE
from local import LocalCloud
from local.environment import ACCOUNT, REGION

NAME = "bench"
NOTHING = "bench-nothing"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/bench"
PACKAGE_ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/bench/1"
STARTS_SECONDS = 300
POLL_SECONDS = 0.05
JSON, JSON_LINES = "application/json", "application/jsonlines"


@dataclass(frozen=True, slots=True)
class Served:
    """An endpoint and a predict function, both called `bench`, and a function that does nothing.

    Attributes:
        cloud: Where they are.
    """

    cloud: LocalCloud

    @classmethod
    def deploy(cls, cloud: LocalCloud, model: Path, assembly: Path) -> "Served":
        """Serve the model in a folder, and log to a queue.

        Args:
            cloud: Has nothing of these names.
            model: Folder of the model, as a container has it.
            assembly: Templates of the environment `local`.

        Raises:
            RuntimeError: the endpoint does not come into service; the message says why.
        """
        cloud.client("s3").create_bucket(Bucket=NAME)
        _create_endpoint(cloud, model)
        _create_function(cloud, assembly)
        _create_nothing(cloud)
        return cls(cloud)

    def runtime(self) -> Any:
        """Return a client that invokes the endpoint."""
        return self.cloud.client("sagemaker-runtime")

    def lambdas(self) -> Any:
        """Return a client that invokes the function."""
        return self.cloud.client("lambda")


def ask_endpoint(runtime: Any, body: bytes) -> bytes:
    """Return what the endpoint answers to a body in JSON Lines."""
    answer = runtime.invoke_endpoint(
        EndpointName=NAME, ContentType=JSON_LINES, Accept=JSON, Body=body
    )
    content: bytes = answer["Body"].read()
    return content


def event_of(body: bytes) -> dict[str, Any]:
    """Return the event that a function URL makes of a request."""
    return {
        "version": "2.0",
        "rawPath": "/",
        "requestContext": {"http": {"method": "POST", "path": "/"}},
        "headers": {"content-type": JSON_LINES},
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def ask_function(lambdas: Any, event: dict[str, Any]) -> dict[str, Any]:
    """Return the predict function's answer, decoded.

    Raises:
        RuntimeError: it does not answer with predictions.
    """
    answer = lambdas.invoke(FunctionName=NAME, Payload=json.dumps(event).encode())
    result = json.loads(answer["Payload"].read())
    if result.get("statusCode") != 200:  # noqa: PLR2004 -- HTTP's "OK"
        raise RuntimeError(f"the predict function has not answered: {result}")
    body: dict[str, Any] = json.loads(result["body"])
    return body


def ask_nothing(lambdas: Any) -> bytes:
    """Return what the function that does nothing returns."""
    content: bytes = lambdas.invoke(FunctionName=NOTHING, Payload=b"{}")["Payload"].read()
    return content


def _create_endpoint(cloud: LocalCloud, model: Path) -> None:
    with tempfile.TemporaryFile() as archive:
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            tar.add(model, arcname=".")
        archive.seek(0)
        cloud.client("s3").put_object(Bucket=NAME, Key="model.tar.gz", Body=archive)
    client = cloud.client("sagemaker")
    client.create_model(
        ModelName=NAME,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={
            "Image": f"{IMAGE_ACCOUNTS[REGION]}.dkr.ecr.{REGION}.amazonaws.com/{IMAGE}",
            "ModelDataUrl": f"s3://{NAME}/model.tar.gz",
            "Environment": {
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                "MODEL_PACKAGE_ARN": PACKAGE_ARN,
            },
        },
    )
    variant = {
        "VariantName": "champion",
        "ModelName": NAME,
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1.0,
        "InstanceType": "ml.m5.large",
    }
    client.create_endpoint_config(EndpointConfigName=NAME, ProductionVariants=[variant])
    client.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
    _await_endpoint(client)


def _await_endpoint(client: Any) -> None:
    deadline = time.monotonic() + STARTS_SECONDS
    while (found := client.describe_endpoint(EndpointName=NAME))["EndpointStatus"] != "InService":
        if found["EndpointStatus"] == "Failed" or time.monotonic() > deadline:
            raise RuntimeError(f"the endpoint does not serve: {found.get('FailureReason', found)}")
        time.sleep(POLL_SECONDS)


def _create_function(cloud: LocalCloud, assembly: Path) -> None:
    resources = _resources(assembly)
    (function,) = (
        each
        for each in resources.values()
        if each["Type"] == "AWS::Lambda::Function"
        and QUEUE_VARIABLE in each["Properties"]["Environment"]["Variables"]
    )
    properties = function["Properties"]
    (layer,) = properties["Layers"]
    archive = assembly / f"asset.{resources[layer['Ref']]['Properties']['Content']['S3Key']}"
    client = cloud.client("lambda")
    version = client.publish_layer_version(
        LayerName=NAME, Content={"ZipFile": archive.read_bytes()}
    )
    queue = cloud.client("sqs").create_queue(QueueName=NAME)
    variables = properties["Environment"]["Variables"] | {
        "ENDPOINT_NAME": NAME,
        QUEUE_VARIABLE: queue["QueueUrl"],
        "SPILL_BUCKET_NAME": NAME,
    }
    code = assembly / f"asset.{Path(properties['Code']['S3Key']).stem}"
    client.create_function(
        FunctionName=NAME,
        Role=ROLE,
        Code={"ZipFile": _zipped(code)},
        Handler=properties["Handler"],
        Runtime=properties["Runtime"],
        Layers=[version["LayerVersionArn"]],
        Timeout=properties["Timeout"],
        MemorySize=properties["MemorySize"],
        Environment={"Variables": variables},
    )


def _create_nothing(cloud: LocalCloud) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as target:
        target.writestr("index.py", "def handle(event, context):\n    return event\n")
    cloud.client("lambda").create_function(
        FunctionName=NOTHING,
        Role=ROLE,
        Code={"ZipFile": code.getvalue()},
        Handler="index.handle",
        Runtime="python3.13",
    )


def _resources(assembly: Path) -> dict[str, Any]:
    (template,) = assembly.glob("*-prediction.template.json")
    resources: dict[str, Any] = json.loads(template.read_text())["Resources"]
    return resources


def _zipped(folder: Path) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in sorted(folder.rglob("*")):
            target.write(path, path.relative_to(folder))
    return archive.getvalue()
