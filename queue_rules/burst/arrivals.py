"""How a burst arrives."""

import math
from collections.abc import Iterator

from queue_rules.burst.messages import Message, Messages
from queue_rules.burst.settings import Load

AGE_GROUPS = 16
"""Messages that arrive over time are told apart by age this finely, the oldest age assumed."""


def arrivals(load: Load) -> Iterator[tuple[float, Messages]]:
    """Yield when messages arrive, in seconds, and which: evenly, one portion a second at most."""
    portions = max(1, min(load.messages, math.ceil(load.arrival_seconds)))
    grain = load.arrival_seconds / AGE_GROUPS or 1
    totals = (load.messages - load.poison_messages, load.poison_messages)
    for portion in range(portions):
        time = load.arrival_seconds * portion / portions
        sent = grain * math.floor(time / grain)
        messages: Messages = {}
        for poison, total in enumerate(totals):
            number = total * (portion + 1) // portions - total * portion // portions
            if number:
                messages[Message(sent, bool(poison))] = number
        yield time, messages
