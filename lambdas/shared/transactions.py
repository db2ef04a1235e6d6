"""Items of one table, written all or nothing."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code
from lambdas.shared.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_CANCELLED = "TransactionCanceledException"
_UNMET = "ConditionalCheckFailed"


def put_together(table: "Table", puts: Iterable[Mapping[str, Any]]) -> bool:
    """Write items of `table`, all of them or none.

    Args:
        table: Where.
        puts: Of each item: `Item`, with Python's values, and its condition, if there is one.

    Returns:
        Whether they were written: no condition was unmet.

    Raises:
        TransientError: `items-changing`; somebody else is writing one of them at this moment.
    """
    client: Any = table.meta.client
    transaction = [{"Put": {"TableName": table.name, **each}} for each in puts]
    try:
        client.transact_write_items(TransactItems=transaction)
    except ClientError as error:
        if error_code(error) != _CANCELLED:
            raise
        reasons: list[Mapping[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
        if any(each.get("Code") == _UNMET for each in reasons):
            return False
        raise TransientError("items-changing", str(error)) from error
    return True
