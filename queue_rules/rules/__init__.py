"""The rules of docs/queue-rules.md, grouped by what they are about.

Each is a pure function from an application to what breaks it. A value that the template does not
tell is reported as one that cannot be checked, never taken to be fine.
"""

from queue_rules.findings import REGISTERED, Rule
from queue_rules.rules import (  # noqa: F401 - importing them registers their rules
    access,
    alarms,
    asynchronous,
    batches,
    concurrency,
    dead_letters,
    encryption,
    queues,
    retention,
    timeouts,
    unread,
)

RULES: tuple[Rule, ...] = tuple(sorted(REGISTERED, key=lambda each: int(each.id[1:])))
"""Every rule, in order."""
