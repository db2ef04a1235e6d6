"""Values of a template: known, absent, or known only when it is deployed."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

Default = TypeVar("Default")

ABSENT = object()
"""What AWS::NoValue comes to: the property is left out."""


class TemplateError(Exception):
    """What was given cannot be read as a template; the text says what and what to do."""


@contextmanager
def refusing_depth() -> Iterator[None]:
    """Turn running out of stack into an error about the template; no real one is that deep.

    Raises:
        TemplateError: something is nested too deeply.
    """
    try:
        yield
    except RecursionError:
        raise TemplateError("a template is nested too deeply to be one") from None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that the template does not tell.

    Attributes:
        reason: Why not, ready for print: "the parameter Size has no default".
        may_be_absent: Whether it may turn out that there is none.
        remedy: What would tell; empty where further templates or parameters would.
    """

    reason: str
    may_be_absent: bool = False
    remedy: str = ""


def plain(value: Any) -> bool:
    """Return whether a string is known in full, free of what only a deployment decides."""
    return not isinstance(value, str) or "{" not in value


class Properties:
    """Resolved properties by name; every reader tells absent from unknown.

    Args:
        values: Names to values without intrinsic functions; what could not be resolved is
            `Unknown`.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __bool__(self) -> bool:
        return bool(self._values)

    def raw(self, name: str) -> Any:
        """Return the value as it is; None when absent."""
        return self._values.get(name)

    def number(self, name: str, default: Default) -> int | Unknown | Default:
        """Return a whole number; digits in a string count."""
        if name not in self._values:
            return default
        value = self._values[name]
        match value:
            case Unknown():
                return value
            case bool():
                pass
            case int():
                return value
            case float() if value.is_integer():
                return int(value)
            case str() if value.strip().removeprefix("-").isdecimal():
                return int(value)
        return Unknown(f"{name} is {_shown(value)}, not a whole number")

    def text(self, name: str) -> str | Unknown | None:
        """Return a string; None when absent."""
        value = self._values.get(name)
        if value is None or isinstance(value, str | Unknown):
            return value
        if isinstance(value, int | float):
            return str(value)
        return Unknown(f"{name} is {_shown(value)}, not a string")

    def flag(self, name: str, *, default: bool) -> bool | Unknown:
        """Return a boolean; "true" and "false" in a string count."""
        value = self._values.get(name, default)
        if isinstance(value, bool | Unknown):
            return value
        known = {"true": True, "false": False}
        return known.get(str(value).lower(), Unknown(f"{name} is {_shown(value)}, not a boolean"))

    def mapping(self, name: str) -> "Properties | Unknown":
        """Return nested properties; empty when absent. JSON in a string counts."""
        value = self._values.get(name, {})
        if isinstance(value, str):
            value = _decoded(value)
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Mapping):
            return Properties(value)
        return Unknown(f"{name} is {_shown(value)}, not a mapping")

    def items(self, name: str) -> list[Any] | Unknown:
        """Return a list; a single value is a list of one, absent is empty."""
        value = self._values.get(name, [])
        if isinstance(value, list | Unknown):
            return value
        return [value]

    def mappings(self, name: str) -> "Iterator[Properties | Unknown]":
        """Yield the nested properties of a list; one unknown stands for an unknown list."""
        items = self.items(name)
        for item in [items] if isinstance(items, Unknown) else items:
            if isinstance(item, Mapping):
                yield Properties(item)
            elif isinstance(item, Unknown):
                yield item
            else:
                yield Unknown(f"an item of {name} is {_shown(item)}, not a mapping")


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _shown(value: Any) -> str:
    text = repr(value)
    longest = 60
    return text if len(text) <= longest else f"{text[:longest]}..."
