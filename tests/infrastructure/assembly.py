"""One synthesized environment, read from its files."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from config import EnvironmentConfig

Templates = Mapping[str, dict[str, Any]]


@dataclass(frozen=True)
class Resource:
    stack: str
    logical_id: str
    body: Mapping[str, Any] = field(hash=False)

    @property
    def properties(self) -> Mapping[str, Any]:
        properties: Mapping[str, Any] = self.body.get("Properties", {})
        return properties

    def __str__(self) -> str:
        return f"{self.stack}/{self.logical_id}"


@dataclass(frozen=True)
class Assembly:
    environment: EnvironmentConfig
    folder: Path
    templates: Templates

    @classmethod
    def read(cls, environment: EnvironmentConfig, folder: Path) -> "Assembly":
        return cls(environment, folder, read_templates(folder))

    def changed(self, change: Callable[[Templates], None]) -> "Assembly":
        """Return a copy whose templates `change` has changed in place."""
        templates = copy.deepcopy(self.templates)
        change(templates)
        return replace(self, templates=templates)

    def resources(self, *types: str) -> list[Resource]:
        return [
            Resource(stack, logical_id, body)
            for stack, template in self.templates.items()
            for logical_id, body in template["Resources"].items()
            if not types or body["Type"] in types
        ]

    def find(self, stack: str, logical_id: str) -> Resource:
        return Resource(stack, logical_id, self.templates[stack]["Resources"][logical_id])

    def referred(self, stack: str, value: Any) -> Resource | None:
        """The resource that an intrinsic function refers to, in its own stack or another."""
        if isinstance(value, dict) and isinstance(name := value.get("Fn::ImportValue"), str):
            stack, value = self.exports[name]
        logical_id = target(value)
        return self.find(stack, logical_id) if logical_id else None

    def key_of(self, resource: Resource, name: str) -> Resource:
        """The key that a property of `resource` names."""
        key = self.referred(resource.stack, resource.properties.get(name))
        assert key, f"{resource} has no {name}"
        assert key.body["Type"] == "AWS::KMS::Key", resource
        return key

    @cached_property
    def exports(self) -> dict[str, tuple[str, Any]]:
        """Names of exports to their stacks and values."""
        return {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in self.templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

    def policy_statements(self) -> Iterator[tuple[Resource, dict[str, Any]]]:
        """Identity policies: what roles may do."""
        for policy in self.resources("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            for statement in policy.properties["PolicyDocument"]["Statement"]:
                yield policy, statement
        for role in self.resources("AWS::IAM::Role"):
            for inline in role.properties.get("Policies", []):
                for statement in inline["PolicyDocument"]["Statement"]:
                    yield role, statement

    def resource_policies(self) -> Iterator[tuple[Resource, dict[str, Any]]]:
        """Resource policies: who may use a resource."""
        kinds = {
            "AWS::KMS::Key": "KeyPolicy",
            "AWS::S3::BucketPolicy": "PolicyDocument",
            "AWS::SQS::QueuePolicy": "PolicyDocument",
            "AWS::SNS::TopicPolicy": "PolicyDocument",
        }
        for resource in self.resources(*kinds):
            document = resource.properties[kinds[resource.body["Type"]]]
            for statement in document["Statement"]:
                yield resource, statement


def read_templates(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the templates in a folder by the name of their stack."""
    return {
        path.name.removesuffix(".template.json"): json.loads(path.read_text())
        for path in sorted(folder.glob("*.template.json"))
    }


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def target(value: Any) -> str | None:
    """The logical id that an intrinsic function refers to."""
    match value:
        case {"Ref": str(logical_id)} | {"Fn::GetAtt": [str(logical_id), *_]}:
            return logical_id
    return None
