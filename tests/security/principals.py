"""The roles of an environment, and what each of them may do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from config import MODEL
from local.calls import Call
from local.environment import ACCOUNT, REGION
from schemas.names import StackName
from tests.infrastructure.assembly import Assembly, target
from tests.infrastructure.state_machines import state_machine, state_machines
from tests.infrastructure.test_functions import own_functions
from tests.security.contexts import deployment_role
from tests.security.deployment import Deployment
from tests.security.policies import NO_CONTEXT, Context, is_allowed

DEPLOYER = "DeploymentRole"
MACHINE = "state machine "
FUNCTION = "function "
_HASH = re.compile("[0-9A-F]{8}$")


@dataclass(frozen=True)
class World:
    """An environment as somebody sees it who looks for a way around its rules."""

    assembly: Assembly

    @property
    def name(self) -> str:
        return self.assembly.environment.name

    @cached_property
    def deployment(self) -> Deployment:
        return Deployment(self.assembly)

    @cached_property
    def principals(self) -> Mapping[str, str]:
        """Roles by what runs under them, or by their logical id without its hash."""
        found = {
            _HASH.sub("", each.logical_id): each.logical_id
            for each in self.assembly.resources("AWS::IAM::Role")
        }
        named = {
            f"{FUNCTION}{each.stack.rpartition(f'{self.name}-')[2]}/{_package(each.properties)}": (
                self.deployment.role_of(each)
            )
            for each in own_functions(self.assembly)
        } | {
            f"{MACHINE}{_short(each.resource.properties['StateMachineName'])}": (
                self.deployment.role_of_state_machine(each.resource)
            )
            for each in state_machines(self.assembly)
        }
        others = {name: role for name, role in found.items() if role not in named.values()}
        assert len(others | named) == len(self.assembly.resources("AWS::IAM::Role"))
        return others | named

    def may(self, action: str, resource: str, context: Context = NO_CONTEXT) -> set[str]:
        """Return who may do something."""
        return {name for name in self.principals if self.allows(name, action, resource, context)}

    def allows(
        self, principal: str, action: str, resource: str, context: Context = NO_CONTEXT
    ) -> bool:
        call = Call(self.principals[principal], action, resource)
        return is_allowed(call, self.deployment.grants, context)

    def sagemaker(self, kind: str, name: str = "") -> str:
        """Return the ARN of something in SageMaker; by default of what is called as the model."""
        return arn("sagemaker", f"{kind}/{name or f'mlops-{self.name}-{MODEL.name}'}")

    @property
    def package(self) -> str:
        return f"{self.sagemaker('model-package')}/1"

    @property
    def deployer(self) -> str:
        """ARN of the role that releases give to CloudFormation."""
        return deployment_role(self.deployment)

    @property
    def model_role(self) -> str:
        """ARN of the role that models run as."""
        return self.role("ModelRole")

    def role(self, principal: str) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role/{self.principals[principal]}"

    def stack(self, stack: StackName = StackName.INFERENCE, environment: str = "") -> str:
        name = stack.in_environment(environment or self.name)
        return arn("cloudformation", f"stack/{name}/6f1d2a34")

    def bucket(self, name: str) -> str:
        """Return the ARN of the bucket whose logical id begins with `name`."""
        (found,) = (
            self.deployment.arn(each)
            for each in self.assembly.resources("AWS::S3::Bucket")
            if each.logical_id.startswith(name)
        )
        return found

    @property
    def release_machine(self) -> str:
        return self.deployment.arn(state_machine(self.assembly, "release").resource)

    @property
    def releases_table(self) -> str:
        outputs = self.assembly.templates[StackName.MODEL_REGISTRY.in_environment(self.name)]
        table = target(outputs["Outputs"]["ReleasesTableName"]["Value"])
        return arn("dynamodb", f"table/{table}")

    def tagged(self, key: str, **changes: str) -> Context:
        """Return the tags of this environment as a condition key has them, changed or not."""
        tags = {"application": "mlops", "environment": self.name} | changes
        return {f"aws:{key}/{name}": value for name, value in tags.items()}


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def _package(properties: Mapping[str, str]) -> str:
    return properties["Handler"].split(".")[1]


def _short(name: str) -> str:
    return name.rpartition("-")[2]
