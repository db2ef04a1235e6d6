"""A local cloud that was deployed from the last release is updated, and keeps its data."""

import hashlib
import json
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from local import LocalCloud
from local.environment import ROOT
from schemas.ledger import LedgerStatus
from schemas.names import Output
from tests.cloud import receive_all
from tests.e2e.lake import ENVIRONMENT, Lake, find
from tests.infrastructure.assembly import Assembly, Templates
from tests.infrastructure.upgrades import data_holders, last_release
from tests.unit.lambdas.files import flights, row

pytestmark = [pytest.mark.local_cloud, pytest.mark.slow]

CODE_PROPERTIES = {"AWS::Lambda::Function": "Code", "AWS::Lambda::LayerVersion": "Content"}
BEFORE = "landing/flights/upgrade/before.csv"
AFTER = "landing/flights/upgrade/after.csv"
PARKED = {"parked": "before the update"}


def released_assembly(head: Assembly, folder: Path) -> Path:
    """Return a deployable copy of `head` with the templates of the last release, and no others.

    Only templates are kept of a release, so its functions run today's code.
    """
    shutil.copytree(head.folder, folder)
    leave_out_stacks(folder, keep=last_release(ENVIRONMENT).keys())
    for stack, template in last_release(ENVIRONMENT).items():
        use_code_of(head.templates[stack]["Resources"], template["Resources"])
        replace_template(folder, stack, json.dumps(template))
    return folder


def leave_out_stacks(folder: Path, *, keep: Collection[str]) -> None:
    """Remove the stacks that a release did not have from an assembly, and what depends on them."""
    manifest = json.loads((folder / "manifest.json").read_text())
    artifacts = {
        name: artifact
        for name, artifact in manifest["artifacts"].items()
        if not name.startswith("mlops-") or name.removesuffix(".assets") in keep
    }
    for artifact in artifacts.values():
        needed = artifact.get("dependencies", [])
        artifact["dependencies"] = [name for name in needed if name in artifacts]
    manifest["artifacts"] = artifacts
    (folder / "manifest.json").write_text(json.dumps(manifest))


def use_code_of(today: dict[str, Any], released: dict[str, Any]) -> None:
    code = {
        logical_id: body["Properties"][CODE_PROPERTIES[body["Type"]]]
        for logical_id, body in today.items()
        if body["Type"] in CODE_PROPERTIES
    }
    for logical_id, body in released.items():
        if body["Type"] in CODE_PROPERTIES and logical_id in code:
            body["Properties"][CODE_PROPERTIES[body["Type"]]] = code[logical_id]


def replace_template(folder: Path, stack: str, text: str) -> None:
    """Put a template in an assembly under a hash of its own, or the CLI takes it for uploaded."""
    template = folder / f"{stack}.template.json"
    hashes = [folder / "manifest.json", folder / f"{stack}.assets.json"]
    assets = json.loads(hashes[1].read_text())["files"]
    (old,) = (key for key, file in assets.items() if file["source"]["path"] == template.name)
    template.write_text(text)
    for file in hashes:
        file.write_text(file.read_text().replace(old, hashlib.sha256(text.encode()).hexdigest()))


def physical_ids(cloud: LocalCloud, templates: Templates) -> dict[tuple[str, str], str]:
    """Return the physical id of each resource that holds data, by stack and logical id.

    What is there on a condition only (nothing serves before the first release) is left out.
    """
    pages = cloud.client("cloudformation").get_paginator("list_stack_resources")
    deployed = {
        (stack, resource["LogicalResourceId"]): resource["PhysicalResourceId"]
        for stack in templates
        for page in pages.paginate(StackName=stack)
        for resource in page["StackResourceSummaries"]
    }
    return {
        (stack, name): deployed[stack, name]
        for stack, name, _ in data_holders(templates)
        if "Condition" not in templates[stack]["Resources"][name]
    }


def test_head_updates_the_last_release_and_keeps_its_data(
    fresh_cloud: LocalCloud, synthesized: Callable[[str], Assembly], tmp_path: Path
) -> None:
    head = synthesized(ENVIRONMENT)
    released = last_release(ENVIRONMENT)
    fresh_cloud.deploy(released_assembly(head, tmp_path / "released"))
    before = Lake(fresh_cloud, find(fresh_cloud))
    before.come_to_rest()
    before.put(BEFORE, flights(row()))
    (entry,) = before.await_outcome(BEFORE)
    before.deployment.connection.sqs.send_message(
        QueueUrl=before.deployment[Output.PARKING_QUEUE_URL], MessageBody=json.dumps(PARKED)
    )
    ids = physical_ids(fresh_cloud, released)

    fresh_cloud.deploy(ROOT, env=ENVIRONMENT)

    after = Lake(fresh_cloud, find(fresh_cloud))
    assert physical_ids(fresh_cloud, released) == ids
    assert after.versions(BEFORE) == [entry]
    assert after.existing(entry.in_force_uris) == entry.in_force_uris
    parking = after.deployment[Output.PARKING_QUEUE_URL].rpartition("/")[2]
    assert receive_all(fresh_cloud, parking) == [PARKED]
    after.put(AFTER, flights(row()))
    (later,) = after.await_outcome(AFTER)
    assert later.status is LedgerStatus.CURATED
