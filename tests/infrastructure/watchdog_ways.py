"""Ways through the watchdog."""

from tests.infrastructure.state_machines import Way

_WAIT = {"decision": "wait", "reason": "nothing is wrong in 2 lines"}
_OVER = {"decision": "over", "reason": "the job is Completed"}


def watchdog_ways(environment: str) -> tuple[Way, ...]:
    """Return the way of a job that goes on for a while, and that of a job that cannot be seen."""
    begun = {"job_name": f"{environment}-201303-1a2b3c4d-1-train-0"}
    return (
        Way(
            begun,
            {"Look": [_WAIT, _WAIT, _OVER]},
            (*("Look", "IsOver", "Wait") * 2, "Look", "IsOver", "Over"),
        ),
        Way(begun, {}, ("Look", "Unwatched")),
    )
