"""Releases as operators read them: the table, and what serves."""

from boto3.dynamodb.conditions import Key

from ops import dynamo
from ops.deployment import Deployment
from ops.errors import OpsError
from schemas.names import Output
from schemas.releases import CURRENT, RELEASE_ID, STATUS_INDEX, Current, Release, ReleaseStatus

LATEST = "latest"


def read(deployment: Deployment, *, status: ReleaseStatus | None = None) -> list[Release]:
    """Return the releases, or those with a status, the latest last."""
    table = dynamo.table(deployment, Output.RELEASES_TABLE_NAME)
    if status is None:
        items = dynamo.scan(table)
    else:
        condition = Key("status").eq(status.value)
        items = dynamo.query(table, IndexName=STATUS_INDEX, KeyConditionExpression=condition)
    found = (Release.from_item(item) for item in items if item[RELEASE_ID] != CURRENT)
    return sorted(found, key=lambda each: (each.began_at, each.release_id))


def get(deployment: Deployment, release_id: str) -> Release | None:
    """Return a release by its whole id; None when there is none."""
    item = _item(deployment, release_id)
    return None if item is None else Release.from_item(item)


def current(deployment: Deployment) -> Current:
    """Return what serves, as the last release left it, and who is changing it."""
    item = _item(deployment, CURRENT)
    return Current() if item is None else Current.from_item(item)


def _item(deployment: Deployment, release_id: str) -> dynamo.Item | None:
    table = dynamo.table(deployment, Output.RELEASES_TABLE_NAME)
    return table.get_item(Key={RELEASE_ID: release_id}, ConsistentRead=True).get("Item")


def find(deployment: Deployment, reference: str) -> Release:
    """Return one release.

    Args:
        deployment: Where to look.
        reference: Its id, the beginning of it, or `latest`.

    Raises:
        OpsError: it names none, or several.
    """
    found = read(deployment)
    if reference == LATEST and found:
        return found[-1]
    fitting = [each for each in found if each.release_id.startswith(reference)]
    exact = [each for each in fitting if each.release_id == reference]
    if len(fitting) > 1 and not exact:
        names = ", ".join(each.release_id for each in fitting)
        raise OpsError(f"{reference!r} is the beginning of several releases: {names}", "Give more")
    if not fitting:
        raise OpsError(
            f"{reference!r} names no release of environment {deployment.environment.name}",
            "See `python -m ops releases list`; an execution is listed once it holds the endpoint",
        )
    return (exact or fitting)[0]
