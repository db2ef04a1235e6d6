"""Cuts off every step of a release at each of its AWS calls, and takes it back.

To run a whole release for each of its calls would take many seconds. A step knows nothing but its
input and what is written down, so it is enough that each step which was cut off, and was tried
again, returns and leaves what it does when it was not.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from lambdas.shared.errors import PermanentError, TransientError
from tests.unit.lambdas.interference import Killed, StopAt, intercepted
from tests.unit.lambdas.pipeline import RELEASES
from tests.unit.lambdas.releasing import Releasing

_MAX_CALLS = 100

Outcome = dict[str, Any] | BaseException


@dataclass(frozen=True)
class _Written:
    """All that steps write to: the items of the table, and what the hosting keeps."""

    items: Any
    hosting: dict[str, Any]

    @classmethod
    def read(cls, releasing: Releasing) -> Self:
        hosting = {name: each for name, each in vars(releasing.hosting).items() if name != "_lock"}
        return cls(deepcopy(_table(releasing).items), deepcopy(hosting))

    def put_back(self, releasing: Releasing) -> None:
        _table(releasing).items = deepcopy(self.items)
        vars(releasing.hosting).update(deepcopy(self.hosting))


@dataclass(frozen=True)
class _End:
    """What a step returned, and has left for the next ones."""

    outcome: str
    items: Any
    serving: dict[str, str]
    parameters: dict[str, str]


def _table(releasing: Releasing) -> Any:
    # Past its API, by which every item would be a call of milliseconds.
    region = releasing.s3.meta.region_name
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][region].tables[RELEASES]


class Rehearsal:
    """Takes the place of `Releasing.step`: cuts it off everywhere before it is taken for good.

    Args:
        releasing: The world.
        error: What a call that is cut off raises.
        after: Whether it has taken effect then.
        patch: Intercepts the calls.
    """

    def __init__(
        self,
        releasing: Releasing,
        error: Callable[[str], BaseException],
        *,
        after: bool,
        patch: pytest.MonkeyPatch,
    ) -> None:
        self._releasing = releasing
        self._step = releasing.step
        self._error = error
        self._after = after
        self._patch = patch

    def __call__(self, step: str, name: str, **payload: Any) -> dict[str, Any]:
        take = partial(self._step, step, name, **payload)
        before = _Written.read(self._releasing)
        interrupted: list[_Written] = []
        ends: list[_End] = []
        for number in range(1, _MAX_CALLS):
            stop = StopAt(number, self._error, after=self._after)
            with intercepted(stop, self._patch):
                outcome = _outcome(take)
            if not stop.was_reached:
                break
            if isinstance(outcome, Killed | TransientError):
                written = _Written.read(self._releasing)
                # What begins with the same ends the same: once is enough.
                if written not in interrupted:
                    interrupted.append(written)
                    ends.append(self._end(step, _outcome(take)))
            else:
                ends.append(self._end(step, outcome))
            before.put_back(self._releasing)
        else:
            pytest.fail(f"{step} never ended")
        assert ends == [self._end(step, outcome)] * len(ends), step
        assert ends, f"{step} calls nothing"
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _end(self, step: str, outcome: Outcome) -> _End:
        hosting = self._releasing.hosting
        return _End(
            # What a sweep does not get to is for the next release's.
            outcome="" if step == "sweep" else repr(outcome),
            items=deepcopy(_table(self._releasing).items),
            serving=hosting.serving,
            parameters=dict(hosting.parameters),
        )


def _outcome(take: Callable[[], dict[str, Any]]) -> Outcome:
    try:
        return take()
    except (Killed, PermanentError, TransientError) as error:
        return error
