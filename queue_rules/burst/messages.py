"""Messages, counted instead of kept one by one."""

import math
from collections import deque
from random import Random
from typing import NamedTuple

from queue_rules.burst.scenarios import Order


class Message(NamedTuple):
    """What tells messages apart; messages that are equal are counted.

    Attributes:
        sent: When it was sent, seconds.
        poison: Whether the function rejects it for good.
        receives: How often it was received.
        run: The run of the function that has seen it: 0 none, `SEEN` any, else the number of one
            that may still delete it.
    """

    sent: float
    poison: bool = False
    receives: int = 0
    run: int = 0


Messages = dict[Message, int]

SEEN = -1

MANY = 30
"""Expected finds beyond which the normal distribution stands for the exact one."""


def count(messages: Messages) -> int:
    """Return how many there are."""
    return sum(messages.values())


def add(messages: Messages, others: Messages) -> None:
    """Put `others` into `messages`."""
    for message, number in others.items():
        messages[message] = messages.get(message, 0) + number


def seen(messages: Messages, run: int = SEEN) -> Messages:
    """Return messages as a run of the function leaves them."""
    marked: Messages = {}
    for message, number in messages.items():
        left = message._replace(run=run)
        marked[left] = marked.get(left, 0) + number
    return marked


def draw(messages: Messages, number: int, rng: Random) -> Messages:
    """Take `number` of `messages` out, any of them as likely as any other."""
    total = count(messages)
    if number >= total:
        drawn = dict(messages)
        messages.clear()
        return drawn
    if number and (number == 1 or len(messages) == 1):
        message = _any(messages, total, rng)
        messages[message] -= number
        if not messages[message]:
            del messages[message]
        return {message: number}
    drawn = {}
    # The rarest first: a draw costs as much as it finds.
    for message in sorted(messages, key=messages.__getitem__):
        available = messages[message]
        found = _found(available, total, number, rng)
        total -= available
        number -= found
        if found:
            drawn[message] = found
            if found == available:
                del messages[message]
            else:
                messages[message] = available - found
        if not number:
            break
    return drawn


def _any(messages: Messages, total: int, rng: Random) -> Message:
    """Return one of `messages`."""
    place = 0.0 if len(messages) == 1 else rng.random() * total
    for message, number in messages.items():
        place -= number
        if place < 0:
            return message
    return message


def _found(wanted: int, total: int, number: int, rng: Random) -> int:
    """Return how many of `wanted` among `total` are in a sample of `number` (hypergeometric)."""
    if 2 * wanted > total:
        return number - _found(total - wanted, total, number, rng)
    if 2 * number > total:
        return wanted - _found(wanted, total, total - number, rng)
    share = wanted / total
    expected = number * share
    if expected > MANY:
        spread = math.sqrt(expected * (1 - share) * (total - number) / (total - 1))
        return min(wanted, number, max(0, round(rng.gauss(expected, spread))))
    # Inversion: the probability of each count follows from that of the one before.
    others = total - wanted - number
    probability = math.exp(
        math.lgamma(others + number + 1)
        - math.lgamma(others + 1)
        + math.lgamma(total - number + 1)
        - math.lgamma(total + 1)
    )
    found = 0
    luck = rng.random() - probability
    while luck >= 0 and found < min(wanted, number):
        probability *= (wanted - found) * (number - found) / ((found + 1) * (others + found + 1))
        found += 1
        luck -= probability
    return found


class VisibleMessages:
    """What a receive can return.

    Args:
        order: Which messages it returns first.
        rng: Where there is a choice.
    """

    def __init__(self, order: Order, rng: Random) -> None:
        self._rng = rng
        self._merge = order is Order.RANDOM
        self._portions: deque[Messages] = deque()
        # Where the messages of a run are that may still delete them.
        self._of_runs: dict[Message, Messages] = {}
        self.count = 0

    def add(self, messages: Messages) -> None:
        """Make messages visible, behind those that are."""
        number = count(messages)
        if not number:
            return
        self.count += number
        if not self._merge or not self._portions:
            self._portions.append({})
        add(self._portions[-1], messages)
        for message in messages:
            if message.run > 0 and not message.poison:
                self._of_runs[message] = self._portions[-1]

    def take(self, number: int) -> Messages:
        """Take up to `number` messages out."""
        taken: Messages = {}
        while number > 0 and self._portions:
            portion = self._portions[0]
            drawn = draw(portion, number, self._rng)
            if not portion:
                self._portions.popleft()
            found = count(drawn)
            number -= found
            self.count -= found
            if taken:
                add(taken, drawn)
            else:
                taken = drawn
        return taken

    def remove(self, message: Message) -> int:
        """Take out what is left of `message`, which a run has seen; return how many these are."""
        number = self._of_runs.pop(message, {}).pop(message, 0)
        self.count -= number
        return number
