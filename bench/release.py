"""How long a release takes beside the waits that guard it, on the local cloud."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import deployed
from bench.results import Line
from bench.workshop import Workshop
from config import ENVIRONMENTS
from config.serving import InstanceEndpoint
from local import LocalCloud
from ops import release_requests, releasing
from ops.executions import Execution
from schemas.windows import Window

TIME_SCALE = 30
"""Divisor of every wait, as in the demo: ten minutes of a canary take twenty seconds."""

MONTHS = range(1, 6)
FIRST = Window(train_from="2013-01", holdout_from="2013-03", holdout_to="2013-04")
SECOND = Window(train_from="2013-01", holdout_from="2013-05", holdout_to="2013-06")


def release(workshop: Workshop) -> Iterator[Line]:
    """Release two models one after the other, and go back to the first."""
    assembly = workshop.assembly(deployed.ENVIRONMENT)
    waits = guarding_seconds() / TIME_SCALE
    with tempfile.TemporaryDirectory(dir=workshop.folder) as folder:
        workshop.say("deployment of the platform, and five months of flights")
        with LocalCloud.start(state_dir=Path(folder), time_scale=TIME_SCALE) as cloud:
            deployment = deployed.deploy(cloud, assembly)
            deployed.ingest(deployment, MONTHS)
            for what, window in (("first model", FIRST), ("second model", SECOND)):
                workshop.say(f"training and release of the {what}")
                model = deployed.train(deployment, window)
                execution = deployed.await_release(deployment, model)
                yield line_of(f"release of the {what}", execution, waits if window is SECOND else 0)
            workshop.say("rollback to the first model")
            started = releasing.begin(deployment, release_requests.rollback(deployment, None))
            execution = deployed.succeeded(deployment, started.execution_arn)
            yield line_of("rollback to the first model", execution, waits)


def guarding_seconds() -> float:
    """Return how long a release of `local` waits for its canary and while the old fleet stays."""
    endpoint = ENVIRONMENTS[deployed.ENVIRONMENT].serving.endpoint
    if not isinstance(endpoint, InstanceEndpoint):
        raise TypeError(f"the endpoint of {deployed.ENVIRONMENT} has no guards: {endpoint}")
    return endpoint.canary_seconds + endpoint.bake_seconds


def line_of(what: str, execution: Execution, waits: float) -> Line:
    """Return a release's line.

    Args:
        what: It, in words.
        execution: Of its state machine, ended.
        waits: Seconds that it had to wait by the clock; 0 for an endpoint that is new.

    Raises:
        ValueError: the execution has not ended.
    """
    if execution.ended_at is None:
        raise ValueError(f"{execution.name} has not ended")
    seconds = (execution.ended_at - execution.began_at).total_seconds()
    return Line(
        what=f"{what}, from request to record",
        ours=f"{seconds:.1f} s",
        peer=f"canary and bake {waits:.1f} s" if waits else "no wait: the endpoint is new",
        figure=seconds - waits,
        unit="s beyond it, by the clock",
    )
