"""Seam: FilterLogEvents of streams with a common beginning; the emulator gives those of all.

Jobs of one kind share a group, and each has streams whose names begin with its own.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch_logs

from local.adapter import pinned, wire

# Of no stream: the emulator takes an empty list for all of them.
_NONE = [""]


def install() -> None:
    """Put the seam in place."""
    for name in ("_log_groups", "_resolve_log_group_name"):
        pinned.require(cloudwatch_logs, name)
    pinned.wrap(cloudwatch_logs, "_filter_log_events", _of_some_streams)


def _of_some_streams(
    give: Callable[[dict[str, Any]], wire.Response],
) -> Callable[[dict[str, Any]], wire.Response]:
    def wrapped(wanted: dict[str, Any]) -> wire.Response:
        if beginning := wanted.get("logStreamNamePrefix"):
            name = cloudwatch_logs._resolve_log_group_name(wanted)
            streams = cloudwatch_logs._log_groups.get(name, {"streams": {}})["streams"]
            found = [each for each in list(streams) if each.startswith(beginning)]
            wanted = {**wanted, "logStreamNames": found or _NONE}
        return give(wanted)

    return wrapped
