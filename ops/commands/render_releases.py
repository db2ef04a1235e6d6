"""Releases and the endpoint as tables for people."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from ops.commands.render_executions import execution
from ops.endpoint_status import EndpointStatus, Holder, in_words
from ops.endpoints import Endpoint
from ops.executions import Execution
from ops.following import Started
from ops.output import facts, short_time, table
from ops.releasing import ReleaseOutcome
from schemas.registry import version_of
from schemas.releases import Current, Release, ReleaseStatus

_HEADLINES = {
    ReleaseStatus.RUNNING: "is still running",
    ReleaseStatus.SUCCEEDED: "has succeeded",
    ReleaseStatus.UNCHANGED: "had nothing to change: it serves already",
    ReleaseStatus.SKIPPED: "was skipped",
    ReleaseStatus.FAILED: "FAILED",
    ReleaseStatus.UNRECOVERED: "FAILED, and what served before could NOT be brought back",
    ReleaseStatus.ABANDONED: "ended without a word, and another one has taken over",
}
_BRING_BACK = "Bring back the champion of the table of releases: python -m ops rollback"
_PAST_THE_STACK = "The endpoint was changed past its stack: see the stack's drift, and undo it."


def started(begun: Started) -> Iterator[RenderableType]:
    """Show what was begun."""
    yield f"{begun.execution} began: {begun.execution_arn}"
    yield f"How far it is: python -m ops releases show {begun.execution}"


def outcome(result: ReleaseOutcome) -> Iterator[RenderableType]:
    """Show what a release has come to, what serves now, and what to do next."""
    yield f"Release {result.release_id} {_HEADLINES[result.status]}"
    if result.reason:
        yield from (f"  {line}" for line in result.reason.splitlines() if line)
    yield _now(result.current)
    if result.status is ReleaseStatus.UNRECOVERED:
        yield _BRING_BACK
    if not result.is_ok:
        yield "What serves, and who disagrees: python -m ops endpoint status"


def _now(current: Current) -> str:
    since = f" since {short_time(current.since)} (UTC)" if current.since else ""
    return f"Now {in_words(current.serving)}{since}."


def releases(found: Sequence[Release]) -> RenderableType:
    """Show releases, one line each."""
    if not found:
        return "There was no release yet: python -m ops release"
    return table(
        f"{len(found):,} releases",
        ("release", "status", "action", "asked by", "what should serve", "began (UTC)", "why"),
        (
            (
                each.release_id,
                each.status,
                each.action,
                each.trigger,
                in_words(each.target),
                short_time(each.began_at),
                ": ".join(filter(None, (each.note, each.reason))),
            )
            for each in found
        ),
    )


def release(found: Release | None, ran: Execution | None) -> Iterator[RenderableType]:
    """Show one release in full: as the table has it, and its states."""
    if found:
        yield facts(
            f"Release {found.release_id}",
            {
                "status": found.status,
                "action": found.action,
                "asked by": found.trigger,
                "what should serve": in_words(found.target),
                "what served before": in_words(found.previous),
                "note": found.note,
                "why": found.reason,
                "began (UTC)": short_time(found.began_at),
                "ended (UTC)": short_time(found.ended_at),
            },
        )
    else:
        yield "It is not in the table of releases: it has not held the endpoint (yet)."
    if ran:
        yield from execution(ran)
        if ran.cause:
            yield ran.cause
    else:
        yield "Step Functions has forgotten its execution: that is more than 90 days old."


def endpoint(result: EndpointStatus) -> Iterator[RenderableType]:
    """Show what serves, whether everybody agrees, and the last releases."""
    yield from _endpoint(result.endpoint)
    current = result.current
    yield facts(
        "Who says what",
        {
            "table of releases": in_words(current.serving),
            "brought by": current.release_id,
            "since (UTC)": short_time(current.since),
            "stack's parameters": in_words(result.parameters),
            "stack": result.stack_status,
            "stack's configuration": result.wanted_config,
        },
    )
    yield f"Alarms: {', '.join(result.alarms) or 'none in ALARM'}"
    if result.holder:
        yield _held(result.holder)
    yield releases(result.last_releases)
    if not result.disagreements:
        yield "Everybody agrees."
        return
    yield "While the release runs:" if result.is_changing else "THEY DISAGREE:"
    yield from (f"  {each}" for each in result.disagreements)
    if not result.is_changing:
        yield _BRING_BACK if result.needs_rollback else _PAST_THE_STACK


def _held(holder: Holder) -> str:
    show = f"python -m ops releases show {holder.release_id}"
    if holder.is_running:
        return f"A release runs: {show}"
    return f"A release ended ({holder.status}) and let go of nothing; the next takes over: {show}"


def _endpoint(found: Endpoint) -> Iterator[RenderableType]:
    yield facts(
        f"Endpoint {found.name}",
        {
            "status": found.status,
            "configuration": found.config,
            "update": found.stage,
            "last failure": found.failure,
        },
    )
    if found.variants:
        yield table(
            "Variants",
            ("variant", "model", "requests (%)", "wanted (%)", "instances", "wanted"),
            (
                (
                    each.name,
                    version_of(each.model_package_arn) if each.model_package_arn else "unknown",
                    round(each.percent, 1),
                    round(each.desired_percent, 1),
                    each.instances,
                    each.desired_instances,
                )
                for each in found.variants
            ),
        )
