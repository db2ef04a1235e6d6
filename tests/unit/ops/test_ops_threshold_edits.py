"""What people may make of thresholds, and what they are told when they may not."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from ops.errors import OpsError
from ops.models import Model
from ops.thresholds import Thresholds, edited
from schemas.constraints import deployment_patch, patched
from tests.unit.ops.monitored import CONSTRAINTS
from tests.unit.ops.serving import MODEL_1

DEPLOYED = patched(CONSTRAINTS, deployment_patch(max_psi=0.2, min_auc=0.55, unwatched=["year"]))
KNOWN = Thresholds(
    model=Model(arn=MODEL_1, version=1, status="Completed", approval="Approved", created_at=""),
    deployed=DEPLOYED,
    constraints=DEPLOYED,
    patch={},
    etag="",
)
BOUND = {"threshold": 0.4, "comparison_operator": "GreaterThanThreshold"}

Edit = Callable[[dict[str, Any]], object]


def after(edit: Edit) -> str:
    document = copy.deepcopy(DEPLOYED)
    edit(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("edit", "patch"),
    [
        (
            lambda it: it["features"][4].pop("string_constraints"),
            {"features": {"carrier": {"string_constraints": None}}},
        ),
        (
            lambda it: it["features"][0].pop("monitoringConfigOverrides"),
            {"features": {"year": {"monitoringConfigOverrides": None}}},
        ),
        (
            lambda it: it["features"][4].update(string_constraints={"domains": ["AA", "B6"]}),
            {"features": {"carrier": {"string_constraints": {"domains": ["AA", "B6"]}}}},
        ),
        (
            lambda it: it["monitoring_config"].update(evaluate_constraints="Disabled"),
            {"monitoring_config": {"evaluate_constraints": "Disabled"}},
        ),
        (lambda it: it["champion_floor"].clear(), {"champion_floor": {"auc": None}}),
        (
            lambda it: it.update(binary_classification_constraints={"brier": BOUND}),
            {"binary_classification_constraints": {"brier": BOUND}},
        ),
        (
            lambda it: it.update(slice_constraints={"carrier": {"disparate_impact": BOUND}}),
            {"slice_constraints": {"carrier": {"disparate_impact": BOUND}}},
        ),
    ],
)
def test_what_makes_sense_becomes_a_patch(edit: Edit, patch: dict[str, Any]) -> None:
    result = edited(KNOWN, after(edit))

    assert result.patch == patch
    assert result.changes
    assert patched(DEPLOYED, result.patch) == json.loads(after(edit))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"version": 0,}', "is no JSON: "),
        ('{"version": NaN}', "NaN is no number"),
        ("[]", "is no JSON object"),
        ("{}", "features are those of the request contract"),
        ('{"features": 3}', "must be a list of objects with a name"),
    ],
)
def test_what_is_no_such_document_is_refused(text: str, message: str) -> None:
    with pytest.raises(OpsError) as raised:
        edited(KNOWN, text)

    assert message in raised.value.cause


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda it: it["features"].pop(0), "leave year as it was"),
        (lambda it: it["features"][4].update(completness=0), "carrier.completness is no threshold"),
        (lambda it: it["features"][4].update(inferred_type="x"), "inferred_type is no threshold"),
        (lambda it: it["features"][4].update(completeness=2), "a number from 0 to 1, got 2"),
        (lambda it: it["features"][3].update(num_constraints={"is_non_negative": "no"}),
         "must be true or false, got 'no'"),
        (lambda it: it["features"][4].update(string_constraints={"domains": "AA"}), "a list of"),
        (lambda it: it["features"][4].update(monitoringConfigOverrides={"psi_threshold": 1}),
         "Overrides.psi_threshold is no threshold"),
        (lambda it: it["monitoring_config"]["distribution_constraints"].update(psi_threshold=0),
         "must be a number above 0, got 0"),
        (lambda it: it["monitoring_config"]["distribution_constraints"].update(
            perform_comparison="off"), "must be one of Enabled, Disabled, got 'off'"),
        (lambda it: it["monitoring_config"].pop("evaluate_constraints"), "must stay"),
        (lambda it: it.update(monitoring_config=1), "monitoring_config must be an object, got 1"),
        (lambda it: it["champion_floor"].update(auc=0.5), "must be an object with threshold"),
        (lambda it: it["champion_floor"]["auc"].update(threshold=True), "must be an object with"),
        (lambda it: it["champion_floor"]["auc"].pop("threshold"), "must be an object with"),
        (lambda it: it["champion_floor"]["auc"].update(comparison_operator="<"), "must be an obj"),
        (lambda it: it["champion_floor"].update(recall=BOUND), "floor.recall is no threshold"),
        (lambda it: it.update(slice_constraints={"carrier": {"auc": BOUND}}), "carrier.auc is no"),
        (lambda it: it.update(slice_constraints={"plane": {}, "carrier": 1}), "carrier must be an"),
        (lambda it: it.update(version=1), "version is no threshold: there are"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(edit: Edit, message: str) -> None:
    with pytest.raises(OpsError) as raised:
        edited(KNOWN, after(edit))

    assert message in raised.value.cause
    assert raised.value.remedy == "Correct it"
