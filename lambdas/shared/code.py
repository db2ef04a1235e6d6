"""The code that jobs run: kept in the artifacts bucket for ever, unlike a deployment's assets."""

from lambdas.shared.errors import PermanentError
from lambdas.shared.objects import MissingObjectError, Objects
from schemas.names import CODE_PREFIX
from schemas.training import CODE_FILE


def code_key(sha256: str) -> str:
    """Return where a version of the code lies in the artifacts bucket."""
    return f"{CODE_PREFIX}{sha256}/{CODE_FILE}"


def keep_code(asset_uri: str, sha256: str, artifacts: Objects) -> None:
    """Copy the code that was deployed to the artifacts bucket, unless it is there.

    Args:
        asset_uri: Where the deployment has put it.
        sha256: Its version.
        artifacts: The bucket.

    Raises:
        PermanentError: `code-missing`.
    """
    key = code_key(sha256)
    if artifacts.exists(key):
        return
    try:
        artifacts.copy(asset_uri, key)
    except MissingObjectError as error:
        raise PermanentError(
            "code-missing",
            f"{error.uri}, the code of all jobs, is gone from the deployment's assets; deploy the "
            "platform again",
            error.uri,
        ) from error
