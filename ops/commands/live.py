"""Looking at an environment again and again."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import RenderableType

from ops import live
from ops.commands import render_live as render
from ops.deployment import Deployment
from ops.errors import OpsError, explained
from ops.output import Screen
from ops.pacing import Poll


def watch_status(deployment: Deployment, screen: Screen, *, every_seconds: float) -> None:
    """Show what is going on until somebody presses Ctrl-C.

    A look that fails is said and repeated: what is watched is often being repaired.

    Args:
        deployment: What to look at; its stacks are looked up anew each time.
        screen: Where people look.
        every_seconds: Time between two looks.
    """
    with screen.live() as show:
        try:
            for _ in Poll(math.inf, every_seconds):
                show(_look(deployment))
        except KeyboardInterrupt:
            return


def _look(deployment: Deployment) -> Iterator[RenderableType]:
    connection = deployment.connection
    try:
        now = datetime.now(UTC)
        with explained(local_endpoint=connection.endpoint_url):
            found = live.look(Deployment.find(deployment.environment.name, connection))
    except OpsError as error:
        return iter((f"error: {error.cause}", f"remedy: {error.remedy}"))
    return render.live(found, now=now)
