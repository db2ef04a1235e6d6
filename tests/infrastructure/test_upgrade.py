"""Updating what is deployed from the last release loses nothing."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.infrastructure.assembly import Assembly
from tests.infrastructure.upgrades import create_only, data_holders, last_release, losses

KINDS = {
    "AWS::S3::Bucket",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::SQS::Queue",
    "AWS::Logs::LogGroup",
}
RELEASED_ENVIRONMENTS = pytest.mark.parametrize("assembly", ["local", "prod"], indirect=True)


@RELEASED_ENVIRONMENTS
def test_no_resource_with_data_is_renamed_or_replaced(assembly: Assembly) -> None:
    released = last_release(assembly.environment.name)
    assert {kind for *_, kind in data_holders(released)} >= KINDS
    assert losses(released, assembly.templates) == []


@RELEASED_ENVIRONMENTS
def test_every_stack_that_holds_data_was_released(assembly: Assembly) -> None:
    """Nobody would notice that one is renamed which was not."""
    released = last_release(assembly.environment.name)
    new = {stack for stack, *_ in data_holders(assembly.templates)} - released.keys()
    assert not new, "keep the templates of what was released: make release-templates VERSION=..."


def rename(resources: dict[str, Any], logical_id: str) -> None:
    resources[f"{logical_id}Renamed"] = resources.pop(logical_id)


def remove(resources: dict[str, Any], logical_id: str) -> None:
    del resources[logical_id]


def replace_type(resources: dict[str, Any], logical_id: str) -> None:
    resources[logical_id]["Type"] = "AWS::SSM::Parameter"


def replace_create_only(resources: dict[str, Any], logical_id: str) -> None:
    body = resources[logical_id]
    for path in create_only(body["Type"]):
        body["Properties"][path[0]] = "changed"


@pytest.mark.parametrize("change", [rename, remove, replace_type, replace_create_only])
def test_whatever_would_lose_data_is_found_at_each_resource(
    change: Callable[[dict[str, Any], str], None],
) -> None:
    released = last_release("prod")
    for stack, logical_id, kind in data_holders(released):
        if change is replace_create_only and not create_only(kind):
            continue
        head = copy.deepcopy(released)
        change(head[stack]["Resources"], logical_id)
        assert any(logical_id in each for each in losses(released, head)), logical_id


def test_a_stack_that_is_gone_loses_everything_in_it() -> None:
    released = last_release("prod")
    head = {stack: each for stack, each in released.items() if not stack.endswith("data-lake")}
    lost = {stack for stack, *_ in data_holders(released)} - head.keys()
    assert len(lost) == 1
    assert len(losses(released, head)) == sum(stack in lost for stack, *_ in data_holders(released))


def test_changes_in_place_are_allowed() -> None:
    released = last_release("prod")
    head = copy.deepcopy(released)
    for stack, logical_id, _ in data_holders(released):
        head[stack]["Resources"][logical_id]["Properties"]["Tags"] = []
    assert losses(released, head) == []


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("AWS::DynamoDB::Table", ("KeySchema",)),
        ("AWS::DynamoDB::Table", ("TableName",)),
        ("AWS::S3::Bucket", ("BucketName",)),
        ("AWS::SQS::Queue", ("FifoQueue",)),
        ("AWS::Glue::Table", ("TableInput", "Name")),
    ],
)
def test_the_schemas_say_what_replaces_a_resource(kind: str, path: tuple[str, ...]) -> None:
    """Should they stop saying so, the comparison would find nothing any more."""
    assert path in create_only(kind)
