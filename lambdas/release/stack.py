"""The stack that holds the endpoint: its parameters say what should serve."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code
from lambdas.shared.errors import InvalidInputError, PermanentError
from schemas.releases import Guards, InferenceResource, Parameter, Serving

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

_UNDER_WAY = "_IN_PROGRESS"
_UPDATABLE = frozenset(
    {
        *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"),
        *("IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"),
    }
)
_STUCK = "UPDATE_ROLLBACK_FAILED"
_ALARM = "AWS::CloudWatch::Alarm"
_REFUSED = "ValidationError"
_FAILED = "_FAILED"
# Resources that CloudFormation gave up because of another one say so instead of a reason.
_CONSEQUENCE = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """A stack as it is now.

    Attributes:
        name: Its name.
        status: CloudFormation's word.
        parameters: Parameter's name to value; all of them.
    """

    name: str
    status: str
    parameters: Mapping[str, str]

    @property
    def serving(self) -> Serving:
        """What should serve."""
        return Serving.from_parameters(self.parameters)

    @property
    def other_guards(self) -> Guards | None:
        """The value that its guards do not have; None when the endpoint knows none."""
        found = self.parameters.get(Parameter.GUARDS)
        if found is None:
            return None
        return Guards.OFF if found == Guards.ON else Guards.ON

    @property
    def is_changing(self) -> bool:
        """Whether somebody is changing it."""
        return self.status.endswith(_UNDER_WAY)

    @property
    def is_updatable(self) -> bool:
        """Whether CloudFormation would accept an update."""
        return self.status in _UPDATABLE

    @property
    def remedy(self) -> str:
        """What to do about a stack that is not updatable."""
        if self.status == _STUCK:
            return (
                "see the stack's events for what stood in the way, then run `aws cloudformation "
                f"continue-update-rollback --stack-name {self.name}`, and release again"
            )
        return f"see the stack's events, bring {self.name} to an end, and deploy the platform again"

    def parameters_for(self, serving: Serving, guards: Guards) -> list["ParameterTypeDef"]:
        """Return UpdateStack's parameters that let `serving` serve and change nothing else.

        A parameter that is left out falls back to the template's default, so all are there.

        Args:
            serving: What should serve.
            guards: Whether the update goes by way of a canary; serverless endpoints have none.

        Raises:
            InvalidInputError: the stack has no place for a challenger.
            PermanentError: `not-an-endpoint`; the stack cannot be told which model serves.
        """
        wanted = serving.to_parameters() | {Parameter.GUARDS: guards}
        if Parameter.CHAMPION_PACKAGE_ARN not in self.parameters:
            raise PermanentError(
                "not-an-endpoint",
                f"stack {self.name} has no parameter {Parameter.CHAMPION_PACKAGE_ARN}; deploy the "
                "platform again",
                self.name,
            )
        if serving.challenger and Parameter.CHALLENGER_PACKAGE_ARN not in self.parameters:
            raise InvalidInputError(
                f"the endpoint of stack {self.name} serves one model at a time, as serverless "
                "endpoints do, so it tries no challenger; A/B tests need an environment with "
                "instances"
            )
        return [
            {"ParameterKey": name, "ParameterValue": wanted[name]}
            if name in wanted
            else {"ParameterKey": name, "UsePreviousValue": True}
            for name in self.parameters
        ]


class InferenceStack:
    """Reads the stack; only the state machine updates it."""

    def __init__(self, cloudformation: "CloudFormationClient", name: str) -> None:
        self._cloudformation = cloudformation
        self._name = name

    def read(self) -> Stack:
        """Return the stack as it is now.

        Raises:
            PermanentError: `stack-missing`.
        """
        try:
            (found,) = self._cloudformation.describe_stacks(StackName=self._name)["Stacks"]
        except ClientError as error:
            if error_code(error) != _REFUSED:
                raise
            raise PermanentError(
                "stack-missing", f"{error}; deploy the platform first", self._name
            ) from error
        return Stack(
            name=found["StackName"],
            status=found["StackStatus"],
            parameters={
                each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])
            },
        )

    def endpoint_config_name(self) -> str:
        """Return the name of the stack's endpoint configuration; empty when it has none."""
        return self.physical_names().get(InferenceResource.ENDPOINT_CONFIG, "")

    def alarm_names(self) -> list[str]:
        """Return the names of the stack's alarms, all of which undo guarded updates."""
        found = self._cloudformation.describe_stack_resources(StackName=self._name)
        return [
            each["PhysicalResourceId"]
            for each in found["StackResources"]
            if each["ResourceType"] == _ALARM and each.get("PhysicalResourceId")
        ]

    def physical_names(self) -> dict[str, str]:
        """Return logical id to physical name of all resources that exist."""
        found = self._cloudformation.describe_stack_resources(StackName=self._name)
        return {
            each["LogicalResourceId"]: name_of(each["PhysicalResourceId"])
            for each in found["StackResources"]
            if each.get("PhysicalResourceId") and each["ResourceStatus"] != "DELETE_COMPLETE"
        }

    def why_failed(self, token: str) -> str:
        """Return why an update failed, in CloudFormation's words; empty when it did not."""
        reasons = list(self._failures(token))
        causes = [each for each in reasons if _CONSEQUENCE not in each.lower()]
        return (causes or reasons or [""])[-1]

    def _failures(self, token: str) -> Iterator[str]:
        """Yield what failed of the update with `token`, newest first."""
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(
            StackName=self._name
        )
        has_begun = False
        for event in (event for page in pages for event in page["StackEvents"]):
            if event.get("ClientRequestToken") != token:
                if has_begun:
                    return
                continue
            has_begun = True
            if event.get("ResourceStatus", "").endswith(_FAILED):
                reason = event.get("ResourceStatusReason", "no reason was given")
                yield f"{event.get('LogicalResourceId', '')}: {reason}"


def name_of(physical_id: str) -> str:
    """Return a resource's name; CloudFormation's id of some SageMaker types is the ARN."""
    return physical_id.rpartition("/")[2]


def is_same_name(one: str, other: str) -> bool:
    """Return whether two names mean one resource: ARNs did not always keep the case of names."""
    return one.casefold() == other.casefold()
