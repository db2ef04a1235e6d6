"""How people are told that a training had nothing to do: they were told that it was begun."""

from collections.abc import Mapping
from typing import Any, Final

from lambdas.shared.announcements import as_message, as_subject
from schemas.training import Decision

STATUS: Final = "skipped"


def is_skipped(event: Mapping[str, Any]) -> bool:
    """Return whether an execution has come to its end without a run."""
    return (event.get("run") or {}).get("decision") == Decision.SKIP


def announcement_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Return `$.outcome` of an execution that had nothing to do.

    Args:
        event: Its state: `execution_arn`, and `run` with the reason.
    """
    reason = event["run"]["reason"]
    return {
        "subject": as_subject(f"Training begun by bad quality {STATUS}: {reason}"),
        "message": as_message(
            "Bad quality has begun a training that had nothing to do.",
            "",
            f"Why: {reason}",
            "What to do: `python -m ops train` when there is something new; quality that stays bad "
            "begins the next training after the cooldown",
            f"Execution: {event['execution_arn']}",
        ),
        "status": STATUS,
    }
