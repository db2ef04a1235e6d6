"""Alarms as tables for people."""

from collections.abc import Sequence

from rich.console import RenderableType

from ops.alarms import Alarm
from ops.output import short_time, table


def alarms(found: Sequence[Alarm], of: int) -> RenderableType:
    """Show alarms, one line each.

    Args:
        found: Those to show.
        of: How many the environment has in all.
    """
    if not found:
        return f"None of {of:,} alarms is on; all of them: python -m ops alarms --all"
    return table(
        f"{len(found):,} of {of:,} alarms",
        ("alarm", "state", "since (UTC)", "what it means", "runbook"),
        (
            (
                each.name,
                each.state,
                short_time(each.since.isoformat()) if each.since else "",
                each.meaning,
                each.runbook,
            )
            for each in found
        ),
    )
