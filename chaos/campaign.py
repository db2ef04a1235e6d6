"""Runs a schedule, phase by phase, and judges the lake after each."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from chaos import alarms
from chaos.actions import begin
from chaos.book import Difference, differences
from chaos.chance import generator_of
from chaos.patience import longest_stay
from chaos.result import PhaseResult
from chaos.schedule import Schedule
from chaos.steps import Step
from chaos.strangers import harmless_message
from chaos.timeline import Timeline
from chaos.world import World
from local.cloud import LocalCloud
from ops.conservation import conservation
from ops.deployment import Deployment
from ops.pacing import Poll
from ops.queues import depths, messages_under_way, wait_until_idle
from schemas.ledger import LedgerStatus


@dataclass(frozen=True, slots=True)
class Narrator:
    """Tells how a campaign goes.

    Attributes:
        step: Called with each step that begins.
        draining: Called now and then with the number of messages under way.
        phase: Called with each phase's result.
    """

    step: Callable[[Step], None]
    draining: Callable[[int], None]
    phase: Callable[[PhaseResult], None]


def run_campaign(
    cloud: LocalCloud, deployment: Deployment, schedule: Schedule, narrator: Narrator
) -> list[PhaseResult]:
    """Do every step of `schedule` and judge the lake after each phase; stop at the first breach.

    Args:
        cloud: A local cloud whose minutes last a second.
        deployment: The app on it, at rest.
        schedule: What happens.
        narrator: Told how it goes.
    """
    results = []
    with World.around(cloud, deployment, schedule.seed) as world:
        _warm_up(world)
        for number, steps in schedule.phases.items():
            result = _run_phase(world, number, steps, narrator)
            narrator.phase(result)
            results.append(result)
            if result.violations:
                break
    return results


def _warm_up(world: World) -> None:
    """Let a worker start behind its proxy: a cold one would miss the first faults."""
    world.send(harmless_message(world.folder, generator_of(world.seed, "warm-up")))
    wait_until_idle(world.deployment)


def _run_phase(world: World, number: int, steps: list[Step], narrator: Narrator) -> PhaseResult:
    loud = alarms.wait_until_quiet(world.deployment)
    began, moment = time.monotonic(), datetime.now(UTC)
    deaths = _deaths(world)
    _play(steps, world, narrator)
    played = time.monotonic()
    # What lasts has ended by now; a kill at a call that has not come yet may still strike once.
    is_at_rest = _drain(world, narrator)
    for plan in world.plans.values():
        plan.clear()
    drained = time.monotonic()
    found = [] if is_at_rest else [_restless(world)]
    died = _deaths(world) > deaths
    rose = alarms.rose_since(world.deployment, moment, world.function_names)
    expected = alarms.expected_alarms(steps, died=died, rose=rose)
    fired = alarms.wait_for_alarms(world.deployment, moment, expected=expected)
    law = conservation(world.deployment)
    found += [Difference(subject=v.subject, detail=f"{v.kind}: {v.detail}") for v in law.violations]
    if is_at_rest:
        found += differences(world.book, world.entries(), world.letters())
        found += _unfinished(world)
        found += alarms.judge_alarms(fired, steps, died=died, rose=rose, loud=loud)
    return PhaseResult(
        number=number,
        steps=[step.number for step in steps],
        seconds=played - began,
        drain_seconds=drained - played,
        received=law.received,
        curated=law.curated,
        superseded=law.superseded,
        rejected=law.rejected,
        dead_letters=len(world.letters()),
        alarms=sorted(fired),
        struck=_struck(world),
        violations=[str(each) for each in found],
    )


def _play(steps: list[Step], world: World, narrator: Narrator) -> None:
    timeline = Timeline()

    def start(step: Step) -> None:
        narrator.step(step)
        begin(step, world, timeline)

    for step in steps:
        timeline.at(step.at, partial(start, step))
    timeline.run()


def _drain(world: World, narrator: Narrator) -> bool:
    for _ in Poll(longest_stay(world.deployment), 1):
        left = messages_under_way(world.deployment)
        narrator.draining(left)
        if not left and wait_until_idle(world.deployment, timeout_seconds=10):
            return True
    return False


def _restless(world: World) -> Difference:
    told = ", ".join(f"{d.name} {d.total}" for d in depths(world.deployment, with_age=False))
    stay = longest_stay(world.deployment)
    return Difference(
        subject="queues",
        detail=f"messages are under way {stay:.0f} s after the last fault: {told}",
    )


def _unfinished(world: World) -> list[Difference]:
    """Return entries that were begun and have no outcome, and messages that were parked."""
    found = [
        Difference(subject=entry.object, detail=f"version {entry.version} is still processing")
        for entry in world.entries()
        if entry.status is LedgerStatus.PROCESSING
    ]
    parked = {each.name: each.total for each in depths(world.deployment, with_age=False)}["parking"]
    if parked:
        found.append(Difference(subject="parking queue", detail=f"it holds {parked} messages"))
    return found


def _deaths(world: World) -> int:
    return sum(letter.deaths for letter in world.letters())


def _struck(world: World) -> dict[str, int]:
    return {
        f"{function} {fault} {operation}": count
        for function, plan in world.plans.items()
        for (fault, operation), count in sorted(plan.struck.items())
    }
