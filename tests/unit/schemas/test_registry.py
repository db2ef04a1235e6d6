from dataclasses import fields, replace

import pytest

from schemas.registry import (
    MAX_CHARACTERS,
    MAX_ENTRIES,
    IncompleteMetadataError,
    ModelMetadata,
)
from schemas.windows import Window

TEXTS = {each.name: f"some {each.name}" for each in fields(ModelMetadata)}
MONTHS = {"train_from": "2013-01", "holdout_from": "2013-03", "holdout_to": "2013-04"}
METADATA = ModelMetadata(**TEXTS | MONTHS)
OPTIONAL = {"parent_package_arn", "git_commit", "champion_auc"}


def test_sagemaker_stores_all_of_it() -> None:
    properties = METADATA.to_properties()

    assert set(properties) == set(TEXTS)
    assert len(properties) <= MAX_ENTRIES


def test_properties_are_read_as_they_were_written() -> None:
    assert ModelMetadata.from_properties(METADATA.to_properties()) == METADATA


def test_what_is_empty_is_written_and_read_as_empty() -> None:
    first = replace(METADATA, **dict.fromkeys(OPTIONAL, ""))

    properties = first.to_properties()

    assert {properties[name] for name in OPTIONAL} == {"none"}
    assert ModelMetadata.from_properties(properties) == first


@pytest.mark.parametrize("name", sorted(set(TEXTS) - OPTIONAL - set(MONTHS)))
def test_nothing_else_may_be_empty(name: str) -> None:
    with pytest.raises(IncompleteMetadataError, match=f"must say {name}"):
        replace(METADATA, **{name: ""}).to_properties()


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_a_missing_entry_is_named(name: str) -> None:
    properties = METADATA.to_properties()
    del properties[name]

    with pytest.raises(IncompleteMetadataError, match=f"lacks {name}"):
        ModelMetadata.from_properties(properties)


def test_entries_of_others_are_ignored() -> None:
    properties = METADATA.to_properties() | {"reviewed_by": "somebody"}

    assert ModelMetadata.from_properties(properties) == METADATA


def test_what_is_too_long_to_store_is_named() -> None:
    longest = replace(METADATA, artifact_uri="u" * MAX_CHARACTERS)
    assert longest.to_properties()["artifact_uri"] == longest.artifact_uri

    with pytest.raises(IncompleteMetadataError, match="artifact_uri has 257 characters"):
        replace(METADATA, artifact_uri="u" * (MAX_CHARACTERS + 1)).to_properties()


@pytest.mark.parametrize("months", [{"train_from": "x"}, {"holdout_to": "2013-01"}])
def test_months_that_make_no_window_are_refused(months: dict[str, str]) -> None:
    with pytest.raises(IncompleteMetadataError, match="month"):
        replace(METADATA, **months).to_properties()


def test_the_window_is_what_the_months_say() -> None:
    assert METADATA.window == Window(**MONTHS)
