import json
from dataclasses import replace

import pytest

from schemas.keys import curated_key, uri_of
from schemas.manifests import Manifest, SnapshotObject
from schemas.windows import Window

WINDOW = Window(train_from="2013-01", holdout_from="2013-02", holdout_to="2013-03")


def part(month: int, *, stem: str = "s1", version: str = "v1", rows: int = 10) -> SnapshotObject:
    key = curated_key("flights", f"year=2013/month={month:02d}", stem)
    return SnapshotObject(
        dataset="flights",
        source=uri_of("curated", key),
        version_id=version,
        etag="e",
        size=1,
        rows=rows,
    )


def manifest(*objects: SnapshotObject) -> Manifest:
    return Manifest.of(WINDOW, {"flights": "h"}, objects)


FULL = manifest(part(1), part(2))


def test_a_copy_lies_where_its_dataset_and_partition_say() -> None:
    assert part(1).key == "flights/year=2013/month=01/s1@v1.parquet"


def test_a_dataset_without_partitions_has_copies_too() -> None:
    whole = replace(part(1), source="s3://curated/curated/flights/s1.parquet")

    assert (whole.key, whole.stem) == ("flights/s1@v1.parquet", "s1")


def test_versions_of_an_object_have_copies_of_their_own() -> None:
    assert part(1, version="v1").key != part(1, version="v2").key


def test_the_same_objects_in_any_order_are_the_same_snapshot() -> None:
    assert manifest(part(2), part(1)).text == FULL.text


def test_the_order_of_contracts_does_not_matter() -> None:
    orders = ({"a": "1", "b": "2"}, {"b": "2", "a": "1"})

    assert len({Manifest.of(WINDOW, order, [part(1)]).sha256 for order in orders}) == 1


@pytest.mark.parametrize(
    "other",
    [
        manifest(part(1)),
        manifest(part(1), part(2, version="v2")),
        Manifest.of(replace(WINDOW, holdout_to="2013-04"), {"flights": "h"}, FULL.objects),
        Manifest.of(WINDOW, {"flights": "other"}, FULL.objects),
    ],
)
def test_other_content_is_another_snapshot(other: Manifest) -> None:
    assert other.sha256 != FULL.sha256
    assert other.key != FULL.key


def test_text_is_read_as_it_was_written() -> None:
    again = Manifest.from_text(FULL.text)

    assert (again, again.sha256) == (FULL, FULL.sha256)


def test_sagemaker_gets_a_prefix_and_names_below_it() -> None:
    prefix, *names = json.loads(FULL.input_text("artifacts"))

    assert prefix == {"prefix": "s3://artifacts/snapshots/objects/"}
    assert names == [each.key for each in FULL.objects]


def test_a_raw_file_with_several_parts_counts_once() -> None:
    assert (
        manifest(part(1, rows=10), part(2, rows=10), part(2, stem="s2", rows=5)).rows("flights")
        == 15
    )
    assert FULL.rows("weather") == 0


def test_rows_since_a_snapshot_are_those_of_files_that_it_has_not() -> None:
    later = manifest(part(1), part(2, version="v2", rows=11), part(2, stem="s2", rows=5))

    assert later.rows("flights", since=FULL) == 16
    assert FULL.rows("flights", since=FULL) == 0
