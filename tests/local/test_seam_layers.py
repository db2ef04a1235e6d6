import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local import LocalCloud
from tests.local import stacks

pytestmark = pytest.mark.local_cloud

CODE = (
    "import os, pathlib, time, layered\n"
    "def handle(event, context):\n"
    "    time.sleep(event.get('seconds', 0))\n"
    "    return {'pid': os.getpid(), 'says': layered.SAYS,\n"
    "            'file': str(pathlib.Path(layered.__file__).resolve())}\n"
)


def layer(cloud: LocalCloud, says: str) -> str:
    """Publish a version of a layer with one module, and return its ARN."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("python/layered.py", f"SAYS = {says!r}\n")
    answer = cloud.client("lambda").publish_layer_version(
        LayerName="layered", Content={"ZipFile": archive.getvalue()}
    )
    return str(answer["LayerVersionArn"])


def deploy(cloud: LocalCloud, arn: str) -> None:
    stacks.apply(cloud, "on-layer", {"F": stacks.function("on-layer", CODE, Layers=[arn])})


def invoke_two(cloud: LocalCloud) -> list[dict[str, Any]]:
    """Keep two workers busy at the same time."""
    with ThreadPoolExecutor(2) as callers:
        calls = [callers.submit(stacks.invoke, cloud, "on-layer", {"seconds": 1}) for _ in range(2)]
    return [call.result() for call in calls]


def test_workers_share_the_files_of_a_layer(shared_cloud: LocalCloud) -> None:
    deploy(shared_cloud, layer(shared_cloud, "first"))

    one, other = invoke_two(shared_cloud)

    assert one["pid"] != other["pid"]
    assert one["says"] == other["says"] == "first"
    assert one["file"] == other["file"]


def test_another_version_has_files_of_its_own(shared_cloud: LocalCloud) -> None:
    deploy(shared_cloud, layer(shared_cloud, "first"))
    before = stacks.invoke(shared_cloud, "on-layer", {})
    deploy(shared_cloud, layer(shared_cloud, "second"))

    after = stacks.invoke(shared_cloud, "on-layer", {})

    assert after["says"] == "second"
    assert after["file"] != before["file"]


def test_layers_are_there_again_after_a_restart(fresh_cloud: LocalCloud) -> None:
    deploy(fresh_cloud, layer(fresh_cloud, "first"))
    assert stacks.invoke(fresh_cloud, "on-layer", {})["says"] == "first"

    fresh_cloud.restart()

    assert stacks.invoke(fresh_cloud, "on-layer", {})["says"] == "first"
