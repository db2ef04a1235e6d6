import copy
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.constraints import (
    DISABLED,
    DISTRIBUTION,
    FEATURES,
    FLOOR,
    GREATER,
    LESS,
    MONITORING,
    OVERRIDES,
    PERFORM,
    PSI,
    QUALITY,
    ConstraintsError,
    Document,
    bound,
    deployment_patch,
    effective,
    patch_between,
    patched,
    quality_patch,
)

BASELINE: Document = {
    "version": 0,
    FEATURES: [
        {"name": "year", "inferred_type": "Integral", "completeness": 1.0},
        {"name": "carrier", "string_constraints": {"domains": ["AA", "UA"]}},
    ],
    MONITORING: {DISTRIBUTION: {PERFORM: "Enabled", "comparison_threshold": 0.1}},
}
DEPLOYMENT = deployment_patch(max_psi=0.2, min_auc=0.55, unwatched=("year",))

_NAMES = st.sampled_from(("a", "b", "c"))
# Not None, which a patch says for "remove"; and no whole numbers, which equal booleans.
_LEAVES = st.booleans() | st.text(max_size=2) | st.lists(st.text(max_size=1), max_size=2)
_OBJECTS = st.recursive(
    st.dictionaries(_NAMES, _LEAVES, max_size=3),
    lambda below: st.dictionaries(_NAMES, _LEAVES | below, max_size=3),
    max_leaves=6,
)


@st.composite
def documents(draw: st.DrawFn, names: tuple[str, ...] = ("x", "y")) -> Document:
    """Documents with the same features, whatever is said of them."""
    features = [{**draw(_OBJECTS), "name": name} for name in names]
    return {**draw(_OBJECTS), FEATURES: features}


def test_the_deployment_changes_the_baseline_and_people_change_both() -> None:
    people = {FLOOR: {"auc": {"threshold": 0.5}}, MONITORING: {DISTRIBUTION: {PSI: 0.4}}}

    found = effective(BASELINE, DEPLOYMENT, people)

    year, carrier = found[FEATURES]
    assert year[OVERRIDES] == {DISTRIBUTION: {PERFORM: DISABLED}}
    assert year["completeness"] == 1.0
    assert carrier == BASELINE[FEATURES][1]
    assert found[FLOOR] == {"auc": bound(0.5, LESS)}
    assert found[MONITORING][DISTRIBUTION] == {
        PERFORM: "Enabled", "comparison_threshold": 0.1, PSI: 0.4
    }  # fmt: skip


def test_nothing_changes_nothing() -> None:
    assert effective(BASELINE, {}, {}) == BASELINE


def test_what_is_patched_stays_as_it_was() -> None:
    before, patch = copy.deepcopy(BASELINE), copy.deepcopy(DEPLOYMENT)

    found = patched(BASELINE, DEPLOYMENT)
    found[FEATURES][1]["string_constraints"]["domains"].append("B6")
    found[FEATURES][0][OVERRIDES][DISTRIBUTION][PERFORM] = "Enabled"

    assert before == BASELINE
    assert patch == DEPLOYMENT


def test_a_model_may_lose_some_of_its_auc() -> None:
    assert quality_patch(0.7, 0.02) == {QUALITY: {"auc": bound(0.68, LESS)}}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"version": None}, {"version"}),
        ({MONITORING: None}, {MONITORING}),
        ({"nothing of the kind": None}, set[str]()),
    ],
)
def test_null_removes(patch: Document, expected: set[str]) -> None:
    assert BASELINE.keys() - patched(BASELINE, patch).keys() == expected


@pytest.mark.parametrize(
    ("document", "patch", "expected"),
    [
        # Examples of RFC 7396, appendix A, that are objects.
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_patches_are_those_of_the_standard(
    document: Document, patch: Document, expected: Document
) -> None:
    assert patched(document, patch) == expected


@given(before=documents(), after=documents())
def test_the_patch_between_two_documents_makes_one_of_the_other(
    before: Document, after: Document
) -> None:
    patch = patch_between(before, after)

    assert patched(before, patch) == after
    assert (patch == {}) == (before == after)


@given(documents(), documents(), documents())
def test_changes_survive_another_baseline(
    before: Document, after: Document, other: Document
) -> None:
    """What people set holds for the next model, too."""
    patch = patch_between(before, after)

    once = patched(other, patch)

    assert patched(once, patch) == once


@pytest.mark.parametrize(
    ("patch", "cause"),
    [
        ({FEATURES: {"altitude": {}}}, "no feature altitude; there are year, carrier"),
        ({FEATURES: []}, "must be an object by name"),
        ({FEATURES: None}, "must be an object by name, got None"),
        ({FEATURES: {"year": 7}}, "expected an object, got 7"),
    ],
)
def test_a_patch_that_does_not_fit_says_why(patch: Document, cause: str) -> None:
    with pytest.raises(ConstraintsError, match=cause):
        patched(BASELINE, patch)


@pytest.mark.parametrize("features", [7, [7], [{}], "year"])
def test_a_document_whose_features_are_none_is_refused(features: Any) -> None:
    with pytest.raises(ConstraintsError, match="must be a list of objects with a name"):
        patched({FEATURES: features}, {FEATURES: {"year": {}}})


@pytest.mark.parametrize("names", [("x",), ("x", "y", "z"), ("x", "z")])
def test_features_are_neither_added_nor_taken_away(names: tuple[str, ...]) -> None:
    before: Document = {FEATURES: [{"name": name} for name in ("x", "y")]}
    after: Document = {FEATURES: [{"name": name} for name in names]}

    with pytest.raises(ConstraintsError, match=r"leave .* as it was"):
        patch_between(before, after)


def test_a_bound_says_what_violates_it() -> None:
    assert bound(0.1, GREATER) == {"threshold": 0.1, "comparison_operator": GREATER}
    assert not math.isnan(quality_patch(0.1 + 0.2, 0.1)[QUALITY]["auc"]["threshold"])
