"""What the queue may do to messages: repeat them, reorder them, bring strange ones."""

import json
import random
from dataclasses import replace

import pytest

from ops import dead_letters, ledger
from ops.reprocess import object_version
from schemas.dead_letters import DeadLetterStatus
from schemas.ledger import LedgerStatus
from schemas.messages import s3_event
from tests.e2e.lake import POISON, Lake
from tests.unit.lambdas.files import flights, row

PREFIX = "landing/flights/deliveries"
COPIES = 6
SEED = 20130101
GOOD = tuple(f"{PREFIX}/shuffled/{name}.csv" for name in ("a", "b", "c"))
MIXED = tuple(f"{PREFIX}/shuffled/with-poison-{name}.csv" for name in ("a", "b"))


def version_of(number: int) -> bytes:
    """A file of `number` rows, each version in another partition than the one before."""
    return flights(*(row(month=str(number), flight=str(n)) for n in range(1, number + 1)))


@pytest.fixture(scope="module")
def shuffled(lake: Lake) -> None:
    """Versions whose messages came several times each, in no order; the lake is at rest again.

    Two deliveries of one version that run at the same time get in each other's way on purpose: one
    of them comes back after the visibility timeout.
    """
    versions = [(key, version_of(number)) for number in range(1, 6) for key in GOOD]
    versions += [(key, body) for body in (POISON, version_of(2), POISON) for key in MIXED]
    with lake.paused():
        for key, body in versions:
            lake.put(key, body)
        bodies = lake.take_waiting(len(versions)) * COPIES
        random.Random(SEED).shuffle(bodies)  # noqa: S311 -- reproducible, not secret
        lake.send(*bodies)
    lake.come_to_rest()


@pytest.mark.usefixtures("shuffled")
@pytest.mark.parametrize("key", GOOD)
def test_of_versions_delivered_repeatedly_and_in_any_order_the_newest_stays(
    lake: Lake, key: str
) -> None:
    statuses = [entry.status for entry in lake.versions(key)]
    assert statuses == [LedgerStatus.SUPERSEDED] * 4 + [LedgerStatus.CURATED]
    assert lake.in_force(key).rows_accepted == 5
    everything = frozenset().union(*(entry.written_uris for entry in lake.versions(key)))
    assert lake.existing(everything) == lake.in_force(key).in_force_uris
    assert lake.letters(key) == []


@pytest.mark.usefixtures("shuffled")
@pytest.mark.parametrize("key", MIXED)
def test_a_rejected_version_among_them_never_replaces_a_good_one(lake: Lake, key: str) -> None:
    first, second, third = lake.versions(key)
    assert first.status is LedgerStatus.SUPERSEDED
    assert second.status is LedgerStatus.CURATED
    assert third.status is LedgerStatus.REJECTED
    letters = {letter.message_key: letter.status for letter in lake.letters(key)}
    assert DeadLetterStatus.OPEN not in {letters.get(k) for k in first.message_keys}
    assert {letters[k] for k in third.message_keys} == {DeadLetterStatus.OPEN}


def test_a_message_of_an_older_version_that_comes_late_changes_nothing(lake: Lake) -> None:
    key = f"{PREFIX}/late.csv"
    for number in (1, 2):
        lake.put(key, version_of(number))
    lake.await_outcome(key, versions=2)
    lake.come_to_rest()
    before = lake.in_force(key)

    lake.send(s3_event(object_version(lake.versions(key)[0])))
    lake.come_to_rest()

    assert lake.in_force(key) == before
    assert lake.versions(key)[0].status is LedgerStatus.SUPERSEDED


def test_a_reprocessed_version_replaces_itself(lake: Lake) -> None:
    key = f"{PREFIX}/again.csv"
    lake.put(key, version_of(3))
    lake.await_outcome(key)
    lake.come_to_rest()
    before = lake.in_force(key)

    lake.send(s3_event(replace(object_version(before), reprocess=True)))
    lake.come_to_rest()

    after = lake.in_force(key)
    assert after.attempts == before.attempts + 1
    assert after.in_force_uris == before.in_force_uris
    assert lake.existing(after.written_uris) == after.in_force_uris


def test_the_test_event_of_s3_is_dropped(lake: Lake) -> None:
    before = dead_letters.list_dead_letters(lake.deployment)

    lake.send(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "any"}))
    lake.come_to_rest()

    assert dead_letters.list_dead_letters(lake.deployment) == before


@pytest.mark.parametrize(
    "name",
    ["with space+and plus.csv", "größe=½&x?.csv", "日本 語/✈️.csv", "100%25.csv", "a'b\"c;d.csv"],
)
def test_every_key_finds_its_object(lake: Lake, name: str) -> None:
    key = f"landing/flights/keys/{name}"

    lake.put(key, version_of(2))

    (entry,) = lake.await_outcome(key)
    assert entry.status is LedgerStatus.CURATED
    assert entry.object == lake.uri(key)
    assert ledger.entries_of(lake.deployment, lake.uri(key)) == [entry]
