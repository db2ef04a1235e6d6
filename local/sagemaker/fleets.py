"""What serves one endpoint configuration: its variants, chosen by weight."""

import random
import shutil
import threading
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from local.sagemaker import model_files
from local.sagemaker.containers import Container
from local.sagemaker.kinds import ENDPOINT, MODEL
from local.sagemaker.model_server import ModelServer
from local.sagemaker.models import served_model
from local.sagemaker.records import Record
from local.sagemaker.variants import Variant
from local.sagemaker.world import World

# How long a container may take to answer a request of InvokeEndpoint.
INVOKE_SECONDS = 60.0


class Fleet:
    """The variants of one endpoint configuration.

    Attributes:
        variants: By name, in the configuration's order.
        capture: The configuration's DataCaptureConfig; None when it has none.
    """

    def __init__(self, variants: Sequence[Variant], description: Mapping[str, Any]) -> None:
        self.variants = {variant.name: variant for variant in variants}
        self.capture: Mapping[str, Any] | None = description["DataCaptureConfig"]
        self._description = description

    @property
    def description(self) -> dict[str, Any]:
        """What `restore` makes the same fleet from."""
        variants = [variant.description for variant in self.variants.values()]
        return {**self._description, "Variants": variants}

    def choose(self, target: str) -> Variant:
        """Return the variant that a request asks for, or one by chance and weight.

        Raises:
            KeyError: there is no such variant.
        """
        if target:
            return self.variants[target]
        variants = list(self.variants.values())
        weights = [variant.weight for variant in variants]
        return random.choices(variants, weights if any(weights) else None)[0]  # noqa: S311

    def retire(self) -> None:
        """End the processes once they are idle, and remove their files."""
        for variant in self.variants.values():
            variant.drain()
        shutil.rmtree(self._description["Folder"], ignore_errors=True)

    def kill(self) -> None:
        """End the processes; their files stay."""
        for variant in self.variants.values():
            variant.kill()


def deploy(world: World, endpoint: str, config: Record) -> Fleet:
    """Start a configuration's variants and return them once all answer.

    Raises:
        ApiError: a model is gone.
        JobFailedError: a variant does not start; the message says which, and ends with its log.
    """
    folder = world.folder_of(ENDPOINT, endpoint) / uuid.uuid4().hex[:8]
    variants: list[Variant] = []
    try:
        for each in config["ProductionVariants"]:
            served = served_model(world.records, world.records.get(MODEL, each["ModelName"]))
            description = {
                "VariantName": each["VariantName"],
                "Weight": each["InitialVariantWeight"],
                "InstanceCount": each.get("InitialInstanceCount", 0),
                "ServerlessConfig": each.get("ServerlessConfig"),
                "Image": served.image,
                "Environment": dict(served.environment),
                "Role": served.role,
                "Isolated": served.isolated,
                "Program": served.program,
            }
            model_files.install(world, folder / each["VariantName"], served)
            variants.append(_variant(world, endpoint, folder, description))
            variants[-1].start()
    except BaseException:
        for variant in variants:
            variant.kill()
        shutil.rmtree(folder, ignore_errors=True)
        raise
    capture = config.get("DataCaptureConfig")
    return Fleet(variants, {"Folder": str(folder), "DataCaptureConfig": capture})


def restore(world: World, endpoint: str, description: Mapping[str, Any]) -> Fleet:
    """Return a fleet that a former process deployed; its processes start with the first request.

    Raises:
        JobFailedError: nothing stands any more for an image that it needs.
    """
    folder = Path(description["Folder"])
    return Fleet(
        [_variant(world, endpoint, folder, each) for each in description["Variants"]], description
    )


def _variant(
    world: World, endpoint: str, fleet_folder: Path, description: Mapping[str, Any]
) -> Variant:
    folder = fleet_folder / description["VariantName"]
    container = Container(world.settings, folder, description["Image"], keep=True)
    return Variant(description, partial(_instance, world, endpoint, container, folder, description))


def _instance(
    world: World,
    endpoint: str,
    container: Container,
    variant_folder: Path,
    description: Mapping[str, Any],
) -> ModelServer:
    identity = f"i-{uuid.uuid4().hex[:17]}"
    folder = variant_folder / identity
    folder.mkdir()
    lock, stream = threading.Lock(), f"{description['VariantName']}/{identity}"

    def printed(lines: Sequence[str]) -> None:
        with lock:
            world.telemetry.printed(log_group(endpoint), stream, lines)

    return ModelServer(
        command=model_files.command(container, description["Program"]),
        environment=container.environment(
            description["Environment"],
            role=description["Role"],
            isolated=description["Isolated"],
        ),
        folder=folder,
        on_lines=printed,
        closing=world.closing,
        answer_seconds=INVOKE_SECONDS,
    )


def log_group(endpoint: str) -> str:
    """Return where what an endpoint's containers print goes."""
    return f"/aws/sagemaker/Endpoints/{endpoint}"
