"""Workers killed, starved, too slow, and the cloud restarted: one wait for all redeliveries."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from ops.queues import QueueDepth
from schemas.ledger import LedgerEntry, LedgerStatus
from schemas.names import METRICS_NAMESPACE, Metric
from tests.cloud import eventually
from tests.e2e.faults import Faults, faulty
from tests.e2e.lake import Lake
from tests.local.metrics import total
from tests.unit.lambdas.files import flights, row

KILLS = ("after-begin", "before-put", "before-commit", "after-commit", "amid-clean-up",
         "before-acknowledgement")  # fmt: skip
PREFIX = "landing/flights/interruptions"
STALLED = f"{PREFIX}/stalled.csv"
BESIDE_STALLED = f"{PREFIX}/beside-stalled.csv"
RECEIVED_IN_VAIN = tuple(f"{PREFIX}/in-vain/{number:02}.csv" for number in range(20))
WAITING = tuple(f"{PREFIX}/waiting/{number:02}.csv" for number in range(20))
BURST = RECEIVED_IN_VAIN + WAITING
UPLOADED = 3 * len(KILLS) + 2 + len(BURST)  # each killed file twice, and its neighbour
SLOTS = 2  # that environment `local` reserves

OLDER = flights(row(), row(flight="2"))
# Of another month, so in another partition; one of its rows is quarantined.
NEWER = flights(*(row(month="2", flight=str(n)) for n in range(1, 4)), row(carrier="??"))


@dataclass(frozen=True, slots=True)
class Scene:
    """What a killed worker left behind.

    Attributes:
        older: The version that was in force before.
        newer: The version whose worker was killed.
        files: Curated and quarantine files of both that existed.
    """

    older: LedgerEntry
    newer: LedgerEntry
    files: frozenset[str]


@dataclass(slots=True)
class Interruptions:
    """What was seen while everything went wrong."""

    counted_before: float
    scenes: dict[str, Scene] = field(default_factory=dict)
    stalled: LedgerEntry | None = None
    before_restart: QueueDepth | None = None
    throttles: float = 0


@pytest.fixture(scope="module")
def interruptions(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Interruptions]:
    """Everything that can interrupt a run, once; the lake is at rest again."""
    seen = Interruptions(counted_before=curated_files(lake))
    with faulty(lake, tmp_path_factory.mktemp("faults")) as faults:
        for point in KILLS:
            lake.put(key_of(point), OLDER)
        for point in KILLS:
            lake.await_outcome(key_of(point))
        for point in KILLS:
            seen.scenes[point] = kill(faults, point)
        stall(faults)
        starve_and_restart(faults, seen)
        lake.come_to_rest()
        (seen.stalled,) = lake.versions(STALLED)
        yield seen


def curated_files(lake: Lake) -> float:
    return total(lake.cloud, METRICS_NAMESPACE, Metric.FILES_CURATED, dataset="flights")


def key_of(point: str) -> str:
    return f"{PREFIX}/{point}.csv"


def neighbour_of(point: str) -> str:
    return f"{PREFIX}/neighbours/beside-{point}.csv"


def kill(faults: Faults, point: str) -> Scene:
    """Kill the worker of a batch of two at `point`, where the newer version is its second."""
    lake, key = faults.lake, key_of(point)
    faults.prepare(point, f"{PREFIX}/{point}.csv")
    with lake.paused():
        lake.put(neighbour_of(point), OLDER)
        lake.put(key, NEWER)
        lake.await_waiting(2)
    faults.await_strike(point)
    older, newer = lake.versions(key)
    return Scene(older, newer, lake.existing(older.written_uris | newer.written_uris))


def stall(faults: Faults) -> None:
    """Let a file take the time of its whole batch, in which another file waits behind it."""
    faults.prepare("stall", STALLED)
    with faults.lake.paused():
        faults.lake.put(STALLED, OLDER)
        faults.lake.put(BESIDE_STALLED, OLDER)
        faults.lake.await_waiting(2)
    faults.await_strike("stall")
    faults.lake.await_outcome(BESIDE_STALLED)


def starve_and_restart(faults: Faults, seen: Interruptions) -> None:
    """Restart the cloud when some messages were received in vain and others still wait."""
    lake = faults.lake

    def throttles() -> float:
        return total(lake.cloud, "AWS/Lambda", "Throttles", FunctionName=lake.function_name)

    with faults.starved(SLOTS):
        # Other tests have been throttled on the same lake.
        before = throttles()
        for key in RECEIVED_IN_VAIN:
            lake.put(key, OLDER)
        eventually(lambda: throttles() > before, "the function was refused concurrency")
        with lake.paused():
            for key in WAITING:
                lake.put(key, OLDER)
            eventually(lambda: lake.queue().waiting >= len(WAITING), "messages wait")
            seen.throttles, seen.before_restart = throttles() - before, lake.queue()
            lake.cloud.restart()


def test_a_worker_killed_before_it_knows_the_file_leaves_nothing(
    interruptions: Interruptions,
) -> None:
    scene = interruptions.scenes["after-begin"]

    assert scene.newer.status is LedgerStatus.PROCESSING
    assert scene.newer.staged_uris == ()
    assert scene.files == scene.older.in_force_uris


def test_what_a_killed_worker_was_about_to_put_stands_in_the_ledger(
    interruptions: Interruptions,
) -> None:
    scene = interruptions.scenes["before-put"]

    assert scene.newer.status is LedgerStatus.PROCESSING
    assert len(scene.newer.staged_uris) == 2
    assert scene.files == scene.older.in_force_uris


def test_a_worker_killed_between_put_and_ledger_leaves_the_older_version_in_force(
    interruptions: Interruptions,
) -> None:
    scene = interruptions.scenes["before-commit"]

    assert scene.older.status is LedgerStatus.CURATED
    assert scene.newer.status is LedgerStatus.PROCESSING
    assert scene.files == scene.older.in_force_uris.union(scene.newer.staged_uris)


def test_a_worker_killed_after_the_commit_leaves_the_clean_up_to_the_next_delivery(
    interruptions: Interruptions,
) -> None:
    scene = interruptions.scenes["after-commit"]

    assert scene.newer.status is scene.older.status is LedgerStatus.CURATED
    assert scene.files == scene.older.in_force_uris | scene.newer.in_force_uris


def test_a_worker_killed_amid_the_clean_up_leaves_an_older_version_without_files(
    interruptions: Interruptions,
) -> None:
    scene = interruptions.scenes["amid-clean-up"]

    assert scene.newer.status is scene.older.status is LedgerStatus.CURATED
    assert scene.files == scene.newer.in_force_uris


def test_a_worker_killed_before_it_answers_has_done_everything_else(
    interruptions: Interruptions,
) -> None:
    scene = interruptions.scenes["before-acknowledgement"]

    assert scene.newer.status is LedgerStatus.CURATED
    assert scene.older.status is LedgerStatus.SUPERSEDED
    assert scene.files == scene.newer.in_force_uris


@pytest.mark.usefixtures("interruptions")
@pytest.mark.parametrize("point", KILLS)
def test_the_next_delivery_ends_what_a_killed_worker_began(lake: Lake, point: str) -> None:
    older, newer = lake.versions(key_of(point))

    assert (older.status, newer.status) == (LedgerStatus.SUPERSEDED, LedgerStatus.CURATED)
    assert (newer.rows_in, newer.rows_accepted, newer.rows_quarantined) == (4, 3, 1)
    assert newer.attempts == 2
    assert lake.existing(older.written_uris | newer.written_uris) == newer.in_force_uris
    assert lake.letters(key_of(point)) == []


@pytest.mark.usefixtures("interruptions")
@pytest.mark.parametrize("point", KILLS)
def test_what_a_killed_batch_had_finished_is_recognised(lake: Lake, point: str) -> None:
    entry = lake.in_force(neighbour_of(point))

    assert entry.rows_in == 2
    assert entry.attempts == 2
    assert lake.letters(neighbour_of(point)) == []


def test_a_file_that_runs_out_of_time_is_tried_again(
    lake: Lake, interruptions: Interruptions
) -> None:
    assert interruptions.stalled is not None

    assert interruptions.stalled.status is LedgerStatus.CURATED
    assert interruptions.stalled.attempts == 2
    assert interruptions.stalled.rows_in == 2
    (failure,) = lake.failures(STALLED)
    assert (failure["error_code"], failure["permanent"]) == ("deadline", False)
    assert "raise the function's timeout" in failure["error_message"]
    assert lake.letters(STALLED) == []


@pytest.mark.usefixtures("interruptions")
def test_a_message_whose_turn_did_not_come_does_not_wait_for_the_one_before_it(lake: Lake) -> None:
    assert lake.in_force(BESIDE_STALLED).attempts == 1
    assert lake.in_force(BESIDE_STALLED).updated_at < lake.in_force(STALLED).updated_at


def test_starvation_and_a_restart_cost_no_valid_message(
    lake: Lake, interruptions: Interruptions
) -> None:
    before = interruptions.before_restart
    assert before is not None
    assert interruptions.throttles >= 1
    assert before.in_flight >= 1, "messages were received in vain before the restart"
    assert before.waiting >= len(WAITING), "messages waited when the restart came"

    assert [lake.in_force(key).rows_in for key in BURST] == [2] * len(BURST)
    assert [letter for key in BURST for letter in lake.letters(key)] == []


def test_no_file_counts_twice_in_the_metrics_however_often_it_is_delivered(
    lake: Lake, interruptions: Interruptions
) -> None:
    counted = curated_files(lake) - interruptions.counted_before

    # The worker that was killed between commit and count has counted for nobody; of the others the
    # last words may be lost.
    assert UPLOADED - len(KILLS) <= counted <= UPLOADED - 1
