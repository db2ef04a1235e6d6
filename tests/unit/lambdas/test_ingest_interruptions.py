"""A run may be cut off at any AWS call, and runs may cross each other at any: the law holds."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest

from lambdas.ingest import handler as ingest_handler
from schemas.datasets import DatasetContract
from schemas.dead_letters import DeadLetterStatus
from schemas.flights import FLIGHTS
from schemas.ledger import LedgerStatus
from schemas.messages import ObjectVersion, s3_event
from tests.unit.lambdas.files import flights, row
from tests.unit.lambdas.interference import Killed, StopAt, TakeTurns, intercepted, unavailable
from tests.unit.lambdas.world import World, invoke, new_world, sqs_record, use_contracts

OLD = flights(row(), row(month="2"), row(origin="XXX"))
NEW = flights(row(), row(month="3"), row(flight="9"), row(month="99"))
WRONG = b"a,b\n1,2\n"
# Lengths of interruptions that are tried; any length holds, but trying all takes minutes.
INTERRUPTION_CALLS = (4, 8)

KEY = "landing/flights/2013-01-01.csv"

Scenario = Callable[[World, str], tuple[ObjectVersion, bool]]


def first_version(world: World, key: str) -> tuple[ObjectVersion, bool]:
    return world.upload(key, OLD), True


def newer_version(world: World, key: str) -> tuple[ObjectVersion, bool]:
    assert world.send(world.upload(key, OLD))
    return world.upload(key, NEW), True


def late_older_version(world: World, key: str) -> tuple[ObjectVersion, bool]:
    older = world.upload(key, OLD)
    assert world.send(world.upload(key, NEW))
    return older, True


def correction_of_a_rejected_version(world: World, key: str) -> tuple[ObjectVersion, bool]:
    rejected = world.upload(key, WRONG)
    assert not world.send(rejected)
    assert world.archive(s3_event(rejected)) == []
    return world.upload(key, NEW), True


def rejected_version(world: World, key: str) -> tuple[ObjectVersion, bool]:
    assert world.send(world.upload(key, OLD))
    return world.upload(key, WRONG), False


def reprocessing_under_another_contract(world: World, key: str) -> tuple[ObjectVersion, bool]:
    version = world.upload(key, OLD)
    assert world.send(version)
    accept_any_origin()
    return replace(version, reprocess=True), True


ANY_ORIGIN = replace(
    FLIGHTS,
    columns=tuple(
        replace(column, domain=frozenset()) if column.name == "origin" else column
        for column in FLIGHTS.columns
    ),
)


def accept_any_origin() -> None:
    use_contracts(ANY_ORIGIN)


SCENARIOS = [
    first_version,
    newer_version,
    late_older_version,
    correction_of_a_rejected_version,
    rejected_version,
    reprocessing_under_another_contract,
]


def deliver(version: ObjectVersion, receive_count: int) -> bool:
    attributes = {"ApproximateReceiveCount": str(receive_count)}
    record = sqs_record(s3_event(version), "m0", attributes=attributes)
    return invoke(ingest_handler, [record]) == []


def assert_final(world: World, version: ObjectVersion, *, succeeds: bool) -> None:
    world.assert_lawful()
    entry = world.entry(version)
    expected = {LedgerStatus.CURATED, LedgerStatus.SUPERSEDED}
    assert (entry.status in expected) == succeeds
    for other in world.entries():
        if other.object == entry.object and other.version < world.head(version):
            assert other.status is LedgerStatus.SUPERSEDED
            assert all(
                letter.status is DeadLetterStatus.SUPERSEDED
                for letter in world.dead_letters(other.message_keys)
            )


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_worker_killed_at_any_call_loses_and_doubles_nothing(
    monkeypatch: pytest.MonkeyPatch, scenario: Scenario, after: bool
) -> None:
    for number in range(1, 100):
        world = new_world()
        use_contracts(FLIGHTS)
        version, succeeds = scenario(world, KEY)
        stop = StopAt(number, lambda _: Killed(), after=after)
        try:
            with intercepted(stop, monkeypatch):
                deliver(version, 1)
        except Killed:
            assert deliver(version, 2) == succeeds
        assert_final(world, version, succeeds=succeeds)
        if not stop.was_reached:
            return
    pytest.fail("the run never ended")


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_call_that_fails_is_reported_and_cured_by_the_next_delivery(
    monkeypatch: pytest.MonkeyPatch, scenario: Scenario
) -> None:
    for number in range(1, 100):
        world = new_world()
        use_contracts(FLIGHTS)
        version, succeeds = scenario(world, KEY)
        stop = StopAt(number, unavailable, after=True)
        with intercepted(stop, monkeypatch):
            deliver(version, 1)
        assert deliver(version, 2) == succeeds
        assert_final(world, version, succeeds=succeeds)
        if not stop.was_reached:
            return
    pytest.fail("the run never ended")


CALLS = 12  # of one worker, about


def schedules() -> Iterator[list[int]]:
    """Orders in which one of two workers interrupts the other: at any call, for some or all."""
    for first, second in ((0, 1), (1, 0)):
        for before in range(CALLS):
            for between in (*INTERRUPTION_CALLS, CALLS * 3):
                yield [first] * before + [second] * between + [first] * CALLS * 3


@pytest.fixture
def _own_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers of one process keep off each other's files, as on Lambda."""
    monkeypatch.setattr(ingest_handler, "remove_leftovers", lambda: None)


