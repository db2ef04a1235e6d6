"""Conditions of a template, evaluated for given parameters."""

from collections.abc import Mapping
from typing import Any

NO_VALUE = {"Ref": "AWS::NoValue"}


def existing(template: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the resources that a stack has with `parameters`, with their `Fn::If` decided."""
    conditions = template.get("Conditions", {})
    values = {name: each["Default"] for name, each in template.get("Parameters", {}).items()}
    values |= parameters

    def holds(condition: Any) -> bool:
        match condition:
            case {"Condition": str(name)}:
                return holds(conditions[name])
            case {"Fn::Not": [inner]}:
                return not holds(inner)
            case {"Fn::And": list(inner)}:
                return all(map(holds, inner))
            case {"Fn::Equals": [{"Ref": str(name)}, str(value)]}:
                return bool(values[name] == value)
        raise ValueError(f"cannot evaluate {condition!r}; add it to {__name__}")

    def decided(value: Any) -> Any:
        match value:
            case {"Fn::If": [str(name), then, otherwise]}:
                return decided(then if holds(conditions[name]) else otherwise)
            case dict():
                return {name: decided(each) for name, each in value.items()}
            case list():
                chosen = [decided(each) for each in value]
                return [each for each in chosen if each != NO_VALUE]
        return value

    return {
        logical_id: decided(body)
        for logical_id, body in template["Resources"].items()
        if "Condition" not in body or holds({"Condition": body["Condition"]})
    }
