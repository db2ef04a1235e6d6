"""From text to a template: JSON, or YAML with the short forms of intrinsic functions."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from queue_rules.values import TemplateError

# Short forms whose long form has no `Fn::`.
PLAIN_FUNCTIONS = {"Ref", "Condition"}


class _TemplateLoader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: short forms are functions, dates are strings."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the name and type are PyYAML's
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _function(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any = None
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if name in PLAIN_FUNCTIONS:
        return {name: value}
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", maxsplit=1)
    return {f"Fn::{name}": value}


_TemplateLoader.add_multi_constructor("!", _function)


def parse(text: str, *, source: str) -> Any:
    """Return what JSON or YAML says.

    Args:
        text: Contents of a file.
        source: Its name, for errors.

    Raises:
        TemplateError: it is neither.
    """
    try:
        if text.lstrip().startswith(("{", "[")):
            try:
                return json.loads(text)
            except json.JSONDecodeError:
                pass  # YAML has braces, too
        # A subclass of SafeLoader: makes strings, numbers, lists and dicts only.
        return yaml.load(text, Loader=_TemplateLoader)  # noqa: S506
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" (line {where.line + 1})" if where else ""
        problem = getattr(error, "problem", None) or "not YAML"
        raise TemplateError(f"{source}: neither JSON nor YAML{line}: {problem}") from error
    except RecursionError:
        raise TemplateError(f"{source}: nested too deeply to be a template") from None
    except (ValueError, TypeError) as error:
        raise TemplateError(f"{source}: neither JSON nor YAML: {error}") from error


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        TemplateError: it cannot be read, or is no text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TemplateError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TemplateError(f"{path}: not a text file; give a template in JSON or YAML") from error


def looks_like_template(body: Any) -> bool:
    """Return whether `body` has resources with types."""
    resources = body.get("Resources") if isinstance(body, Mapping) else None
    return isinstance(resources, Mapping) and any(
        isinstance(each, Mapping) and isinstance(each.get("Type"), str)
        for each in resources.values()
    )


def checked_template(body: Any, *, source: str) -> Mapping[str, Any]:
    """Return `body` if it is a template.

    Raises:
        TemplateError: it is something else.
    """
    if not isinstance(body, Mapping):
        raise TemplateError(f"{source}: not a template: expected a mapping with Resources")
    if not isinstance(body.get("Resources"), Mapping):
        raise TemplateError(f"{source}: not a template: it has no Resources")
    for logical_id, resource in body["Resources"].items():
        if isinstance(logical_id, str) and logical_id.startswith("Fn::"):
            continue
        if not isinstance(resource, Mapping) or not isinstance(resource.get("Type"), str):
            raise TemplateError(f"{source}: the resource {logical_id} has no Type")
        if not isinstance(resource.get("Properties") or {}, Mapping):
            raise TemplateError(f"{source}: the Properties of {logical_id} are not a mapping")
    return body


def line_of(text: str, logical_id: str) -> int:
    """Return the line, from 1, on which a resource begins; 1 when it is not found."""
    resources = _key("Resources").search(text)
    # Parameters and conditions may have the same name, and come first.
    found = _key(logical_id).search(text, resources.end() if resources else 0)
    found = found or _key(logical_id).search(text)
    return 1 if found is None else text.count("\n", 0, found.end()) + 1


def _key(name: str) -> re.Pattern[str]:
    return re.compile(rf"""^\s*["']?{re.escape(name)}["']?\s*:""", re.MULTILINE)
