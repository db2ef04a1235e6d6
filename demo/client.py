"""A client that never stops asking for predictions, and keeps what it was answered."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from demo.errors import DemoError
from demo.questions import AirportDay
from ops import asking
from ops.deployment import Deployment
from ops.errors import OpsError
from ops.pacing import Pacer

THREADS = 3
CALLS_PER_SECOND = 5.0
NO_REPLY = 0
"""Status of a call that the function did not reply to."""
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request, and what came of it.

    Attributes:
        request_id: Its id; no other call has it.
        began: Second at which it was sent, on the demo's clock.
        seconds: How long the reply took.
        rows: What was asked.
        status: HTTP status of the reply, or `NO_REPLY`.
        code: Why there was no answer; empty when there was.
        variant: Production variant that answered; empty without an answer.
        model: Model package that answered, likewise.
        prediction_ids: Of the answers, in the order of the rows.
    """

    request_id: str
    began: float
    seconds: float
    rows: int
    status: int
    code: str = ""
    variant: str = ""
    model: str = ""
    prediction_ids: tuple[str, ...] = ()

    @property
    def ended(self) -> float:
        """Second at which the reply was there."""
        return self.began + self.seconds

    @property
    def is_answered(self) -> bool:
        """Whether every row was answered."""
        return not self.code


def call(
    deployment: Deployment, day: AirportDay, request_id: str, clock: Callable[[], float]
) -> Call:
    """Ask once; whatever goes wrong is what came of it."""
    began = clock()
    made = partial(Call, request_id=request_id, began=began, rows=day.request.rows)
    try:
        reply = asking.ask(deployment, day.request, request_id)
    except (OpsError, BotoCoreError, ClientError) as error:
        code = f"{type(error).__name__}: {error}"
        return made(seconds=clock() - began, status=NO_REPLY, code=code)
    seconds = clock() - began
    if not reply.is_answer:
        return made(seconds=seconds, status=reply.status, code=reply.code)
    return made(
        seconds=seconds,
        status=reply.status,
        variant=reply.body["variant"],
        model=reply.body["model_package_arn"],
        prediction_ids=tuple(each["prediction_id"] for each in reply.body["predictions"]),
    )


class Client:
    """Asks for one airport-day after the other, over and over, from `with` to its end.

    Args:
        deployment: Whose predict function to ask.
        days: What to ask.
        clock: Seconds since the demo began.
    """

    def __init__(
        self, deployment: Deployment, days: Sequence[AirportDay], clock: Callable[[], float]
    ) -> None:
        self._deployment = deployment
        self._clock = clock
        self._questions = _rounds(days)
        self._calls: list[Call] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="client")
        self._threads: list[Future[None]] = []

    def __enter__(self) -> Self:
        """Begin to ask."""
        self._threads = [self._pool.submit(self._ask_on) for _ in range(THREADS)]
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, once the calls under way have their replies."""
        self._ended.set()
        self._pool.shutdown()
        if exception is None:
            self._check()

    @property
    def calls(self) -> list[Call]:
        """What came of every call so far, in the order of their replies."""
        with self._lock:
            return list(self._calls)

    def wait_for(self, calls: int, *, timeout_seconds: float) -> None:
        """Wait until so many more calls have come to their end.

        Raises:
            DemoError: they have not in time.
        """
        deadline = time.monotonic() + timeout_seconds
        wanted = len(self.calls) + calls
        while len(self.calls) < wanted:
            self._check()
            if time.monotonic() > deadline:
                raise DemoError(
                    f"the client has not made {calls} calls within {timeout_seconds:g} seconds"
                )
            self._ended.wait(_LOOK_SECONDS)

    def _ask_on(self) -> None:
        pacer = Pacer(CALLS_PER_SECOND / THREADS)
        while not self._ended.is_set():
            pacer.wait()
            with self._lock:
                request_id, day = next(self._questions)
            result = call(self._deployment, day, request_id, self._clock)
            with self._lock:
                self._calls.append(result)

    def _check(self) -> None:
        """Raise what a thread has ended with: a client that has stopped proves nothing."""
        for thread in self._threads:
            if thread.done():
                thread.result()


def _rounds(days: Sequence[AirportDay]) -> Iterator[tuple[str, AirportDay]]:
    """Yield the days again and again, each time under another request id."""
    for number in itertools.count(1):
        for day in days:
            yield f"client-{day.name}-{number}", day
