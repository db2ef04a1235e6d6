"""Ways to break a template."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from local.sagemaker.errors import ApiError
from tests.infrastructure.assembly import Assembly, Templates

Body = dict[str, Any]
Guarantee = Callable[[Assembly], None]
Change = Callable[[Body], None]

# Of the environments, the one in which nothing is switched off.
FULL = pytest.mark.parametrize("assembly", ["prod"], indirect=True)
# A check that trips over what is missing has noticed, too.
BROKEN = (ApiError, AssertionError, LookupError, ValueError)


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change that must make a guarantee fail, for each resource it applies to.

    Attributes:
        kind: Type of the resources.
        change: Changes one of them in place; LookupError when it does not apply to it.
        name: Beginning of the logical ids, to leave others out.
    """

    kind: str
    change: Change
    name: str = ""

    def mutants(self, assembly: Assembly) -> list[Assembly]:
        """Return a copy of the assembly for each resource, with that one changed."""
        mutants = []
        for resource in assembly.resources(self.kind):
            if resource.logical_id.startswith(self.name):
                try:
                    mutants.append(assembly.changed(self._at(resource.stack, resource.logical_id)))
                except LookupError:
                    continue
        return mutants

    def _at(self, stack: str, logical_id: str) -> Callable[[Templates], None]:
        return lambda templates: self.change(templates[stack]["Resources"][logical_id])


def cases(mutations: Mapping[Guarantee, Sequence[Mutation]]) -> list[Any]:
    """Return the parameters of a test, one per guarantee and mutation."""
    return [
        pytest.param(guarantee, mutation, id=f"{guarantee.__name__[5:]}-{number}")
        for guarantee, each in mutations.items()
        for number, mutation in enumerate(each)
    ]


def assert_noticed(assembly: Assembly, guarantee: Guarantee, mutation: Mutation) -> None:
    """Assert that the guarantee holds, and that each mutant breaks it."""
    guarantee(assembly)
    mutants = mutation.mutants(assembly)
    assert mutants, "the change applies to nothing"
    for mutant in mutants:
        with pytest.raises(BROKEN):
            guarantee(mutant)


def drop(*path: str | int) -> Change:
    """Remove a property, given by its names and positions below `Properties`."""

    def change(body: Body) -> None:
        del _container(body, path)[path[-1]]

    return change


def put(*path_and_value: Any) -> Change:
    """Set a property, present or not, to the last argument."""
    *path, value = path_and_value

    def change(body: Body) -> None:
        _container(body, path)[path[-1]] = value

    return change


def put_attribute(name: str, value: str) -> Change:
    """Set an attribute beside `Properties`, such as `DeletionPolicy`."""

    def change(body: Body) -> None:
        body[name] = value

    return change


def drop_attribute(name: str) -> Change:
    """Remove an attribute beside `Properties`, such as `Condition`."""

    def change(body: Body) -> None:
        del body[name]

    return change


def put_in_statement(part: str, **elements: Any) -> Change:
    """Change the statements of a policy that `part` occurs in."""

    def change(body: Body) -> None:
        statements = body["Properties"]["PolicyDocument"]["Statement"]
        found = [each for each in statements if part in json.dumps(each)]
        if not found:
            raise LookupError(part)
        for statement in found:
            statement.update(elements)

    return change


def put_in_definition(old: str, new: str) -> Change:
    """Replace text in a state machine's definition."""

    def change(body: Body) -> None:
        definition = body["Properties"]["DefinitionString"]["Fn::Join"]
        parts = [
            each.replace(old, new) if isinstance(each, str) else each for each in definition[1]
        ]
        if parts == definition[1]:
            raise LookupError(old)
        definition[1] = parts

    return change


def adding(kind: str, properties: Body, stack: str = "") -> Callable[[Assembly], Assembly]:
    """Return a function that adds a resource to the stack whose name ends so, or the last one."""

    def change(templates: Templates) -> None:
        *_, last = (each for name, each in templates.items() if name.endswith(stack))
        last["Resources"]["Added"] = {"Type": kind, "Properties": properties}

    return lambda assembly: assembly.changed(change)


def _container(body: Body, path: Any) -> Any:
    container: Any = body["Properties"]
    for step in path[:-1]:
        container = container[step]
    return container
