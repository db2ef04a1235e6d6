"""The model registry: the packages of one model package group."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code
from lambdas.shared.telemetry import logger
from schemas.registry import IncompleteMetadataError, ModelMetadata

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import ModelPackageSummaryTypeDef

APPROVED: Final = "Approved"
PENDING: Final = "PendingManualApproval"
COMPLETED: Final = "Completed"
_UNKNOWN = frozenset({"ValidationException", "ResourceNotFound"})

SUBMIT_DIRECTORY = "SAGEMAKER_SUBMIT_DIRECTORY"
"""Variable of the container: where its serving stack finds the code that answers."""
CODE_FOLDER = "/opt/ml/model/code"
"""The archive carries its serving code, so the archive's hash covers it."""


class UnknownPackageError(Exception):
    """There is no such model package; the text is SageMaker's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelPackage:
    """One version of a model.

    Attributes:
        arn: Its address.
        group_name: Group that it belongs to.
        status: How far its creation is, such as `Completed`.
        approval: Whether it may be released, such as `Approved`.
        properties: What it carries; `metadata` reads them.
        containers: What serves it, as its InferenceSpecification says.
    """

    arn: str
    group_name: str
    status: str
    approval: str
    properties: Mapping[str, str]
    containers: Sequence[Mapping[str, Any]] = ()

    @property
    def metadata(self) -> ModelMetadata:
        """Where it comes from.

        Raises:
            IncompleteMetadataError: it does not say.
        """
        return ModelMetadata.from_properties(self.properties)


class Registry:
    """Reads and changes model packages."""

    def __init__(self, sagemaker: "SageMakerClient") -> None:
        self._sagemaker = sagemaker

    def describe(self, arn: str) -> ModelPackage:
        """Return a package as it is now.

        Raises:
            UnknownPackageError: there is none.
        """
        try:
            found = self._sagemaker.describe_model_package(ModelPackageName=arn)
        except ClientError as error:
            if error_code(error) in _UNKNOWN:
                raise UnknownPackageError(str(error)) from error
            raise
        return ModelPackage(
            arn=found["ModelPackageArn"],
            group_name=found.get("ModelPackageGroupName", ""),
            status=found["ModelPackageStatus"],
            approval=found.get("ModelApprovalStatus", ""),
            properties=found.get("CustomerMetadataProperties", {}),
            containers=found.get("InferenceSpecification", {}).get("Containers", []),
        )

    def newest_approved(self, group_name: str) -> tuple[str, ModelMetadata] | None:
        """Return the newest approved package that says where it comes from, and that.

        One that does not say is passed over: nobody knows which data it has seen.
        """
        for summary in self._newest_first(group_name, ModelApprovalStatus=APPROVED):
            package = self.describe(summary["ModelPackageArn"])
            try:
                return package.arn, package.metadata
            except IncompleteMetadataError as error:
                logger.warning("approved package passed over", arn=package.arn, error=str(error))
        return None

    def of_run(self, group_name: str, run_id: str) -> str:
        """Return the ARN of the package that a run has registered; empty when it has not.

        Descriptions, which the list shows, only tell which packages are worth a look.
        """
        for summary in self._newest_first(group_name):
            if run_id not in summary.get("ModelPackageDescription", ""):
                continue
            package = self.describe(summary["ModelPackageArn"])
            if package.properties.get("run_id") == run_id:
                return package.arn
        return ""

    def create(self, package: Mapping[str, Any]) -> str:
        """Create a package from CreateModelPackage's parameters; return its ARN."""
        return self._sagemaker.create_model_package(**package)["ModelPackageArn"]

    def approve(self, arn: str, description: str) -> None:
        """Allow a package to be released; `description` says who did, and why."""
        self._sagemaker.update_model_package(
            ModelPackageArn=arn, ModelApprovalStatus=APPROVED, ApprovalDescription=description
        )

    def _newest_first(
        self, group_name: str, **filters: Any
    ) -> Iterator["ModelPackageSummaryTypeDef"]:
        # By version: packages of the same second have no order by time.
        pages = self._sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=group_name, **filters
        )
        summaries = [each for page in pages for each in page["ModelPackageSummaryList"]]
        yield from sorted(
            summaries, key=lambda each: each.get("ModelPackageVersion", 0), reverse=True
        )
