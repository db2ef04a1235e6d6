"""Models that are bad on purpose: traceable, approved, and broken where only traffic shows it."""

import io
import secrets
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from demo.releases import await_approval
from ops import approval, models
from ops.deployment import Deployment
from ops.ledger import split_uri
from ops.models import Model
from schemas.registry import ModelMetadata

ENTRY_POINT = "code/inference.py"
"""What the container's serving stack imports, in the archive of every model."""


class Fault(StrEnum):
    """What is wrong with a model."""

    RAISES = "raises"
    """It loads, and answers every request with an error."""
    DOES_NOT_LOAD = "does-not-load"
    NOT_A_NUMBER = "not-a-number"
    """It answers every request, with scores that are none."""


# Appended to the entry point, whose functions the later definitions replace.
_FAULTS: Mapping[Fault, str] = {
    Fault.RAISES: """

def predict_fn(data, served):
    raise RuntimeError("this model is bad on purpose")
""",
    Fault.DOES_NOT_LOAD: """

def model_fn(model_dir):
    raise RuntimeError("this model is bad on purpose")
""",
    Fault.NOT_A_NUMBER: """

from dataclasses import replace

_predict = predict_fn


def predict_fn(data, served):
    answer = _predict(data, served)
    return replace(answer, scores=answer.scores * float("nan"))
""",
}


def register_bad_model(deployment: Deployment, good: Model, *, fault: Fault) -> Model:
    """Register a copy of a model that carries a fault, and return it, approved.

    It says truthfully where it comes from, so nothing but its answers tells it from the good one.

    Args:
        deployment: Where to register it.
        good: What it is a copy of.
        fault: What is wrong with it.

    Raises:
        ValueError: the good model does not say where it comes from.
        DemoError: the environment did not approve it in time.
    """
    if good.metadata is None:
        raise ValueError(f"model {good.version} does not say where it comes from: {good.problem}")
    archive = spoil(_read(deployment, good.metadata.artifact_uri), fault)
    metadata = _metadata(deployment, good.metadata, good.arn, archive)
    arn = _register(deployment, good, metadata, fault)
    if not deployment.environment.training.approves_automatically:
        approval.approve(deployment, models.describe(deployment, arn), f"Bad on purpose: {fault}")
    return await_approval(deployment, arn)


def spoil(archive: bytes, fault: Fault) -> bytes:
    """Return the archive of a model with a fault in its serving code.

    Raises:
        ValueError: the archive has no serving code.
    """
    result = io.BytesIO()
    is_spoilt = False
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as source,
        tarfile.open(fileobj=result, mode="w:gz") as target,
    ):
        for member in source:
            content = source.extractfile(member)
            data = content.read() if content else b""
            if member.name.removeprefix("./") == ENTRY_POINT:
                data += _FAULTS[fault].encode()
                member.size = len(data)
                is_spoilt = True
            target.addfile(member, io.BytesIO(data))
    if not is_spoilt:
        raise ValueError(f"the model's archive has no {ENTRY_POINT}; change demo/bad_model.py")
    return result.getvalue()


def _read(deployment: Deployment, uri: str) -> bytes:
    bucket, key = split_uri(uri)
    return deployment.connection.s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def _metadata(
    deployment: Deployment, good: ModelMetadata, parent: str, archive: bytes
) -> ModelMetadata:
    """Upload an archive beside the good one; return what is to be registered of it."""
    folder, _, name = good.artifact_uri.rpartition("/")
    uri = f"{folder}/bad-{secrets.token_hex(4)}/{name}"
    bucket, key = split_uri(uri)
    deployment.connection.s3.put_object(Bucket=bucket, Key=key, Body=archive)
    return replace(
        good,
        artifact_uri=uri,
        artifact_sha256=sha256(archive).hexdigest(),
        parent_package_arn=parent,
    )


def _register(deployment: Deployment, good: Model, metadata: ModelMetadata, fault: Fault) -> str:
    client: Any = deployment.connection.sagemaker
    found = client.describe_model_package(ModelPackageName=good.arn)
    (container,) = found["InferenceSpecification"]["Containers"]
    served = {name: container[name] for name in ("Image", "Environment")}
    specification = found["InferenceSpecification"] | {
        "Containers": [{**served, "ModelDataUrl": metadata.artifact_uri}]
    }
    kept = {name: found[name] for name in ("ModelMetrics", "DriftCheckBaselines") if name in found}
    created = client.create_model_package(
        ModelPackageGroupName=found["ModelPackageGroupName"],
        ModelPackageDescription=f"Bad on purpose: {fault}",
        ModelApprovalStatus=models.PENDING,
        InferenceSpecification=specification,
        CustomerMetadataProperties=metadata.to_properties(),
        **kept,
    )
    return str(created["ModelPackageArn"])
