"""What an execution of the release state machine was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.shared.errors import InvalidInputError
from schemas.releases import (
    APPROVAL_EVENT,
    MAX_CHALLENGER_PERCENT,
    Action,
    ReleaseRequest,
    ReleaseTrigger,
)

_KEYS = tuple(ReleaseRequest.__dataclass_fields__)
_NEEDS_MODEL = frozenset({Action.RELEASE, Action.AB_START})
_TAKES_MODEL = _NEEDS_MODEL | {Action.ROLLBACK}
_NEEDS_PERCENT = frozenset({Action.AB_START, Action.AB_WEIGHTS})
_MAX_NOTE_CHARACTERS = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A valid input of the state machine.

    Attributes:
        trigger: Who asks.
        wanted: What for.
    """

    trigger: ReleaseTrigger
    wanted: ReleaseRequest


def parse_request(document: object) -> Request:
    """Read the input of an execution: an approval event, or what a person or the monitor asks for.

    Raises:
        InvalidInputError: something in it is wrong; the text says what, and what to write instead.
    """
    if not isinstance(document, dict):
        raise InvalidInputError(f"the input must be a JSON object, got {document!r}")
    if document.get("detail-type") == APPROVAL_EVENT:
        wanted = ReleaseRequest(action=Action.RELEASE, model_package_arn=_arn_of_event(document))
        return Request(trigger=ReleaseTrigger.APPROVAL, wanted=wanted)
    wanted = _asked_for(document)
    # People mean whatever serves; the monitor has judged one model.
    trigger = ReleaseTrigger.MONITOR if wanted.instead_of else ReleaseTrigger.MANUAL
    return Request(trigger=trigger, wanted=wanted)


def _arn_of_event(event: Mapping[str, Any]) -> str:
    detail = event.get("detail")
    return _arn({} if not isinstance(detail, dict) else detail, "ModelPackageArn")


def _asked_for(document: Mapping[str, Any]) -> ReleaseRequest:
    if unknown := sorted(set(document) - set(_KEYS)):
        raise InvalidInputError(
            f"the input has the unknown key {unknown[0]!r}; known are {', '.join(_KEYS)}"
        )
    action = _action(document)
    arn = _arn(document, "model_package_arn") if document.get("model_package_arn") else ""
    if action in _NEEDS_MODEL and not arn:
        raise InvalidInputError(f"{action.value} needs model_package_arn, the ARN of the model")
    if arn and action not in _TAKES_MODEL:
        raise InvalidInputError(
            f"{action.value} is about the challenger that is being tried; leave out "
            "model_package_arn"
        )
    return ReleaseRequest(
        action=action,
        model_package_arn=arn,
        challenger_percent=_percent(document, action),
        note=_note(document),
        instead_of=_instead_of(document, action),
    )


def _action(document: Mapping[str, Any]) -> Action:
    value = document.get("action")
    if value not in list(Action):
        known = ", ".join(repr(each.value) for each in Action)
        raise InvalidInputError(f"action must be one of {known}, got {value!r}")
    return Action(value)


def _arn(document: Mapping[str, Any], name: str) -> str:
    arn = document.get(name)
    if not isinstance(arn, str) or ":model-package/" not in arn or not _has_version(arn):
        raise InvalidInputError(
            f"{name} must be the ARN of a version of a model package group, such as "
            f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/models/7, got {arn!r}"
        )
    return arn


def _has_version(arn: str) -> bool:
    return arn.rpartition("/")[2].isdecimal()


def _percent(document: Mapping[str, Any], action: Action) -> int:
    percent = document.get("challenger_percent", 0)
    if action not in _NEEDS_PERCENT:
        if percent != 0:
            raise InvalidInputError(f"{action.value} takes no challenger_percent; leave it out")
        return 0
    is_whole = isinstance(percent, int) and not isinstance(percent, bool)
    if not is_whole or not 1 <= percent <= MAX_CHALLENGER_PERCENT:
        raise InvalidInputError(
            f"challenger_percent must be a whole number from 1 to {MAX_CHALLENGER_PERCENT}, got "
            f"{percent!r}; a model that is to get more is released"
        )
    return int(percent)


def _instead_of(document: Mapping[str, Any], action: Action) -> str:
    if not document.get("instead_of"):
        return ""
    if action is not Action.ROLLBACK:
        raise InvalidInputError(f"{action.value} takes no instead_of; leave it out")
    return _arn(document, "instead_of")


def _note(document: Mapping[str, Any]) -> str:
    note = document.get("note", "")
    if not isinstance(note, str) or len(note) > _MAX_NOTE_CHARACTERS:
        raise InvalidInputError(
            f"note must be a text of at most {_MAX_NOTE_CHARACTERS:,} characters"
        )
    return note
