import os
import subprocess
import sys
from pathlib import Path

import pytest

from local import LocalCloud, LocalCloudError, cdk
from tests.local.conftest import PROBE


def test_a_folder_that_is_neither_assembly_nor_app_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match=r"manifest\.json.*cdk\.json.*make synth"):
        cdk.destroy(tmp_path, {}, stacks=(), env=None)


def test_a_missing_cli_is_said_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdk, "ROOT", tmp_path)

    with pytest.raises(LocalCloudError, match="make setup"):
        cdk.find_cli()


def test_a_missing_node_is_said_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdk, "ROOT", tmp_path)

    with pytest.raises(LocalCloudError, match=r"node is missing.*make setup"):
        cdk.destroy(PROBE, {"PATH": "/nowhere"}, stacks=(), env=None)


@pytest.mark.local_cloud
def test_an_assembly_can_be_deployed_and_destroyed(fresh_cloud: LocalCloud, tmp_path: Path) -> None:
    assembly = tmp_path / "assembly"
    node = {"CDK_OUTDIR": str(assembly), "PATH": f"{Path(sys.executable).parent}:{os.defpath}"}
    subprocess.run([sys.executable, "app.py"], cwd=PROBE, env=node, check=True)
    outputs = fresh_cloud.deploy(assembly, stacks=["probe-storage"])
    client = fresh_cloud.client("s3")

    fresh_cloud.destroy(assembly)

    assert "probe-storage" in outputs
    left = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    # The bucket is retained by its own policy; nothing else of the stack is left.
    assert any(name.startswith("probe-storage-raw") for name in left)
    stacks = fresh_cloud.client("cloudformation").list_stacks(
        StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE"]
    )["StackSummaries"]
    assert [stack["StackName"] for stack in stacks] == ["CDKToolkit"]


@pytest.mark.local_cloud
def test_a_failed_deployment_shows_the_end_of_the_clis_output(
    fresh_cloud: LocalCloud, tmp_path: Path
) -> None:
    (tmp_path / "cdk.json").write_text('{"app": "echo the reason >&2; exit 1"}')

    with pytest.raises(LocalCloudError, match="the reason"):
        fresh_cloud.deploy(tmp_path)
