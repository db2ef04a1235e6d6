"""Interferes with the AWS calls of the code under test: kills it, fails it, or interleaves it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

_METHOD = "_make_api_call"  # botocore's one door to every service
_call = vars(BaseClient)[_METHOD]


class Killed(BaseException):
    """The worker is gone; nothing that handles errors sees this."""


def unavailable(operation: str) -> ClientError:
    """An answer of AWS that another attempt may not get."""
    return ClientError({"Error": {"Code": "InternalError", "Message": "try again"}}, operation)


@contextmanager
def intercepted(
    around: Callable[[str, Callable[[], Any]], Any], patch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Let `around(operation, call)` decide what becomes of each AWS call."""

    def intercept(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        return around(operation, lambda: _call(client, operation, arguments))

    with patch.context() as context:
        context.setattr(BaseClient, _METHOD, intercept)
        yield


class StopAt:
    """Raises at the n-th call, before it or after it has taken effect.

    Attributes:
        was_reached: Whether there were that many calls.
    """

    def __init__(self, number: int, error: Callable[[str], BaseException], *, after: bool) -> None:
        self._left = number
        self._error = error
        self._after = after
        self._counting = threading.Lock()  # code under test may call from several threads
        self.was_reached = False

    def __call__(self, operation: str, call: Callable[[], Any]) -> Any:
        with self._counting:
            self._left -= 1
            is_here = self._left == 0
        if not is_here:
            return call()
        self.was_reached = True
        if self._after:
            call()
        raise self._error(operation)


class TakeTurns:
    """Runs workers one AWS call at a time, in the order of a schedule.

    Args:
        schedule: Index of the worker whose turn it is, call by call. Turns of a worker that has
            ended are skipped, and when the schedule is used up, the workers end one by one.
    """

    def __init__(self, schedule: Sequence[int]) -> None:
        self._schedule = list(schedule)
        self._running: set[int] = set()
        self._changed = threading.Condition()
        self._worker = threading.local()

    def __call__(self, _operation: str, call: Callable[[], Any]) -> Any:
        index = self._worker.index
        with self._changed:
            assert self._changed.wait_for(lambda: self._turn() == index, timeout=30)
            try:
                return call()
            finally:
                if self._schedule:
                    self._schedule.pop(0)
                self._changed.notify_all()

    def _turn(self) -> int:
        while self._schedule and self._schedule[0] not in self._running:
            self._schedule.pop(0)
        return self._schedule[0] if self._schedule else min(self._running)

    def run(self, workers: Sequence[Callable[[], Any]]) -> list[Any]:
        """Run `workers`; return what each of them returned."""
        results: list[Any] = [None] * len(workers)

        def work(index: int) -> None:
            self._worker.index = index
            try:
                results[index] = workers[index]()
            finally:
                with self._changed:
                    self._running.discard(index)
                    self._changed.notify_all()

        self._running = set(range(len(workers)))
        threads = [threading.Thread(target=work, args=(index,)) for index in self._running]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        return results
