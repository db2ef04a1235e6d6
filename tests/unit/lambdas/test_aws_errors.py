import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)

from lambdas.shared.aws_errors import named_aws_errors
from lambdas.shared.errors import InvalidInputError, PermanentError, TransientError


def answer(code: str, status: int) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": "why"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "PutItem")  # type: ignore[arg-type]


def raised_from(error: Exception) -> Exception:
    """What the state machine sees of `error`."""

    @named_aws_errors()
    def handler() -> None:
        raise error

    with pytest.raises(Exception) as caught:  # noqa: PT011 - any
        handler()
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        answer("ThrottlingException", 400),
        answer("ProvisionedThroughputExceededException", 400),
        answer("SlowDown", 503),
        answer("AnythingElse", 500),
        answer("ConflictException", 400),
        EndpointConnectionError(endpoint_url="https://x"),
        ReadTimeoutError(endpoint_url="https://x"),
    ],
)
def test_what_another_attempt_may_not_meet_is_transient(error: Exception) -> None:
    raised = raised_from(error)

    # Retriers match the class's own name, not those of its bases.
    assert type(raised) is TransientError
    assert raised.__cause__ is error


@pytest.mark.parametrize("code", ["AccessDenied", "ValidationException", "NoSuchBucket"])
def test_what_aws_refuses_for_good_is_permanent_and_says_which_call(code: str) -> None:
    raised = raised_from(answer(code, 403))

    assert type(raised) is PermanentError
    assert str(raised) == (
        f"aws-refused: An error occurred ({code}) when calling the PutItem operation: why"
    )


@pytest.mark.parametrize(
    "error",
    [InvalidInputError("no"), KeyError("RUNS_TABLE_NAME"), ParamValidationError(report="bad")],
)
def test_errors_of_our_own_keep_their_names(error: Exception) -> None:
    assert raised_from(error) is error
