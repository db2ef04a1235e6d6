"""Model packages: the versions of a group."""

from collections.abc import Mapping
from typing import Any

from local.sagemaker import listing
from local.sagemaker.errors import ApiError, invalid, not_implemented
from local.sagemaker.kinds import MODEL_PACKAGE, MODEL_PACKAGE_GROUP
from local.sagemaker.records import Record
from local.sagemaker.registry import user_context
from local.sagemaker.world import Handlers, Request, World

MAX_METADATA = 50

_LAST_VERSION = "_LastVersion"
# The token of the last request that created or updated a package, with the request itself.
_CREATED_WITH = "_CreatedWith"
_UPDATED_WITH = "_UpdatedWith"
# Members of an update that replace those of the package.
_REPLACED = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "ModelPackageRegistrationType",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
)


class ModelPackages:
    """The operations on model packages. Unversioned ones, of no group, are not supported."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._records = world.records

    def handlers(self) -> Handlers:
        """Return what answers each operation."""
        return {
            "CreateModelPackage": self.create,
            "DescribeModelPackage": self.describe,
            "ListModelPackages": self.list,
            "UpdateModelPackage": self.update,
            "DeleteModelPackage": self.delete,
        }

    def create(self, request: Request) -> Record:
        """Register the next version of a group, or return that of a repeated request."""
        params = request.params
        _refuse_what_is_unsupported(params)
        with self._records.lock:
            group = self._records.get(MODEL_PACKAGE_GROUP, request["ModelPackageGroupName"])
            name = group["ModelPackageGroupName"]
            if repeated := self._created_with(params):
                return repeated
            version = group.get(_LAST_VERSION, 0) + 1
            self._records.update(MODEL_PACKAGE_GROUP, name, {_LAST_VERSION: version})
            record = self._records.create(
                MODEL_PACKAGE,
                f"{name}/{version}",
                {
                    "ModelApprovalStatus": "PendingManualApproval",
                    "CertifyForMarketplace": False,
                    **params,
                    "ModelPackageGroupName": name,
                    "ModelPackageVersion": version,
                    "ModelPackageStatus": "Completed",
                    "ModelPackageStatusDetails": {
                        "ValidationStatuses": [],
                        "ImageScanStatuses": [],
                    },
                    "CreatedBy": user_context(self._world, request.role),
                    _CREATED_WITH: dict(params),
                },
            )
        self._world.telemetry.changed(MODEL_PACKAGE, record)
        return record

    def _created_with(self, params: Mapping[str, Any]) -> Record | None:
        """Return the package that the same request created before.

        Raises:
            ApiError: another request used its token.
        """
        token = params.get("ClientToken")
        for record in self._records.all_of(MODEL_PACKAGE) if token else ():
            earlier = record[_CREATED_WITH]
            if earlier.get("ClientToken") == token:
                _refuse_other_request(earlier, params)
                return record
        return None

    def describe(self, request: Request) -> Record:
        """Return a package's record."""
        return self._records.get(MODEL_PACKAGE, request["ModelPackageName"])

    def list(self, request: Request) -> dict[str, Any]:
        """Return a page of packages: of a group, or, as AWS does, of none unless asked to."""
        params = request.params
        records = self._records.all_of(MODEL_PACKAGE)
        if group := params.get("ModelPackageGroupName"):
            name = self._records.get(MODEL_PACKAGE_GROUP, group)["ModelPackageGroupName"]
            records = [each for each in records if each["ModelPackageGroupName"] == name]
        elif params.get("ModelPackageType", "Unversioned") == "Unversioned":
            records = []
        if approval := params.get("ModelApprovalStatus"):
            records = [each for each in records if each["ModelApprovalStatus"] == approval]
        page = listing.page_of(
            MODEL_PACKAGE,
            records,
            params,
            handled=("ModelPackageGroupName", "ModelApprovalStatus", "ModelPackageType"),
        )
        return page.answer("ModelPackageSummaryList")

    def update(self, request: Request) -> Record:
        """Change approval, metadata or specification of a package."""
        params = request.params
        with self._records.lock:
            record = self._records.get(MODEL_PACKAGE, request["ModelPackageArn"])
            earlier = record.get(_UPDATED_WITH, {})
            if params.get("ClientToken") and params["ClientToken"] == earlier.get("ClientToken"):
                _refuse_other_request(earlier, params)
                return record
            record = self._records.update(
                MODEL_PACKAGE,
                record["ModelPackageName"],
                {
                    **{member: params[member] for member in _REPLACED if member in params},
                    **_changed_lists(record, params),
                    "LastModifiedBy": user_context(self._world, request.role),
                    _UPDATED_WITH: dict(params),
                },
            )
        self._world.telemetry.changed(MODEL_PACKAGE, record)
        return record

    def delete(self, request: Request) -> None:
        """Forget a package; its version is not used again."""
        name = self.describe(request)["ModelPackageName"]
        self._records.remove(MODEL_PACKAGE, name)


def _changed_lists(record: Record, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata and further specifications as an update leaves them.

    Raises:
        ApiError: the metadata would be more than a package may have.
    """
    metadata = {
        **record.get("CustomerMetadataProperties", {}),
        **params.get("CustomerMetadataProperties", {}),
    }
    for key in params.get("CustomerMetadataPropertiesToRemove", ()):
        metadata.pop(key, None)
    if len(metadata) > MAX_METADATA:
        raise invalid(
            f"CustomerMetadataProperties would have {len(metadata)} entries; "
            f"a model package has at most {MAX_METADATA}"
        )
    specifications = [
        *record.get("AdditionalInferenceSpecifications", ()),
        *params.get("AdditionalInferenceSpecificationsToAdd", ()),
    ]
    return {
        "CustomerMetadataProperties": metadata or None,
        "AdditionalInferenceSpecifications": specifications or None,
    }


def _refuse_other_request(earlier: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    if dict(earlier) != dict(params):
        raise ApiError(
            "ConflictException",
            f"The ClientToken {params['ClientToken']} was used with other parameters.",
        )


def _refuse_what_is_unsupported(params: Mapping[str, Any]) -> None:
    if params.get("ModelPackageName") and params.get("ModelPackageGroupName"):
        raise invalid("Both ModelPackageName and ModelPackageGroupName are provided.")
    if not params.get("ModelPackageGroupName"):
        raise not_implemented("model packages without a ModelPackageGroupName")
    if params.get("Tags"):
        raise invalid("Tags cannot be given for a model package that belongs to a group.")
    for member in ("SourceAlgorithmSpecification", "ValidationSpecification"):
        if params.get(member):
            raise not_implemented(f"{member} of model packages")
