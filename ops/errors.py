"""Failures a person can do something about: the cause, and the remedy."""

from collections.abc import Iterator
from contextlib import contextmanager

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
)

LOG_IN = "log in again (for example `aws sso login`), or set AWS_PROFILE to a profile that works"
LOOK_AT_STATUS = "see `python -m ops status`; if something was deleted by hand, deploy again"


class OpsError(Exception):
    """An operation failed for a reason that the operator can remove.

    Args:
        cause: What is wrong, without a final full stop.
        remedy: What to do about it.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause}. {remedy}")
        self.cause = cause
        self.remedy = remedy


# Error codes of services, grouped by what an operator has to do.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/CommonErrors.html
_EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)
_INVALID = frozenset(
    {
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "AuthFailure",
        "InvalidToken",
    }
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "UnauthorizedOperation",
        "NotAuthorized",
        "KMS.AccessDeniedException",
    }
)
_GONE = frozenset(
    {
        "NoSuchBucket",
        "NoSuchKey",
        "ResourceNotFound",
        "ResourceNotFoundException",
        "StateMachineDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
    }
)
_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "TooManyRequestsException",
    }
)


def code_of(error: ClientError) -> str:
    """Return the code by which a service names an error; empty when it names none."""
    return error.response.get("Error", {}).get("Code", "")


def is_throttling(error: ClientError) -> bool:
    """Whether a service was asked too often, and would answer later."""
    return code_of(error) in _THROTTLED


def explain(
    error: Boto3Error | BotoCoreError | ClientError, *, local_endpoint: str = ""
) -> OpsError:
    """Say what `error` means to an operator, and what to do.

    Args:
        error: Whatever boto3 raised.
        local_endpoint: Address of the local cloud; empty when the operation was against AWS.
    """
    if isinstance(error, ClientError):
        return _explain_answer(error)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return OpsError(
            "there are no complete AWS credentials",
            "Set AWS_PROFILE, or log in with `aws sso login`; for the local cloud use --env local",
        )
    if isinstance(error, NoRegionError):
        return OpsError("no AWS region is set", "Set AWS_REGION, for example to eu-central-1")
    if isinstance(
        error, ProfileNotFound | SSOError | TokenRetrievalError | CredentialRetrievalError
    ):
        return OpsError(f"the credentials could not be loaded: {error}", _sentence(LOG_IN))
    if isinstance(
        error, EndpointConnectionError | ConnectTimeoutError | ReadTimeoutError | HTTPClientError
    ):
        return _explain_silence(error, local_endpoint)
    return OpsError(f"AWS call failed: {error}", _sentence(LOOK_AT_STATUS))


def _explain_answer(error: ClientError) -> OpsError:
    described = error.response.get("Error", {})
    code, message = described.get("Code", "unknown"), described.get("Message", "")
    call = f"{error.operation_name} failed ({code}): {message}".rstrip(". ")
    if code in _EXPIRED:
        return OpsError("the AWS session has expired", _sentence(LOG_IN))
    if code in _INVALID:
        return OpsError(f"AWS does not accept the credentials ({code})", _sentence(LOG_IN))
    if code in _DENIED:
        return OpsError(call, f"Use a role that may call {error.operation_name} on this resource")
    if code in _GONE:
        return OpsError(call, _sentence(LOOK_AT_STATUS))
    if is_throttling(error):
        return OpsError(
            call, "Wait a minute and run the command again, with a lower --rate if it has one"
        )
    return OpsError(call, _sentence(LOOK_AT_STATUS))


def _explain_silence(error: BotoCoreError, local_endpoint: str) -> OpsError:
    if local_endpoint:
        return OpsError(
            f"the local cloud does not answer at {local_endpoint}",
            "Run `make local-up` (and set PORT if it listens on another port than 4566)",
        )
    return OpsError(
        f"AWS cannot be reached: {error}",
        "Check the network, AWS_REGION, and that AWS_ENDPOINT_URL is not set by mistake",
    )


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


@contextmanager
def explained(*, local_endpoint: str = "") -> Iterator[None]:
    """Turn whatever boto3 raises inside into an `OpsError`."""
    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise explain(error, local_endpoint=local_endpoint) from error
