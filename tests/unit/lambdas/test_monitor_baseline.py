"""The norm that a run compares with: the model's, the deployment's, then people's."""

import json
from typing import Any

import pytest

from lambdas.monitor.settings import Settings
from lambdas.shared.errors import PermanentError
from schemas.releases import Serving
from tests.unit.lambdas.monitor_world import BASELINE, Monitored
from tests.unit.lambdas.pipeline import ARTIFACTS

OVERRIDES = f"s3://{ARTIFACTS}/monitoring/overrides.json"


@pytest.fixture
def predicted(monitored: Monitored) -> Monitored:
    monitored.predict()
    return monitored


def constraints(world: Monitored) -> dict[str, Any]:
    """What the job is told."""
    assert world.plan()["decision"] == "run"
    document: dict[str, Any] = json.loads(world.input_file("constraints.json"))
    return document


def test_thresholds_are_the_models_with_what_the_deployment_asks(predicted: Monitored) -> None:
    found = constraints(predicted)

    assert found["features"][1] == BASELINE["features"][1]  # type: ignore[index]
    year = found["features"][0]["monitoringConfigOverrides"]
    assert year["distribution_constraints"] == {"perform_comparison": "Disabled"}
    assert found["monitoring_config"]["distribution_constraints"] == {
        "perform_comparison": "Enabled",
        "psi_threshold": 0.2,
    }
    floor = {"threshold": 0.55, "comparison_operator": "LessThanThreshold"}
    assert found["champion_floor"] == {"auc": floor}
    # The model's AUC on its holdout, less what may be lost.
    quality = {"threshold": 0.68, "comparison_operator": "LessThanThreshold"}
    assert found["binary_classification_constraints"] == {"auc": quality}


def test_what_people_have_changed_holds_for_every_model(predicted: Monitored) -> None:
    patch = {
        "binary_classification_constraints": {"auc": {"threshold": 0.5}},
        "champion_floor": None,
        "features": {"distance": {"completeness": 0.9}},
    }
    predicted.put(OVERRIDES, json.dumps(patch))
    predicted.serve(Serving(champion=predicted.register(auc="0.9")))

    found = constraints(predicted)

    assert found["binary_classification_constraints"]["auc"]["threshold"] == 0.5
    assert "champion_floor" not in found
    assert found["features"][1]["completeness"] == 0.9


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("{", "is no JSON"),
        ("[1]", "is no JSON object"),
        ('{"champion_floor": {"auc": {"threshold": NaN}}}', "NaN is no number"),
        ('{"features": {"altitude": {}}}', "does not fit model 1: there is no feature altitude"),
        ('{"features": []}', "features of a patch must be an object by name"),
    ],
)
def test_changes_of_people_that_do_not_fit_are_named_with_the_command_that_mends_them(
    predicted: Monitored, text: str, cause: str
) -> None:
    predicted.put(OVERRIDES, text)

    with pytest.raises(PermanentError, match="thresholds-unusable") as refused:
        predicted.plan()

    assert OVERRIDES in str(refused.value)
    assert cause in str(refused.value)
    assert "ops monitor baseline edit" in str(refused.value)


@pytest.mark.parametrize(
    "file",
    ["baseline/statistics.json", "baseline/constraints.json", "evaluation/evaluation.json"],
)
def test_a_part_that_is_gone_is_named(predicted: Monitored, file: str) -> None:
    uri = f"s3://{ARTIFACTS}/runs/1/{file}"
    predicted.delete(uri)

    with pytest.raises(PermanentError, match=f"baseline-missing: {uri}.* another model"):
        predicted.plan()


@pytest.mark.parametrize("text", ["{", "[1]", '{"features": 7}', '{"features": [{}]}', "[[1]]"])
def test_constraints_of_the_model_that_make_no_sense_are_named(
    predicted: Monitored, text: str
) -> None:
    uri = f"s3://{ARTIFACTS}/runs/1/baseline/constraints.json"
    predicted.put(uri, text)

    with pytest.raises(PermanentError, match=f"baseline-unusable: .*{uri}"):
        predicted.plan()


def test_a_deployment_that_does_not_fit_the_model_is_told_where(
    predicted: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSTRAINTS", json.dumps({"features": {"altitude": {}}}))
    Settings.from_environ.cache_clear()

    with pytest.raises(PermanentError, match=r"no feature altitude.*config/model\.py"):
        predicted.plan()


def test_a_model_without_a_number_for_its_auc_is_named(predicted: Monitored) -> None:
    predicted.serve(Serving(champion=predicted.register(auc="unknown")))

    with pytest.raises(PermanentError, match="AUC no number: .*'unknown'"):
        predicted.plan()


def test_a_model_that_is_gone_from_the_registry_is_named(predicted: Monitored) -> None:
    predicted.sagemaker.packages.clear()

    with pytest.raises(PermanentError, match=f"model-unusable: {predicted.model} serves"):
        predicted.plan()


def test_a_model_that_does_not_say_where_it_comes_from_is_named(predicted: Monitored) -> None:
    predicted.sagemaker.packages[predicted.model]["CustomerMetadataProperties"] = {}

    with pytest.raises(PermanentError, match="model-unusable: .* lacks artifact_sha256"):
        predicted.plan()
