"""Model package groups, and who may read them."""

from typing import Any

from local.sagemaker import listing
from local.sagemaker.errors import ApiError, invalid
from local.sagemaker.kinds import MODEL_PACKAGE, MODEL_PACKAGE_GROUP
from local.sagemaker.records import Record
from local.sagemaker.world import Handlers, Request, World

_POLICY = "_ResourcePolicy"


class ModelPackageGroups:
    """The operations on model package groups."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._records = world.records

    def handlers(self) -> Handlers:
        """Return what answers each operation."""
        return {
            "CreateModelPackageGroup": self.create,
            "DescribeModelPackageGroup": self.describe,
            "ListModelPackageGroups": self.list,
            "DeleteModelPackageGroup": self.delete,
            "PutModelPackageGroupPolicy": self.put_policy,
            "GetModelPackageGroupPolicy": self.get_policy,
            "DeleteModelPackageGroupPolicy": self.delete_policy,
        }

    def create(self, request: Request) -> Record:
        """Create a group."""
        return self._records.create(
            MODEL_PACKAGE_GROUP,
            request["ModelPackageGroupName"],
            {
                **request.params,
                "ModelPackageGroupStatus": "Completed",
                "CreatedBy": user_context(self._world, request.role),
            },
        )

    def describe(self, request: Request) -> Record:
        """Return a group's record."""
        return self._records.get(MODEL_PACKAGE_GROUP, request["ModelPackageGroupName"])

    def list(self, request: Request) -> dict[str, Any]:
        """Return a page of groups."""
        records = self._records.all_of(MODEL_PACKAGE_GROUP)
        page = listing.page_of(
            MODEL_PACKAGE_GROUP, records, request.params, handled=("CrossAccountFilterOption",)
        )
        return page.answer("ModelPackageGroupSummaryList")

    def delete(self, request: Request) -> None:
        """Forget an empty group."""
        with self._records.lock:
            name = self.describe(request)["ModelPackageGroupName"]
            packages = self._records.all_of(MODEL_PACKAGE)
            if any(each["ModelPackageGroupName"] == name for each in packages):
                raise ApiError(
                    "ConflictException",
                    f"Model Package Group {name} cannot be deleted as it contains Model Packages.",
                )
            self._records.remove(MODEL_PACKAGE_GROUP, name)

    def put_policy(self, request: Request) -> Record:
        """Keep a resource policy; nothing here enforces it."""
        name = self.describe(request)["ModelPackageGroupName"]
        policy = {_POLICY: request["ResourcePolicy"]}
        return self._records.update(MODEL_PACKAGE_GROUP, name, policy)

    def get_policy(self, request: Request) -> dict[str, Any]:
        """Return the resource policy."""
        group = self.describe(request)
        if _POLICY not in group:
            raise invalid(f"Cannot find resource policy for: {group['ModelPackageGroupArn']}")
        return {"ResourcePolicy": group[_POLICY]}

    def delete_policy(self, request: Request) -> None:
        """Forget the resource policy."""
        name = self.describe(request)["ModelPackageGroupName"]
        self._records.update(MODEL_PACKAGE_GROUP, name, {_POLICY: None})


def user_context(world: World, role: str | None) -> dict[str, Any]:
    """Return who did something, as the registry remembers it."""
    if not role:
        return {}
    arn = f"arn:aws:sts::{world.settings.account}:assumed-role/{role}/session"
    return {"IamIdentity": {"Arn": arn, "PrincipalId": f"{role}:session"}}
