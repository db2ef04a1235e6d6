"""Refusals of AWS as the two kinds of failure that a state machine's retriers tell apart."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name; the built-in one is not used here
    HTTPClientError,
    IncompleteReadError,
)

from lambdas.shared.errors import PermanentError, ProcessingError, TransientError

NO_ANSWER = (ConnectionError, HTTPClientError, IncompleteReadError)
"""What is raised when AWS was not reached, or its answer did not arrive whole."""

_FIRST_SERVER_STATUS = 500
# Answers below status 500 that another attempt may not get.
_PASSING = frozenset(
    {
        *("ConflictException", "OperationAborted", "RequestTimeout", "SlowDown"),
        *("InternalError", "InternalFailure", "InternalServerError", "ServiceUnavailable"),
        *("ProvisionedThroughputExceededException", "RequestLimitExceeded"),
        *("Throttling", "ThrottledException", "ThrottlingException", "TooManyRequestsException"),
    }
)


@contextmanager
def named_aws_errors() -> Iterator[None]:
    """Raise what AWS refuses, and what keeps its answer away, as one of the two kinds.

    Raises:
        TransientError: AWS was busy, broken, or did not answer.
        PermanentError: AWS said no, such as to a role that lacks a permission.
    """
    try:
        yield
    except ClientError as error:
        raise _named(error) from error
    except NO_ANSWER as error:
        raise TransientError("no-answer", str(error)) from error


def _named(error: ClientError) -> ProcessingError:
    if is_passing(error):
        return TransientError("aws-busy", str(error))
    return PermanentError("aws-refused", str(error))


def is_passing(error: ClientError) -> bool:
    """Return whether another attempt may not get this answer."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error_code(error) in _PASSING or status >= _FIRST_SERVER_STATUS


def error_code(error: ClientError) -> str:
    """Return the service's word for what it refused."""
    return str(error.response.get("Error", {}).get("Code", ""))
