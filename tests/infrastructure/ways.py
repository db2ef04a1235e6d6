"""Ways through the state machines: what their tasks answer, and which states come of it."""

from collections.abc import Callable, Mapping

from tests.infrastructure.monitor_ways import monitor_ways
from tests.infrastructure.release_ways import release_ways
from tests.infrastructure.scoring_ways import scoring_ways
from tests.infrastructure.state_machines import Way
from tests.infrastructure.training_ways import training_ways
from tests.infrastructure.watchdog_ways import watchdog_ways

WAYS: Mapping[str, Callable[[str], tuple[Way, ...]]] = {
    "training": training_ways,
    "release": release_ways,
    "scoring": scoring_ways,
    "monitor": monitor_ways,
    "watchdog": watchdog_ways,
}
"""By the state machine's name: its ways in an environment, which between them pass every task."""
