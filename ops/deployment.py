"""A deployed environment: its stacks, their outputs and their resources."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from config import ENVIRONMENTS, EnvironmentConfig
from ops.aws import Connection, connect
from ops.errors import OpsError, explained
from schemas.names import Output, StackName

REQUIRED_STACKS = (StackName.DATA_LAKE, StackName.INGESTION)

# Stacks in these states serve; a failed *update* has been rolled back to what served before.
_SERVING = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "IMPORT_COMPLETE",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class StackState:
    """One stack as CloudFormation describes it.

    Attributes:
        name: Full name, for example `mlops-dev-ingestion`.
        status: CloudFormation's status; `NOT_DEPLOYED` when there is no such stack.
        outputs: Output keys to values.
        parameters: Parameter keys to values.
    """

    name: str
    status: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        """Whether CloudFormation knows the stack."""
        return self.status != "NOT_DEPLOYED"

    @property
    def serves(self) -> bool:
        """Whether the stack's resources are complete."""
        return self.status in _SERVING

    @property
    def is_unsettled(self) -> bool:
        """Whether people should know its state: it is changing, or its resources are incomplete.

        A state may say that it is complete and mean that a creation was undone.
        """
        return self.exists and not (self.serves and self.status.endswith("_COMPLETE"))


def find_environment(name: str) -> EnvironmentConfig:
    """Return the environment called `name`.

    Raises:
        OpsError: there is none.
    """
    try:
        return ENVIRONMENTS[name]
    except KeyError:
        known = ", ".join(sorted(ENVIRONMENTS))
        raise OpsError(f"unknown environment {name!r}", f"Use --env with one of: {known}") from None


def describe_stack(connection: Connection, name: str) -> StackState:
    """Return the state of the stack `name`, which need not exist."""
    try:
        stacks = connection.cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in error.response.get("Error", {}).get("Message", ""):
            return StackState(name=name, status="NOT_DEPLOYED", outputs={})
        raise
    outputs = {
        output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])
    }
    parameters = {
        each["ParameterKey"]: each.get("ParameterValue", "")
        for each in stacks[0].get("Parameters", [])
    }
    return StackState(
        name=name, status=stacks[0]["StackStatus"], outputs=outputs, parameters=parameters
    )


def resources(connection: Connection, stack_name: str, resource_type: str) -> Iterator[str]:
    """Yield physical ids of the stack's resources of one type, for example `AWS::S3::Bucket`."""
    pages = connection.cloudformation.get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=stack_name):
        for resource in page["StackResourceSummaries"]:
            is_there = not resource["ResourceStatus"].startswith("DELETE_COMPLETE")
            if resource["ResourceType"] == resource_type and is_there:
                physical_id = resource.get("PhysicalResourceId")
                if physical_id:
                    yield physical_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """One environment as it is deployed.

    Attributes:
        environment: Its configuration.
        connection: The cloud it is deployed to.
        stacks: Its stacks, deployed or not.
    """

    environment: EnvironmentConfig
    connection: Connection
    stacks: Mapping[StackName, StackState]

    @classmethod
    def find(cls, environment_name: str, connection: Connection | None = None) -> "Deployment":
        """Look the environment up in CloudFormation.

        Args:
            environment_name: One of `config.ENVIRONMENTS`.
            connection: The cloud to look in; by default the one that the environment lives in.

        Raises:
            OpsError: there is no such environment, its data lake or ingestion is not deployed or
                broken, or the cloud cannot be reached.
        """
        deployment = cls.look(environment_name, connection)
        deployment.require(*REQUIRED_STACKS)
        return deployment

    @classmethod
    def look(cls, environment_name: str, connection: Connection | None = None) -> "Deployment":
        """Like `find`, but stacks may be missing or broken."""
        environment = find_environment(environment_name)
        with explained():
            connection = connection or connect(environment)
        with explained(local_endpoint=connection.endpoint_url):
            stacks = {
                name: describe_stack(connection, name.in_environment(environment_name))
                for name in StackName
            }
        return cls(environment=environment, connection=connection, stacks=stacks)

    @property
    def place(self) -> str:
        """Where this is, for people: the local cloud's address or a region of AWS."""
        return self.connection.endpoint_url or f"AWS region {self.connection.region}"

    def require(self, *names: StackName) -> None:
        """Check that stacks are deployed and complete.

        Raises:
            OpsError: one is not.
        """
        deploy = f"`make deploy ENV={self.environment.name}`"
        for name in names:
            stack = self.stacks[name]
            if not stack.exists:
                raise OpsError(
                    f"stack {stack.name} is not deployed in {self.place}{self._others()}",
                    f"Run {deploy}",
                )
            if not stack.serves:
                raise OpsError(
                    f"stack {stack.name} is in state {stack.status}",
                    f"Wait until it is complete, or run {deploy} again",
                )

    def _others(self) -> str:
        """Name other environments in the same place: a wrong --env is a likely mistake."""
        found = [
            name
            for name in sorted(ENVIRONMENTS.keys() - {self.environment.name})
            if describe_stack(self.connection, StackName.INGESTION.in_environment(name)).exists
        ]
        return f" (deployed there: {', '.join(found)})" if found else ""

    def __getitem__(self, output: Output) -> str:
        """Return the value of a stack output.

        Raises:
            OpsError: no deployed stack has it.
        """
        for stack in self.stacks.values():
            if output in stack.outputs:
                return stack.outputs[output]
        raise OpsError(
            f"no stack of environment {self.environment.name} has the output {output}",
            f"Run `make deploy ENV={self.environment.name}`: the stacks are older than this tree",
        )

    def resources(self, resource_type: str) -> list[str]:
        """Return physical ids of all its stacks' resources of one type, sorted."""
        return sorted(
            physical_id
            for stack in self.stacks.values()
            if stack.exists
            for physical_id in resources(self.connection, stack.name, resource_type)
        )
