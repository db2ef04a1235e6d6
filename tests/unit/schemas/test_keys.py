from dataclasses import replace

import pytest

from schemas.keys import (
    curated_key,
    dataset_of,
    file_stem,
    month_of,
    quarantine_key,
    split_uri,
    uri_of,
)
from schemas.messages import ObjectVersion, normalize_sequencer

VERSION = ObjectVersion(
    bucket="raw",
    key="landing/flights/a.csv",
    version_id="v1",
    etag="e",
    size=1,
    sequencer=normalize_sequencer("0055"),
)
HASH = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("key", "dataset"),
    [
        ("landing/flights/a.csv", "flights"),
        ("landing/flights/2013/01/a.csv", "flights"),
        ("landing/flights/", None),
        ("landing/flights", None),
        ("landing//a.csv", None),
        ("elsewhere/flights/a.csv", None),
        ("", None),
    ],
)
def test_dataset_is_the_folder_below_the_landing_zone(key: str, dataset: str | None) -> None:
    assert dataset_of(key) == dataset


def test_retry_has_the_same_name() -> None:
    retried = replace(VERSION, reprocess=True, etag="other", size=2)

    assert file_stem(VERSION, HASH) == file_stem(retried, HASH)


@pytest.mark.parametrize(
    "other",
    [
        replace(VERSION, key="landing/flights/b.csv"),
        replace(VERSION, bucket="other"),
        replace(VERSION, sequencer=normalize_sequencer("0056")),
    ],
)
def test_other_objects_and_versions_have_other_names(other: ObjectVersion) -> None:
    assert file_stem(VERSION, HASH) != file_stem(other, HASH)


def test_other_contract_has_another_name() -> None:
    assert file_stem(VERSION, HASH) != file_stem(VERSION, HASH[::-1])


def test_keys_lie_under_their_dataset() -> None:
    assert curated_key("flights", "year=2013/month=01", "x") == (
        "curated/flights/year=2013/month=01/x.parquet"
    )
    assert curated_key("flights", "", "x") == "curated/flights/x.parquet"
    assert quarantine_key("flights", "x") == "quarantine/flights/x.jsonl"


@pytest.mark.parametrize(
    ("key", "month"),
    [
        (curated_key("flights", "year=2013/month=03", "x"), "2013-03"),
        (curated_key("flights", "region=eu/year=2013/month=12", "x"), "2013-12"),
        (curated_key("flights", "year=2013", "x"), ""),
        (curated_key("flights", "", "x"), ""),
    ],
)
def test_the_month_of_a_curated_file_is_that_of_its_partition(key: str, month: str) -> None:
    assert month_of(key) == month
    assert month_of(uri_of("curated", key)) == month


def test_an_address_is_split_into_what_it_was_made_of() -> None:
    assert split_uri(uri_of("bucket", "a/b c/d")) == ("bucket", "a/b c/d")
