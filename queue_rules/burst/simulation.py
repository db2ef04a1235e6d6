"""The simulation itself: events in the order of time. What it assumes: see the package."""

import heapq
import itertools
from collections.abc import Callable
from functools import partial
from random import Random

from queue_rules.burst.arrivals import arrivals
from queue_rules.burst.concurrency import MappingLimit, Slots
from queue_rules.burst.messages import SEEN, Message, Messages, VisibleMessages, count, draw, seen
from queue_rules.burst.outcome import Outcome, Sample
from queue_rules.burst.scenarios import Rejection, Scenario
from queue_rules.burst.settings import Load, Settings
from queue_rules.burst.waiting import Batches, Try, WaitingRoom

Event = Callable[[], bool]
"""What happens at its time; False if that changes nothing, since it was planned too early."""


def simulate(
    settings: Settings, load: Load, scenario: Scenario, *, until_loss: bool = False
) -> Outcome:
    """Return what becomes of a burst if AWS behaves as in `scenario`.

    Args:
        settings: Queue, mapping and function.
        load: The burst.
        scenario: What AWS does not say.
        until_loss: Stop at the first valid message that is lost; the rest is then not counted.
    """
    return _Simulation(settings, load, scenario).run(until_loss=until_loss)


class _Simulation:
    def __init__(self, settings: Settings, load: Load, scenario: Scenario) -> None:
        self._settings = settings
        self._load = load
        self._rng = Random(scenario.seed)  # noqa: S311 - a simulation, not a secret
        self._visible = VisibleMessages(scenario.order, self._rng)
        self._waiting = WaitingRoom(retry=scenario.back_off.retry, rng=self._rng)
        self._limit = MappingLimit(scenario.ramp, scenario.back_off)
        self._slots = Slots(settings, load)
        self._outcome = Outcome()
        self._events: list[tuple[float, int, Event]] = []
        self._numbers = itertools.count()
        self._now = 0.0
        self._arrived = 0
        self._window_ends: float | None = None
        self._next_read: float | None = None
        self._plan = 0
        self._poison = load.poison_messages
        # One failed message fails its batch, so it matters who shares a batch with whom.
        self._fails_together = self._poison > 0 and settings.fails_together
        self._makes_visible = scenario.rejection is Rejection.MAKES_VISIBLE

    def run(self, *, until_loss: bool) -> Outcome:
        for time, messages in arrivals(self._load):
            self._at(time, partial(self._arrive, messages))
        for time in (0, self._load.starved_seconds):
            self._at(self._load.starved_from + time, _look)
        outcome, events = self._outcome, self._events
        is_news, looked_at = False, 0.0
        while events:
            self._now, _, event = heapq.heappop(events)
            outcome.steps += 1
            is_news = event() or is_news
            if not is_news or (events and events[0][0] == self._now):
                continue  # whatever happens at once comes before the mapping's answer
            is_news, looked_at = False, self._now
            self._try_waiting()
            self._read()
            if outcome.wants_sample(self._now):
                self._sample()
            if until_loss and (outcome.lost or outcome.expired):
                break
            if self._only_poison_goes_round():
                outcome.poison_expired += self._load.messages - outcome.ended
                break
        self._now = looked_at
        self._sample()
        return outcome

    def _at(self, time: float, event: Event) -> None:
        heapq.heappush(self._events, (time, next(self._numbers), event))

    def _only_poison_goes_round(self) -> bool:
        """Tell whether all that is left is rejected again and again, until it expires."""
        if self._settings.max_receive_count is not None:
            return False
        return self._outcome.valid_ended == self._load.messages - self._poison

    def _sample(self) -> None:
        self._outcome.sample(
            Sample(
                seconds=self._now,
                queued=self._arrived - self._outcome.ended,
                running=self._slots.running,
                waiting=self._waiting.number,
                dead=self._outcome.lost + self._outcome.rejected,
            )
        )

    def _arrive(self, messages: Messages) -> bool:
        self._arrived += count(messages)
        self._visible.add(messages)
        return True

    def _reappear(self, messages: Messages) -> bool:
        """Make messages visible again that were received before."""
        self._outcome.came_back = True
        self._visible.add(messages)
        return True

    # The mapping reads.

    def _read(self) -> None:
        """Receive and invoke for as long as there is something to read, and room for it."""
        while self._visible.count:
            room = self._limit.at(self._now) - self._slots.running - self._waiting.number
            if room <= 0:
                self._plan_read()
                return
            number = min(room, self._visible.count // self._settings.batch_size)
            window = 0
            if number:
                self._window_ends = None
            elif self._window_is_open():
                return
            else:
                window = self._settings.batch_window
            if self._fails_together or not number:
                number = 1
            # What a batch waited for longer than it stays invisible is visible again at once.
            visible_from = self._now - window + self._settings.visibility_timeout
            self._receive(number, deadline=max(self._now, visible_from))

    def _plan_read(self) -> None:
        """Come back when the mapping may hold more."""
        step = self._limit.next_step(self._now)
        if step is not None and step != self._next_read:
            self._next_read = step
            self._at(step, _look)

    def _window_is_open(self) -> bool:
        """Tell whether a batch that is not full still waits for more messages."""
        if not self._settings.batch_window:
            return False
        if self._window_ends is None:
            self._window_ends = self._now + self._settings.batch_window
            self._at(self._window_ends, _look)
        if self._now < self._window_ends:
            return True
        self._window_ends = None
        return False

    def _receive(self, number: int, *, deadline: float) -> None:
        """Read up to `number` batches; what was received too often is dead-lettered instead."""
        size = self._settings.batch_size
        received = self._take(number * size)
        full, rest = divmod(count(received), size)
        if full:
            self._invoke(deadline, full, size, draw(received, full * size, self._rng))
        if rest:
            self._invoke(deadline, 1, rest, received)

    def _take(self, wanted: int) -> Messages:
        """Receive up to `wanted` messages, each once more than before."""
        counts_receives = self._settings.max_receive_count is not None
        received: Messages = {}
        while wanted and self._visible.count:
            for message, found in self._visible.take(wanted).items():
                if self._is_over(message, found):
                    continue
                receives = message.receives + counts_receives
                run = message.run and SEEN  # this receipt replaces that of an earlier run
                again = Message(message.sent, message.poison, receives, run)
                received[again] = received.get(again, 0) + found
                wanted -= found
        return received

    def _is_over(self, message: Message, number: int) -> bool:
        """Count messages that are gone when somebody tries to receive them."""
        limit = self._settings.max_receive_count
        age = self._now - message.sent
        if age >= self._settings.retention:
            self._outcome.expire(number, is_poison=message.poison)
        elif limit is not None and message.receives >= limit:
            self._outcome.dead_letter(number, age, is_poison=message.poison)
        else:
            return False
        return True

    # The mapping invokes the function.

    def _invoke(self, deadline: float, number: int, size: int, messages: Messages) -> None:
        """Start what the function has room for; the rest is throttled and waits."""
        batches = Batches(self._now, deadline, number, size, messages)
        free = self._slots.free(self._now)
        if free >= number:
            self._start(batches)
            return
        if free:
            self._start(batches.split(free, self._rng))
        self._outcome.throttles += batches.number
        self._limit.back_off(self._now)
        self._waiting.add(batches)
        self._at(deadline, partial(self._drop, batches))

    def _drop(self, batches: Batches) -> bool:
        """Give up what waited until its messages became visible."""
        if not batches.waits:
            return False
        self._leave(batches, batches.number)
        return self._reappear(batches.messages)

    def _leave(self, batches: Batches, number: int) -> Batches:
        """Let batches leave the waiting room, and count how often they were tried in vain."""
        tries = self._waiting.failed_tries(self._now - batches.received_at)
        self._outcome.throttles += tries * number
        return self._waiting.take(batches, number)

    def _try_waiting(self) -> None:
        """Start the batches that are tried now, and plan the next try."""
        self._plan += 1
        while free := self._slots.free(self._now):
            upcoming = self._waiting.next_try(self._now)
            if upcoming is None:
                return
            if upcoming.time > self._now:
                self._at(upcoming.time, partial(self._try, upcoming, self._plan))
                return
            self._start(self._leave(upcoming.batches, min(free, upcoming.number)))

    def _try(self, upcoming: Try, plan: int) -> bool:
        """Start waiting batches, unless something happened since that was planned."""
        if plan != self._plan or not upcoming.batches.waits:
            return False
        number = min(upcoming.number, self._slots.free(self._now))
        if number:
            self._start(self._leave(upcoming.batches, number))
        return True

    # The function runs.

    def _start(self, batches: Batches) -> None:
        """Let the function run batches side by side."""
        self._slots.running += batches.number
        for message, number in batches.messages.items():
            if message.run and not message.poison:
                self._outcome.duplicates += number
        seconds = self._load.seconds_per_message * batches.size
        ends = self._now + min(seconds, self._settings.timeout)
        if seconds > self._settings.timeout:
            self._return_at_deadline(batches, batches.messages)
            batches.messages = {}
        elif ends > batches.deadline and not self._fails(batches):
            # What is not received again until this run ends can still be deleted.
            batches.messages = seen(batches.messages, next(self._numbers))
            self._return_at_deadline(batches, batches.messages)
            self._at(ends, partial(self._end_late, batches))
            return
        self._at(ends, partial(self._end, batches))

    def _fails(self, batches: Batches) -> bool:
        return self._fails_together and any(message.poison for message in batches.messages)

    def _return_at_deadline(self, batches: Batches, messages: Messages) -> None:
        self._at(max(self._now, batches.deadline), partial(self._reappear, messages))

    def _end(self, batches: Batches) -> bool:
        """Delete what succeeded; what failed reappears."""
        self._slots.running -= batches.number
        if self._fails(batches):
            self._return_at_deadline(batches, seen(batches.messages))
            return True
        if not self._poison:
            self._outcome.process(count(batches.messages), self._now)
            return True
        poison = {message: n for message, n in batches.messages.items() if message.poison}
        self._outcome.process(count(batches.messages) - count(poison), self._now)
        if poison and self._makes_visible:
            return self._reappear(poison)
        if poison:
            self._return_at_deadline(batches, poison)
        return True

    def _end_late(self, batches: Batches) -> bool:
        """Delete what succeeded and was not received again meanwhile."""
        self._slots.running -= batches.number
        valid = [message for message in batches.messages if not message.poison]
        self._outcome.process(sum(map(self._visible.remove, valid)), self._now)
        return True


def _look() -> bool:
    """Nothing but a moment at which the mapping looks what it can do."""
    return True
