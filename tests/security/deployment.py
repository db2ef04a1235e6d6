"""An assembly with ARNs in place of references, and who may do what in it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from local.environment import ACCOUNT, REGION
from tests.infrastructure.assembly import Assembly, Resource, target
from tests.security.policies import Grant, grants_of

_PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
}
# What `Fn::GetAtt: [..., Arn]` is, by type; `{}` stands for the name.
_ARNS = {
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{{}}",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{{}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}",
}
_NAMED_BY_ADDRESS = ("AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::StepFunctions::StateMachine")
# Of these, `Ref` is the ARN as well.
_REF_IS_ARN = ("AWS::SNS::Topic", "AWS::StepFunctions::StateMachine")


@dataclass(frozen=True)
class Deployment:
    """An assembly, as if it were deployed.

    Attributes:
        assembly: Its templates.
        names: Physical ids by stack and logical id; a resource without one is called by its
            logical id, so that policies can be read without any cloud.
    """

    assembly: Assembly
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @cached_property
    def grants(self) -> tuple[Grant, ...]:
        """Everything that any role may do."""
        return tuple(self._grants())

    def _grants(self) -> Iterator[Grant]:
        for policy, statement in self.assembly.policy_statements():
            resolved = {name: self.resolve(policy.stack, each) for name, each in statement.items()}
            for role in self._roles_of(policy):
                yield from grants_of(role, resolved)

    def _roles_of(self, policy: Resource) -> list[str]:
        if policy.body["Type"] == "AWS::IAM::Role":
            return [self.name(policy)]
        return [self.resolve(policy.stack, role) for role in policy.properties["Roles"]]

    def role_of(self, function: Resource) -> str:
        """Return the name of the role that a function runs under."""
        return self._role(function, "Role")

    def role_of_state_machine(self, machine: Resource) -> str:
        """Return the name of the role that a state machine runs under."""
        return self._role(machine, "RoleArn")

    def _role(self, resource: Resource, name: str) -> str:
        role = target(resource.properties[name])
        assert role, f"{resource} runs under a role of another stack"
        return self.name(self.assembly.find(resource.stack, role))

    def name(self, resource: Resource) -> str:
        """Return the physical id; of what CloudFormation calls by an address, the name."""
        name = self.names.get((resource.stack, resource.logical_id), resource.logical_id)
        return re.split("[:/]", name)[-1] if resource.body["Type"] in _NAMED_BY_ADDRESS else name

    def arn(self, resource: Resource) -> str:
        """Return the ARN of a resource."""
        return _ARNS[resource.body["Type"]].format(self.name(resource))

    def _ref(self, resource: Resource) -> str:
        is_arn = resource.body["Type"] in _REF_IS_ARN
        return self.arn(resource) if is_arn else self.name(resource)

    def resolve(self, stack: str, value: Any) -> Any:
        """Return `value`, part of a template, without intrinsic functions.

        Raises:
            ValueError: an intrinsic function that no policy of ours has used so far.
        """
        match value:
            case str():
                return value
            case list():
                return [self.resolve(stack, each) for each in value]
            case dict() if not any(name == "Ref" or name.startswith("Fn::") for name in value):
                return {name: self.resolve(stack, each) for name, each in value.items()}
        return self._intrinsic(stack, value)

    def _intrinsic(self, stack: str, value: Any) -> Any:
        match value:
            case {"Ref": str(name)}:
                return _PSEUDO_PARAMETERS.get(name) or self._ref(self.assembly.find(stack, name))
            case {"Fn::GetAtt": [str(logical_id), "Arn"]}:
                return self.arn(self.assembly.find(stack, logical_id))
            case {"Fn::Join": [str(delimiter), list(parts)]}:
                return delimiter.join(self.resolve(stack, part) for part in parts)
            case {"Fn::ImportValue": str(name)}:
                return self.resolve(*self.assembly.exports[name])
            case {"Fn::FindInMap": [str(name), key, str(field)]}:
                table = self.assembly.templates[stack]["Mappings"][name]
                return table[self.resolve(stack, key)][field]
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([\w:]+)\}", lambda m: _PSEUDO_PARAMETERS[m[1]], text)
        raise ValueError(f"cannot resolve {value!r} of {stack}; add it to {__name__}")
