"""How steps are done."""

import random
from collections.abc import Iterable
from functools import partial, singledispatch
from typing import TypeVar

from chaos.book import Sent
from chaos.chance import generator_of
from chaos.faults import Rule
from chaos.grammar import Draft, Kind, draw_kind, good_file
from chaos.refused import misnamed_file, refused_file
from chaos.steps import (
    BadCalls,
    Burst,
    Close,
    Kill,
    KillAtCall,
    LateEvents,
    Replay,
    Reprocess,
    Restart,
    Shuffle,
    Starve,
    Step,
    Strangers,
    Versions,
)
from chaos.strangers import harmless_message, refused_message
from chaos.timeline import Timeline
from chaos.world import World
from ops import dead_letters
from ops.errors import OpsError
from ops.reprocess import object_version, reprocess
from schemas.ledger import LedgerStatus
from schemas.messages import message_key, s3_event
from schemas.names import LANDING_PREFIX, Output

SHARED_KEYS = 6
"""Numbers of the keys that several steps upload to, for each dataset and format."""

_Item = TypeVar("_Item")

_RATE_PER_SECOND = 200.0
_TAKE_EVERY_SECONDS = 0.25


@singledispatch
def begin(step: Step, _world: World, _timeline: Timeline) -> None:
    """Do `step`, or begin it and put its end on the timeline."""
    raise NotImplementedError(f"nobody knows how to do {step.told}")


@begin.register
def _(step: Burst, world: World, _timeline: Timeline) -> None:
    generator = _chance(step, world)
    for number in range(step.files):
        draft = _draw(generator, draw_kind(generator), step.refused_share)
        if draft.rejection and generator.random() < 0.2:  # noqa: PLR2004
            draft = misnamed_file(generator)
        is_shared = generator.random() < step.shared_share
        slot = _shared_slot(generator) if is_shared else f"{step.number}/{number}"
        _upload(world, slot, draft)


@begin.register
def _(step: Versions, world: World, _timeline: Timeline) -> None:
    generator = _chance(step, world)
    keys = [(_shared_slot(generator), draw_kind(generator)) for _ in range(step.keys)]
    for _ in range(step.versions):
        for slot, kind in keys:
            _upload(world, slot, _draw(generator, kind, step.refused_share))


@begin.register
def _(step: Strangers, world: World, _timeline: Timeline) -> None:
    generator = _chance(step, world)
    bucket = world.deployment[Output.RAW_BUCKET_NAME]
    for number in range(step.count):
        name = f"{world.folder}/stranger-{step.number}-{number}"
        if generator.random() < 0.3:  # noqa: PLR2004
            body = harmless_message(name, generator)
        else:
            body = refused_message(name, bucket, generator)
            world.book.strangers.add(message_key(body))
        world.send(body)


@begin.register
def _(step: LateEvents, world: World, _timeline: Timeline) -> None:
    for entry in _some(world.entries(), step.count, _chance(step, world)):
        world.send(s3_event(object_version(entry)))


@begin.register
def _(step: Shuffle, world: World, timeline: Timeline) -> None:
    bodies: list[str] = []

    def take() -> None:
        sqs, url = world.deployment.connection.sqs, world.deployment[Output.INGESTION_QUEUE_URL]
        # The queue's own setting is a long poll, which would hold up every other step.
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        for message in answer.get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            bodies.append(message["Body"])

    def send_back() -> None:
        copies = bodies * step.copies
        _chance(step, world).shuffle(copies)
        world.send(*copies)

    for moment in range(round(step.seconds / _TAKE_EVERY_SECONDS)):
        timeline.after(moment * _TAKE_EVERY_SECONDS, take)
    timeline.after(step.seconds, send_back)


@begin.register
def _(step: Kill, world: World, _timeline: Timeline) -> None:
    world.kill_workers(step.function)


@begin.register
def _(step: KillAtCall, world: World, _timeline: Timeline) -> None:
    rule = Rule(fault=step.fault, calls=frozenset({step.operation}), strikes_left=1)
    world.plans[step.function].add(rule)


@begin.register
def _(step: BadCalls, world: World, timeline: Timeline) -> None:
    rule = Rule(
        fault=step.fault,
        calls=frozenset(step.operations),
        share=step.share,
        delay_seconds=step.delay_seconds,
    )
    plan = world.plans[step.function]
    plan.add(rule)
    timeline.after(step.seconds, partial(plan.remove, rule))


@begin.register
def _(step: Starve, world: World, timeline: Timeline) -> None:
    client, name = world.deployment.connection.functions, world.name_of(step.function)
    reserved = world.deployment.environment.ingestion.max_concurrency

    def reserve(concurrency: int) -> None:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=concurrency)

    reserve(0)
    timeline.after(step.seconds, partial(reserve, reserved))


@begin.register
def _(step: Replay, world: World, _timeline: Timeline) -> None:
    letters = [each for each in world.letters() if each.status in dead_letters.REPLAYABLE]
    chosen = _some(letters, step.count, _chance(step, world))
    dead_letters.replay(world.deployment, chosen, rate_per_second=_RATE_PER_SECOND)


@begin.register
def _(step: Close, world: World, _timeline: Timeline) -> None:
    letters = [each for each in world.letters() if each.status in dead_letters.CLOSABLE]
    for letter in _some(letters, step.count, _chance(step, world)):
        try:
            dead_letters.close(world.deployment, letter, f"closed by step {step.number}")
        except OpsError:
            continue  # it was settled meanwhile


@begin.register
def _(step: Reprocess, world: World, _timeline: Timeline) -> None:
    curated = [each for each in world.entries() if each.status is LedgerStatus.CURATED]
    chosen = _some(curated, step.count, _chance(step, world))
    reprocess(world.deployment, chosen, rate_per_second=_RATE_PER_SECOND)


@begin.register
def _(_step: Restart, world: World, _timeline: Timeline) -> None:
    world.cloud.restart()


def _chance(step: Step, world: World) -> random.Random:
    return generator_of(world.seed, step.number)


def _some(items: Iterable[_Item], count: int, generator: random.Random) -> list[_Item]:
    found = list(items)
    return generator.sample(found, min(count, len(found)))


def _draw(generator: random.Random, kind: Kind, refused_share: float) -> Draft:
    return (refused_file if generator.random() < refused_share else good_file)(generator, kind)


def _shared_slot(generator: random.Random) -> str:
    return f"shared/{generator.randrange(SHARED_KEYS)}"


def _upload(world: World, slot: str, draft: Draft) -> None:
    bucket = world.deployment[Output.RAW_BUCKET_NAME]
    key = f"{LANDING_PREFIX}{draft.dataset}/{world.folder}/{slot}{draft.suffix}"
    answer = world.deployment.connection.s3.put_object(Bucket=bucket, Key=key, Body=draft.body)
    sent = Sent(uri=f"s3://{bucket}/{key}", version_id=answer["VersionId"], draft=draft)
    world.book.sent.append(sent)
