"""Which models may serve: approved, complete, and exactly what was registered."""

from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code
from lambdas.shared.deadline import Deadline
from lambdas.shared.errors import PermanentError
from lambdas.shared.registry import (
    APPROVED,
    CODE_FOLDER,
    COMPLETED,
    SUBMIT_DIRECTORY,
    ModelPackage,
    Registry,
    UnknownPackageError,
)
from schemas.keys import split_uri
from schemas.registry import IncompleteMetadataError, ModelMetadata

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK_BYTES = 2**20
_MISSING = frozenset({"404", "NoSuchKey"})


class Packages:
    """Model packages of one group, and the archives that they serve.

    Args:
        registry: Where the packages are.
        s3: Where the archives are.
        group_name: Group that a package must belong to.
        bucket: Bucket that its archive must lie in.
        deadline: When to stop reading archives.
    """

    def __init__(
        self,
        registry: Registry,
        s3: "S3Client",
        *,
        group_name: str,
        bucket: str,
        deadline: Deadline,
    ) -> None:
        self._registry = registry
        self._s3 = s3
        self._group_name = group_name
        self._bucket = bucket
        self._deadline = deadline

    def find(self, arn: str) -> ModelPackage | None:
        """Return a package as it is now; None when there is none."""
        try:
            return self._registry.describe(arn)
        except UnknownPackageError:
            return None

    def newest_approved(self) -> ModelPackage | None:
        """Return the newest package that may be released; None when none may."""
        found = self._registry.newest_approved(self._group_name)
        return self.find(found[0]) if found else None

    def belongs(self, package: ModelPackage) -> bool:
        """Return whether a package is of this endpoint's group."""
        return package.group_name == self._group_name

    def may_serve(self, arn: str) -> bool:
        """Return whether a package is there, approved and complete; its archive is not read."""
        package = self.find(arn)
        if package is None:
            return False
        try:
            self._check(package)
        except PermanentError:
            return False
        return True

    def verify(self, arn: str) -> None:
        """Check that a package may serve, and that its archive is the one that was registered.

        Raises:
            PermanentError: `model-missing`, `other-group`, `not-completed`, `not-approved`,
                `incomplete-metadata`, `other-environment`, `package-changed`, `archive-missing`,
                `archive-changed`.
            DeadlineError: the archive is too large for the time that is left.
        """
        package = self.find(arn)
        if package is None:
            raise PermanentError(
                "model-missing",
                f"there is no model package {arn}: it was deleted, or never was; see `ops models "
                "list`",
                arn,
            )
        self._check_archive(arn, self._check(package))

    def _check(self, package: ModelPackage) -> ModelMetadata:
        arn = package.arn
        if not self.belongs(package):
            raise PermanentError(
                "other-group",
                f"{arn} belongs to the group {package.group_name!r}; this endpoint serves models "
                f"of {self._group_name!r}",
                arn,
            )
        if package.status != COMPLETED:
            raise PermanentError(
                "not-completed",
                f"{arn} is {package.status or 'in no state'}, not {COMPLETED}: SageMaker has not "
                "made it, or failed to; release it when it is, or train again",
                arn,
            )
        if package.approval != APPROVED:
            raise PermanentError(
                "not-approved",
                f"{arn} is {package.approval or 'not approved'}; only models that are {APPROVED} "
                "are served: approve it with `ops models approve`, or release another one",
                arn,
            )
        return self._metadata(package)

    def _metadata(self, package: ModelPackage) -> ModelMetadata:
        try:
            metadata = package.metadata
        except IncompleteMetadataError as error:
            raise PermanentError(
                "incomplete-metadata",
                f"{package.arn}: {error}. Train again; a model is served only when it says where "
                "it comes from",
                package.arn,
            ) from error
        if split_uri(metadata.artifact_uri)[0] != self._bucket:
            raise PermanentError(
                "other-environment",
                f"the archive of {package.arn}, {metadata.artifact_uri}, is not in {self._bucket}; "
                "release the model in the environment that trained it",
                package.arn,
            )
        if difference := _difference(package, metadata):
            raise PermanentError(
                "package-changed",
                f"{package.arn} {difference}: somebody changed it after its registration. Reject "
                "it, and train again",
                package.arn,
            )
        return metadata

    def _check_archive(self, arn: str, metadata: ModelMetadata) -> None:
        uri = metadata.artifact_uri
        found = self._digest(uri, arn)
        if found != metadata.artifact_sha256:
            raise PermanentError(
                "archive-changed",
                f"the archive of {arn}, {uri}, has the hash {found}, registered is "
                f"{metadata.artifact_sha256}: somebody changed it. Bring its older version back, "
                "or reject the model package",
                uri,
            )

    def _digest(self, uri: str, arn: str) -> str:
        bucket, key = split_uri(uri)
        digest = sha256()
        try:
            with closing(self._s3.get_object(Bucket=bucket, Key=key)["Body"]) as body:
                for chunk in body.iter_chunks(_CHUNK_BYTES):
                    self._deadline.check()
                    digest.update(chunk)
        except ClientError as error:
            if error_code(error) not in _MISSING:
                raise
            raise PermanentError(
                "archive-missing",
                f"{uri}, the archive of {arn}, is gone; bring it back from its older versions, or "
                "reject the model package",
                uri,
            ) from error
        return digest.hexdigest()


def _difference(package: ModelPackage, metadata: ModelMetadata) -> str:
    """Return in what a package serves something else than was registered; empty when in nothing."""
    if len(package.containers) != 1:
        return f"has {len(package.containers)} containers instead of one"
    (container,) = package.containers
    source = container.get("ModelDataSource", {}).get("S3DataSource", {}).get("S3Uri")
    archives = {each for each in (container.get("ModelDataUrl"), source) if each}
    if archives != {metadata.artifact_uri}:
        return f"serves {', '.join(sorted(archives)) or 'nothing'}, not {metadata.artifact_uri}"
    if container.get("Image") != metadata.image_uri:
        return f"runs in {container.get('Image')}, not in {metadata.image_uri}"
    code = container.get("Environment", {}).get(SUBMIT_DIRECTORY)
    return "" if code == CODE_FOLDER else f"runs the code in {code}, not that of its archive"
