"""CloudFormation's stack with an endpoint, and SageMaker's hosting, behind real clients.

What tests need of both is how they part: the stack may say what the endpoint does not do.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from schemas.releases import NO_MODEL, Guards, Parameter, Serving
from tests.unit.lambdas.endpoints import ALARM, ARN, ENDPOINT, THEN, FakeEndpoints
from tests.unit.lambdas.services import RefusedError

STACK = "mlops-test-inference"


class Update(StrEnum):
    """What becomes of an update of the stack."""

    GOOD = "good"
    ALARM = "SageMaker undoes it, and CloudFormation says that it succeeded"
    FAILURE = "CloudFormation undoes it"
    STUCK = "CloudFormation fails to undo it"


@dataclass
class Hosting(FakeEndpoints):
    """The registry, one endpoint, and the stack that it belongs to.

    Attributes:
        fates: What becomes of the next updates; all others are good.
        updates: Parameters of every update that was accepted.
    """

    fates: list[Update] = field(default_factory=list)
    updates: list[dict[str, str]] = field(default_factory=list)
    status: str = "CREATE_COMPLETE"
    parameters: dict[str, str] = field(
        default_factory=lambda: {
            "Other": "kept",
            **Serving().to_parameters(),
            Parameter.GUARDS: Guards.ON,
        }
    )
    resources: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    update_tokens: set[str] = field(default_factory=set)
    _lock: Any = field(default_factory=threading.RLock)

    def update(self, parameters: Sequence[Mapping[str, Any]], token: str) -> None:
        """Do what UpdateStack does, to its end.

        Raises:
            RefusedError: there is nothing to update, or the stack cannot be updated.
        """
        with self._lock:
            if token in self.update_tokens:
                return
            if not self.status.endswith("_COMPLETE"):
                raise RefusedError("ValidationError", f"Stack is in {self.status} state")
            assert {each["ParameterKey"] for each in parameters} == set(self.parameters)
            wanted = {
                each["ParameterKey"]: self.parameters[each["ParameterKey"]]
                if each.get("UsePreviousValue")
                else each["ParameterValue"]
                for each in parameters
            }
            if wanted == self.parameters:
                raise RefusedError("ValidationError", "No updates are to be performed.")
            self.update_tokens.add(token)
            self.updates.append(wanted)
            self._carry_out(wanted, token, self.fates.pop(0) if self.fates else Update.GOOD)

    def _carry_out(self, wanted: dict[str, str], token: str, fate: Update) -> None:
        resources = self._make(wanted)
        if fate in {Update.FAILURE, Update.STUCK}:
            end = "COMPLETE" if fate is Update.FAILURE else "FAILED"
            self.status = f"UPDATE_ROLLBACK_{end}"
            for name, reason in (
                ("Endpoint", "The model did not load"),
                ("Other", "Resource update cancelled"),
            ):
                self._tell(name, "UPDATE_FAILED", reason, token)
            self._tell(STACK, self.status, "", token)
            return
        self.status, self.parameters, self.resources = "UPDATE_COMPLETE", wanted, resources
        self._tell(STACK, self.status, "", token)
        if fate is Update.GOOD or self.endpoint is None:
            self._change_endpoint(resources)

    def _change_endpoint(self, resources: Mapping[str, str]) -> None:
        if "EndpointConfig" in resources:
            self.serve(resources["EndpointConfig"].rpartition("/")[2])
        else:
            self.endpoint = None

    def _make(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Make models and configuration; return logical id to physical id."""
        resources: dict[str, str] = {}
        variants = []
        for variant, package, weight in (
            ("champion", Parameter.CHAMPION_PACKAGE_ARN, Parameter.CHAMPION_WEIGHT),
            ("challenger", Parameter.CHALLENGER_PACKAGE_ARN, Parameter.CHALLENGER_WEIGHT),
        ):
            arn = parameters.get(package, NO_MODEL)
            if arn == NO_MODEL:
                continue
            name = self.make_model(arn)
            resources[f"{variant.capitalize()}Model"] = f"{ARN}:model/{name}"
            variants.append(
                {
                    "VariantName": variant,
                    "ModelName": name,
                    "InitialVariantWeight": float(parameters[weight]),
                }
            )
        if variants:
            resources["EndpointConfig"] = f"{ARN}:endpoint-config/{self.make_config(variants)}"
            resources["Endpoint"] = f"{ARN}:endpoint/{ENDPOINT}"
        return resources

    def _tell(self, resource: str, status: str, reason: str, token: str) -> None:
        event = {
            "StackId": STACK,
            "StackName": STACK,
            "EventId": str(len(self.events)),
            "LogicalResourceId": resource,
            "ResourceStatus": status,
            "Timestamp": THEN,
            "ClientRequestToken": token,
        }
        self.events.append(event | ({"ResourceStatusReason": reason} if reason else {}))

    def DescribeStacks(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if request["StackName"] != STACK:
            message = f"Stack with id {request['StackName']} does not exist"
            raise RefusedError("ValidationError", message)
        parameters = [
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in self.parameters.items()
        ]
        stack = {"StackName": STACK, "CreationTime": THEN, "StackStatus": self.status}
        return {"Stacks": [stack | {"Parameters": parameters}]}

    def DescribeStackResources(self, _request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        kinds = dict.fromkeys(self.resources, "AWS::SageMaker::Endpoint")
        return {
            "StackResources": [
                {
                    "LogicalResourceId": name,
                    "PhysicalResourceId": physical_id,
                    "ResourceType": kinds.get(name, "AWS::CloudWatch::Alarm"),
                    "Timestamp": THEN,
                    "ResourceStatus": "UPDATE_COMPLETE",
                }
                for name, physical_id in {**self.resources, "ErrorsAlarm": ALARM}.items()
            ]
        }

    def DescribeStackEvents(self, _request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"StackEvents": self.events[::-1]}
