"""SageMaker's registry and Step Functions, as far as the functions use them, behind real clients.

botocore checks each request before it gets here, and `Service` checks each answer, so a fake cannot
accept or say what the service's model does not know.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.client import BaseClient
from botocore.validate import ParamValidator

PAGE = 2  # packages of a page: listings of a few already take several

GROUP = "models"
GROUP_ARN_PREFIX = f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/{GROUP}"


_SUMMARY = (
    *("ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "CreationTime"),
    *("ModelPackageDescription", "ModelPackageStatus", "ModelApprovalStatus"),
)


class RefusedError(Exception):
    """The service says no."""

    def __init__(self, code: str, message: str = "no") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class _Status:
    status_code: int


class Service:
    """Answers the calls of one client with the methods that are named like its operations."""

    def install(self, client: BaseClient) -> None:
        """Take the place of the service, or of an older fake, behind `client`."""
        event = f"before-call.{client.meta.service_model.service_id.hyphenize()}"
        client.meta.events.unregister(event, unique_id=event)
        client.meta.events.register_first(event, self._answer, unique_id=event)

    def _answer(self, model: Any, params: Mapping[str, Any], **_: Any) -> Any:
        method: Callable[[dict[str, Any]], dict[str, Any]] = getattr(self, model.name)
        try:
            # Older protocols send the parameters as a form.
            body = params["body"]
            answer = method(dict(body) if isinstance(body, dict) else json.loads(body))
        except RefusedError as error:
            return _Status(400), {"Error": {"Code": error.code, "Message": str(error)}}
        if model.output_shape is not None:
            report = ParamValidator().validate(answer, model.output_shape)
            assert not report.has_errors(), report.generate_report()
        return _Status(200), answer | {"ResponseMetadata": {"HTTPStatusCode": 200}}


@dataclass
class FakeSageMaker(Service):
    """The registry: packages of one group, by ARN."""

    packages: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    new_status: str = "Completed"

    def add(self, *, approval: str = "Approved", **values: Any) -> str:
        """Put a package into the registry, past its rules; return its ARN."""
        version = len(self.packages) + 1
        arn = f"{GROUP_ARN_PREFIX}/{version}"
        self.packages[arn] = {
            "ModelPackageGroupName": GROUP,
            "ModelPackageVersion": version,
            "ModelPackageArn": arn,
            "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
            "ModelPackageStatus": self.new_status,
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "ModelApprovalStatus": approval,
            **values,
        }
        return arn

    def CreateModelPackage(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        token = request.pop("ClientToken")
        if token not in self.tokens:
            approval = request.pop("ModelApprovalStatus")
            self.tokens[token] = self.add(approval=approval, **request)
        return {"ModelPackageArn": self.tokens[token]}

    def DescribeModelPackage(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {
            "ModelPackageName": GROUP,
            **self._package(request["ModelPackageName"]),
        }

    def ListModelPackages(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        wanted = request.get("ModelApprovalStatus")
        found = [
            each
            for each in self.packages.values()
            if wanted is None or each["ModelApprovalStatus"] == wanted
        ]
        start = int(request.get("NextToken", 0))
        more = {"NextToken": str(start + PAGE)} if start + PAGE < len(found) else {}
        summaries = [
            {name: value for name, value in each.items() if name in _SUMMARY}
            for each in found[start : start + PAGE]
        ]
        return {"ModelPackageSummaryList": summaries, **more}

    def UpdateModelPackage(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._package(request["ModelPackageArn"]).update(request)
        return {"ModelPackageArn": request["ModelPackageArn"]}

    def _package(self, arn: str) -> dict[str, Any]:
        if arn not in self.packages:
            raise RefusedError("ValidationException", f"ModelPackage {arn} does not exist.")
        return self.packages[arn]


@dataclass
class FakeExecutions(Service):
    """Executions of a state machine, by ARN."""

    statuses: dict[str, str] = field(default_factory=dict)
    histories: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def DescribeExecution(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        arn = request["executionArn"]
        if arn not in self.statuses:
            raise RefusedError("ExecutionDoesNotExist")
        return {
            "executionArn": arn,
            "stateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:training",
            "startDate": datetime(2026, 1, 1, tzinfo=UTC),
            "status": self.statuses[arn],
        }

    def GetExecutionHistory(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if request["executionArn"] not in self.histories:
            raise RefusedError("ExecutionDoesNotExist")
        events = self.histories[request["executionArn"]]
        assert request["reverseOrder"]
        numbered = [
            {"id": number, "timestamp": datetime(2026, 1, 1, tzinfo=UTC), **event}
            for number, event in enumerate(events, start=1)
        ]
        return {"events": numbered[::-1]}
