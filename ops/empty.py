"""Deletes what CloudFormation cannot: the content of buckets."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.deployment import Deployment
from ops.errors import OpsError
from ops.output import Advance, ignore

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

DELETED_AT_A_TIME = 1_000
MAX_ROUNDS = 5
"""Logs of the deletions may arrive in the log bucket while it is being emptied."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Emptied:
    """Something that is empty now, or runs no more.

    Attributes:
        what: What was deleted or stopped, such as `object versions`.
        name: Where: name of a bucket, a log group, a model package group or a state machine.
        deleted: How many were.
    """

    what: str
    name: str
    deleted: int


def check_deletable(deployment: Deployment) -> None:
    """Refuse environments that keep their data.

    Raises:
        OpsError: the environment is not ephemeral; names the two steps.
    """
    name = deployment.environment.name
    if not deployment.environment.is_ephemeral:
        raise OpsError(
            f"environment {name} keeps its data: its buckets are not emptied",
            "Deleting it takes two steps on purpose: (1) set is_ephemeral=True for it in "
            f"config/environments.py and run `make deploy ENV={name}`, which lifts the protection; "
            f"(2) run `make destroy ENV={name}`",
        )


def empty_buckets(deployment: Deployment, *, advance: Advance = ignore) -> list[Emptied]:
    """Delete every version and delete marker in every bucket of the environment's stacks.

    May be called again after an interruption; what is gone already is not missed.

    Args:
        deployment: From `Deployment.look`: stacks may be missing.
        advance: Called with numbers of deleted versions.

    Raises:
        OpsError: the environment is not ephemeral, or a version cannot be deleted.
    """
    check_deletable(deployment)
    return [
        Emptied(what="object versions", name=bucket, deleted=_empty(deployment, bucket, advance))
        for bucket in deployment.resources("AWS::S3::Bucket")
    ]


def _empty(deployment: Deployment, bucket: str, advance: Advance) -> int:
    deleted = 0
    for _ in range(MAX_ROUNDS):
        in_round = 0
        for batch in _versions(deployment, bucket):
            _delete(deployment, bucket, batch)
            in_round += len(batch)
            advance(len(batch))
        deleted += in_round
        if in_round == 0:
            return deleted
    raise OpsError(
        f"bucket {bucket} keeps filling while it is emptied",
        "Stop what writes to it, then run the command again",
    )


def _versions(deployment: Deployment, bucket: str) -> "Iterator[list[ObjectIdentifierTypeDef]]":
    client = deployment.connection.s3
    pages = client.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": DELETED_AT_A_TIME}
    )
    try:
        for page in pages:
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            if found:
                yield [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
    except client.exceptions.NoSuchBucket:
        return


def _delete(deployment: Deployment, bucket: str, batch: "list[ObjectIdentifierTypeDef]") -> None:
    answer = deployment.connection.s3.delete_objects(
        Bucket=bucket, Delete={"Objects": batch, "Quiet": True}
    )
    errors = answer.get("Errors", [])
    if errors:
        raise OpsError(
            f"{len(errors):,} versions of bucket {bucket} cannot be deleted, for example "
            f"{errors[0].get('Key')}: {errors[0].get('Message')}",
            "Use a role that may delete object versions, then run the command again",
        )
