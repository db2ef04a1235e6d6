"""What the service refuses, spelled as AWS spells it, and why jobs end early."""

from collections.abc import Mapping


class ApiError(Exception):
    """A request that is answered with an error.

    Attributes:
        code: As AWS names it, such as `ResourceInUse`.
        message: What the caller is told.
        status: HTTP status of the answer.
        details: Further members of the error's shape.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.details = dict(details or {})


def invalid(message: str) -> ApiError:
    """Return the error of a request that can never succeed."""
    return ApiError("ValidationException", message)


def not_implemented(what: str) -> ApiError:
    """Return the error of something that AWS has and the local service has not."""
    return ApiError("NotImplementedException", f"the local SageMaker does not support {what}", 501)


class JobFailedError(Exception):
    """A job cannot go on; the message becomes its FailureReason."""


class JobStoppedError(Exception):
    """A job was asked to stop before its program ran."""