@pytest.mark.usefixtures("world", "_own_disks")
@pytest.mark.parametrize("older", [OLD, WRONG], ids=["good", "bad"])
def test_two_versions_crossing_in_any_order_end_the_same(
    monkeypatch: pytest.MonkeyPatch, older: bytes
) -> None:
    for schedule in schedules():
        world = new_world()
        versions = [world.upload(KEY, older), world.upload(KEY, NEW)]
        turns = TakeTurns(schedule)
        with intercepted(turns, monkeypatch):
            done = turns.run([partial(deliver, version, 1) for version in versions])
        for version, succeeded in zip(versions, done, strict=True):
            assert succeeded or any(deliver(version, count) for count in (2, 3)), schedule
        assert world.entry(versions[1]).status is LedgerStatus.CURATED
        assert_final(world, versions[0], succeeds=True)


def newer_file(world: World, _killed: ObjectVersion) -> ObjectVersion:
    newer = world.upload(KEY, NEW)
    assert world.send(newer)
    return newer


def other_contract(world: World, killed: ObjectVersion) -> ObjectVersion:
    accept_any_origin()
    assert world.send(killed, receive_count=2)
    return killed


def deleted_file(world: World, killed: ObjectVersion) -> ObjectVersion:
    world.s3.delete_object(Bucket=killed.bucket, Key=KEY, VersionId=killed.version_id)
    world.send(killed, receive_count=2)
    return killed


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("what_follows", [newer_file, other_contract, deleted_file])
def test_files_of_a_killed_run_do_not_outlive_what_follows(
    monkeypatch: pytest.MonkeyPatch, what_follows: Callable[[World, ObjectVersion], ObjectVersion]
) -> None:
    for number in range(1, CALLS):
        world = new_world()
        use_contracts(FLIGHTS)
        killed = world.upload(KEY, OLD)
        with (
            intercepted(StopAt(number, lambda _: Killed(), after=True), monkeypatch),
            suppress(Killed),
        ):
            deliver(killed, 1)

        what_follows(world, killed)

        world.assert_lawful()


class ContractsOfThread(dict[str, DatasetContract]):
    """Workers of two releases, which know different contracts."""

    def __init__(self) -> None:
        super().__init__()
        self._local = threading.local()

    def use(self, contract: DatasetContract) -> None:
        self._local.contract = contract

    def get(self, _name: str, _default: object = None) -> DatasetContract:
        contract: DatasetContract = self._local.contract
        return contract


@pytest.mark.usefixtures("world", "_own_disks")
def test_two_releases_crossing_on_one_version_leave_one_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contracts = ContractsOfThread()
    for schedule in schedules():
        world = new_world()
        monkeypatch.setitem(vars(ingest_handler), "DATASETS", contracts)
        version = world.upload(KEY, OLD)

        def work(contract: DatasetContract, version: ObjectVersion = version) -> bool:
            contracts.use(contract)
            return deliver(version, 1)

        turns = TakeTurns(schedule)
        with intercepted(turns, monkeypatch):
            done = turns.run([partial(work, FLIGHTS), partial(work, ANY_ORIGIN)])
        contracts.use(ANY_ORIGIN)
        for succeeded in done:
            assert succeeded or deliver(version, 2), schedule
        assert world.entry(version).status is LedgerStatus.CURATED
        world.assert_lawful()
