"""Which refusals of an endpoint another attempt may not get."""

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code, is_passing

MODEL_ERROR = "ModelError"
"""The container answered, with an error of its own."""

# `ModelNotReadyException`: a serverless endpoint starts, or a model is being loaded.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html#API_runtime_InvokeEndpoint_Errors
_PASSING = frozenset(
    {"InternalDependencyException", "ModelNotReadyException", "ServiceUnavailableException"}
)


def will_pass(error: Exception) -> bool:
    """Return whether asking an endpoint again may help; errors without an answer may pass, too."""
    if not isinstance(error, ClientError):
        return True
    code = error_code(error)
    return code != MODEL_ERROR and (code in _PASSING or is_passing(error))
