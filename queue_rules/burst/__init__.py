"""What a burst does to a queue that feeds a function: a discrete-event simulation.

SQS standard queue -> event source mapping -> function; pure functions of settings, load, scenario
and seed.

Documented, and modelled as documented:
- The mapping holds at most as many batches as its ramp allows at that time (see `scenarios`), and
  at most MaximumConcurrency; then it stops reading. Reserved concurrency it does not look at.
- A batch that the function has no concurrency for is tried again until its messages become
  visible; then it is dropped, which costs them one receive. A function error is not tried again.
- A message that was received maxReceiveCount times moves to the dead-letter queue at the next
  receive. Age counts from when it was sent; a message older than the retention is gone.
- One failed message fails its batch, unless the mapping reports failures one by one.
- A batch with a window waits for that window unless it is full; visibility counts from its start.
- A function that runs longer than its timeout fails.

Assumed, in several variants: see `scenarios`. Assumed, once: receives take no time and miss
nothing; a run takes its messages one after the other; a batch may begin until its messages become
visible, and when it ends after that, it deletes those that were not received again (SQS need not
honour an old receipt); a function without reserved concurrency has the account's 1,000; nothing
starts cold.
Left out: how much slower a mapping reads after function errors, FIFO queues, and queues that
several mappings read.
"""

from queue_rules.burst.outcome import Outcome, Sample
from queue_rules.burst.scenarios import BackOff, Order, Ramp, Rejection, Retry, Scenario
from queue_rules.burst.settings import Load, ProvisionedPollers, Settings
from queue_rules.burst.simulation import simulate

__all__ = [
    "BackOff",
    "Load",
    "Order",
    "Outcome",
    "ProvisionedPollers",
    "Ramp",
    "Rejection",
    "Retry",
    "Sample",
    "Scenario",
    "Settings",
    "simulate",
]
