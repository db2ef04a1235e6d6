"""One template whose values can be resolved: parameters, conditions, outputs, nested stacks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from queue_rules.conditions import condition_value
from queue_rules.documents import checked_template
from queue_rules.functions import DYNAMIC, FUNCTIONS
from queue_rules.loops import unrolled
from queue_rules.serverless import expanded
from queue_rules.sources import Document
from queue_rules.values import ABSENT, Unknown

# They change nothing that the rules read, or what they do is done here.
HARMLESS_TRANSFORMS = {
    "AWS::CodeDeployBlueGreen",
    "AWS::LanguageExtensions",
    "AWS::Serverless-2016-10-31",
}


class Stack:
    """One template whose values can be resolved.

    Args:
        document: The template, with the resources that its transforms make.
        parameters: Values that take the place of defaults.
        parent: The stack that this one is nested in, and its logical id there.
        group: Every stack that may export what this one imports; filled by the caller.

    Raises:
        TemplateError: what a loop makes is no resource.
    """

    def __init__(
        self,
        document: Document,
        *,
        parameters: Mapping[str, str],
        group: "list[Stack]",
        parent: "tuple[Stack, str] | None" = None,
    ) -> None:
        self.document = document
        self.name: str = document.name if parent is None else f"{parent[0].name}.{parent[1]}"
        self.group = group
        self._given = parameters
        self._parent = parent
        self._active: set[tuple[str, str]] = set()
        self._body = document.body
        # Loops run over values of parameters, so the rest of the stack comes first.
        body, self._loops = unrolled(document.body, self.resolve)
        self._body, self._functions = expanded(checked_template(body, source=self.name))
        self.nested = {
            logical_id: Stack(child, parameters={}, group=group, parent=(self, logical_id))
            for logical_id, child in document.nested.items()
        }

    def descendants(self) -> "Iterator[Stack]":
        """Yield the stacks that are nested in this one, at any depth."""
        for child in self.nested.values():
            yield child
            yield from child.descendants()

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a part of the template, such as `Resources`; empty when absent."""
        value = self._body.get(name)
        return value if isinstance(value, Mapping) else {}

    def macros(self) -> list[str]:
        """Return the macros that change the template in ways that cannot be told."""
        transforms = self._body.get("Transform", [])
        names = transforms if isinstance(transforms, list) else [transforms]
        return [name for name in map(str, names) if name not in HARMLESS_TRANSFORMS]

    def resource(self, logical_id: str) -> Mapping[str, Any] | None:
        """Return a resource as written."""
        found = self.section("Resources").get(logical_id)
        return found if isinstance(found, Mapping) else None

    def origin_of(self, logical_id: str) -> str:
        """Return what a resource is written as: itself, or the loop or function that makes it."""
        function = self._functions.get(logical_id, logical_id)
        return self._loops.get(function, function)

    def type_of(self, logical_id: str) -> str:
        """Return the type of a resource; empty when there is none."""
        return str((self.resource(logical_id) or {}).get("Type", ""))

    def resolve(self, value: Any) -> Any:
        """Return `value` without intrinsic functions; absent ones are left out."""
        if isinstance(value, Mapping):
            if len(value) == 1:
                name, argument = next(iter(value.items()))
                if name == "Ref" or (isinstance(name, str) and name.startswith("Fn::")):
                    return self._call(name, argument)
            resolved = {key: self.resolve(each) for key, each in value.items()}
            return {key: each for key, each in resolved.items() if each is not ABSENT}
        if isinstance(value, list):
            return [each for item in value if (each := self.resolve(item)) is not ABSENT]
        if isinstance(value, str) and "{{resolve:" in value:
            return Unknown(DYNAMIC)
        return value

    def property_of(self, logical_id: str, name: str) -> Any:
        """Return one resolved property of a resource; None when absent."""
        properties = (self.resource(logical_id) or {}).get("Properties")
        if not isinstance(properties, Mapping) or name not in properties:
            return None
        with self._once("property", f"{logical_id}.{name}") as first:
            value = self.resolve(properties[name]) if first else Unknown("it refers to itself")
        return None if value is ABSENT else value

    def condition(self, name: str) -> bool | Unknown:
        """Return whether a condition holds under the parameters' values."""
        if name not in self.section("Conditions"):
            return Unknown(f"the condition {name} is not in the template")
        with self._once("condition", name) as first:
            if not first:
                return Unknown(f"the condition {name} refers to itself")
            return condition_value(self.section("Conditions")[name], self)

    def parameter(self, name: str) -> Any:
        """Return the value of a parameter: given, passed by the parent, or the default."""
        definition = self.section("Parameters").get(name)
        definition = definition if isinstance(definition, Mapping) else {}
        type_ = str(definition.get("Type", "String"))
        passed = self._passed(name)
        if passed is not None:
            return passed
        if name in self._given:
            value: Any = self._given[name]
        elif "Default" not in definition:
            return Unknown(f"the parameter {name} has no default")
        elif type_.startswith("AWS::SSM::Parameter::Value"):
            return Unknown(f"the parameter {name} is read from SSM at deployment")
        else:
            value = definition["Default"]
        if type_ == "CommaDelimitedList" or type_.startswith("List<"):
            return [each.strip() for each in str(value).split(",")]
        return value

    def _passed(self, name: str) -> Any:
        if self._parent is None:
            return None
        parent, logical_id = self._parent
        parameters = parent.property_of(logical_id, "Parameters")
        return parameters.get(name) if isinstance(parameters, Mapping) else None

    def output(self, name: str) -> Any:
        """Return the value of an output."""
        output = self.section("Outputs").get(name)
        if not isinstance(output, Mapping) or "Value" not in output:
            return Unknown(f"{self.name} has no output {name}")
        with self._once("output", name) as first:
            return self.resolve(output["Value"]) if first else Unknown("it refers to itself")

    def exports(self) -> Iterator[tuple[Any, str]]:
        """Yield the names of exports with those of their outputs."""
        for name, output in self.section("Outputs").items():
            export = output.get("Export") if isinstance(output, Mapping) else None
            if isinstance(export, Mapping):
                yield self.resolve(export.get("Name")), name

    @contextmanager
    def _once(self, kind: str, name: str) -> Iterator[bool]:
        """Yield whether this is not being resolved already, somewhere further out."""
        key = (kind, name)
        if key in self._active:
            yield False
            return
        self._active.add(key)
        try:
            yield True
        finally:
            self._active.discard(key)

    def _call(self, name: str, argument: Any) -> Any:
        function = FUNCTIONS.get(name)
        if function is None:
            return Unknown(f"it is computed by {name} at deployment")
        return function(self, argument)
