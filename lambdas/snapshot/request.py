"""What an execution of the training pipeline was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from lambdas.shared.errors import InvalidInputError
from schemas.runs import Mode, Trigger
from schemas.windows import Window, WindowError

_KEYS = ("trigger", "window", "mode", "hyperparameters", "reproduces")
# What a reproduction takes from the model package.
_TAKEN = ("window", "mode", "hyperparameters")
_MAX_VALUE_CHARACTERS = 2_500
"""https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html"""

_Kind = TypeVar("_Kind", bound=StrEnum)


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A valid input of the state machine.

    Attributes:
        trigger: Why it was started.
        window: Months to use; None for the newest that are complete.
        mode: How the model is found.
        hyperparameters: All of those that are fixed: the defaults, as the input changes them.
        reproduces: ARN of the model package to train again; empty for a new model.
    """

    trigger: Trigger
    window: Window | None
    mode: Mode
    hyperparameters: Mapping[str, str]
    reproduces: str = ""


def parse_request(
    document: object, *, defaults: Mapping[str, str], tuned: frozenset[str]
) -> Request:
    """Read the input of an execution.

    Args:
        document: The input, decoded.
        defaults: Every hyperparameter that training knows, with its default.
        tuned: Those that tuning looks for.

    Raises:
        InvalidInputError: something in it is wrong; the text says what, and what to write instead.
    """
    values = _object(document, "the input")
    _check_keys(values, _KEYS, "the input")
    reproduces = _reproduces(values)
    mode = _one_of(Mode, values, "mode", Mode.TRAIN)
    overrides = _hyperparameters(values, defaults)
    if mode is Mode.TUNE and not tuned:
        raise InvalidInputError(
            "there is nothing to tune: no hyperparameter has a range; use mode "
            f"{Mode.TRAIN.value!r}"
        )
    searched = tuned if mode is Mode.TUNE else frozenset[str]()
    if clash := sorted(searched & set(overrides)):
        raise InvalidInputError(
            f"tuning looks for {', '.join(clash)}, so the input must not set it; leave it out, or "
            f"use mode {Mode.TRAIN.value!r}"
        )
    return Request(
        trigger=_trigger(values, reproduces),
        window=_window(values),
        mode=mode,
        hyperparameters={
            name: value for name, value in (*defaults.items(), *overrides.items())
            if name not in searched
        },
        reproduces=reproduces,
    )  # fmt: skip


def _reproduces(values: Mapping[str, Any]) -> str:
    arn = values.get("reproduces", "")
    if not isinstance(arn, str) or (arn and ":model-package/" not in arn):
        raise InvalidInputError(f"reproduces must be the ARN of a model package, got {arn!r}")
    if arn and (given := [name for name in _TAKEN if name in values]):
        raise InvalidInputError(
            f"a reproduction takes {', '.join(given)} from the model package; leave it out"
        )
    return arn


def _trigger(values: Mapping[str, Any], reproduces: str) -> Trigger:
    if not reproduces:
        trigger = _one_of(Trigger, values, "trigger", Trigger.MANUAL)
        if trigger is Trigger.REPRODUCTION:
            raise InvalidInputError(
                "trigger 'reproduction' needs reproduces, the ARN of the model package"
            )
        return trigger
    trigger = _one_of(Trigger, values, "trigger", Trigger.REPRODUCTION)
    if trigger not in {Trigger.MANUAL, Trigger.REPRODUCTION}:
        raise InvalidInputError(
            f"a reproduction is begun by hand, not by trigger {trigger.value!r}"
        )
    return Trigger.REPRODUCTION


def _window(values: Mapping[str, Any]) -> Window | None:
    if "window" not in values:
        return None
    months = _object(values["window"], "window")
    names = tuple(Window.__dataclass_fields__)
    _check_keys(months, names, "window")
    if missing := [name for name in names if name not in months]:
        raise InvalidInputError(
            f"window lacks {', '.join(missing)}; give all of {', '.join(names)}, or no window for "
            "the newest complete month"
        )
    for name, month in months.items():
        if not isinstance(month, str):
            raise InvalidInputError(f"window: {name} must be a text such as '2013-03', got {month}")
    try:
        return Window.from_json(months)
    except WindowError as error:
        raise InvalidInputError(f"window: {error}") from error


def _hyperparameters(values: Mapping[str, Any], defaults: Mapping[str, str]) -> dict[str, str]:
    overrides = _object(values.get("hyperparameters", {}), "hyperparameters")
    _check_keys(overrides, tuple(defaults), "hyperparameters")
    for name, value in overrides.items():
        if not isinstance(value, str):
            raise InvalidInputError(
                f'hyperparameters are texts: write {name} as "{value}" instead of {value!r}'
            )
        if not 0 < len(value) <= _MAX_VALUE_CHARACTERS:
            raise InvalidInputError(
                f"hyperparameter {name} must have 1 to {_MAX_VALUE_CHARACTERS:,} characters, "
                f"got {len(value):,}"
            )
    return overrides


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInputError(f"{what} must be a JSON object, got {value!r}")
    return value


def _check_keys(values: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    if unknown := sorted(set(values) - set(known)):
        raise InvalidInputError(
            f"{what} has the unknown key {unknown[0]!r}; known are {', '.join(known)}"
        )


def _one_of(kind: type[_Kind], values: Mapping[str, Any], name: str, default: _Kind) -> _Kind:
    value = values.get(name, default)
    if value not in list(kind):
        known = ", ".join(repr(each.value) for each in kind)
        raise InvalidInputError(f"{name} must be one of {known}, got {value!r}")
    return kind(value)
