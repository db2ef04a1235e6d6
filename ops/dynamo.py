"""Whole answers of DynamoDB, page by page."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops.deployment import Deployment
from ops.errors import code_of
from schemas.names import Output

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Item = Mapping[str, Any]


def table(deployment: Deployment, name: Output) -> "Table":
    """Return the table whose name the stack output `name` gives."""
    return deployment.connection.table(deployment[name])


def scan(source: "Table", **options: Any) -> Iterator[Item]:
    """Yield every item, strongly consistent."""
    page = source.scan(ConsistentRead=True, **options)
    yield from page["Items"]
    while "LastEvaluatedKey" in page:
        start = page["LastEvaluatedKey"]
        page = source.scan(ConsistentRead=True, ExclusiveStartKey=start, **options)
        yield from page["Items"]


def query(source: "Table", **options: Any) -> Iterator[Item]:
    """Yield every item that a query finds."""
    page = source.query(**options)
    yield from page["Items"]
    while "LastEvaluatedKey" in page:
        page = source.query(ExclusiveStartKey=page["LastEvaluatedKey"], **options)
        yield from page["Items"]


def is_condition_failure(error: ClientError) -> bool:
    """Whether a conditional write was refused because its condition does not hold."""
    return code_of(error) == "ConditionalCheckFailedException"
