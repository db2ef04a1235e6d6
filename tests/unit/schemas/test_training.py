import json
from dataclasses import replace

import pytest

from config.model_config import Thresholds as ConfiguredThresholds
from schemas.runs import Mode, Trigger
from schemas.training import GateResult, Parameters, PlannedRun, Thresholds, Verdict, skipped
from tests.unit.lambdas.models import CONTENDER, RUN

PARAMETERS = Parameters(mode=Mode.TUNE, hyperparameters={"b": "2", "a": "1"}, tuning={"jobs": 4})


def test_parameters_are_read_as_they_were_written() -> None:
    assert Parameters.from_text(PARAMETERS.text) == PARAMETERS
    assert json.loads(PARAMETERS.text)["mode"] == "tune"


def test_the_order_of_parameters_does_not_matter() -> None:
    other = replace(PARAMETERS, hyperparameters={"a": "1", "b": "2"})

    assert other.sha256 == PARAMETERS.sha256


@pytest.mark.parametrize(
    "other",
    [
        replace(PARAMETERS, mode=Mode.TRAIN),
        replace(PARAMETERS, hyperparameters={"a": "1", "b": "3"}),
        replace(PARAMETERS, tuning={"jobs": 5}),
    ],
)
def test_each_parameter_counts(other: Parameters) -> None:
    assert other.sha256 != PARAMETERS.sha256


@pytest.mark.parametrize("run", [RUN, CONTENDER])
def test_a_run_comes_through_the_state_machine_as_it_was(run: PlannedRun) -> None:
    document = json.loads(json.dumps(run.to_json()))

    assert PlannedRun.from_json(document) == run
    assert document["decision"] == "train"
    assert document["code_prefix_uri"] + "code.zip" == document["code_uri"]


def test_a_run_that_another_release_planned_is_read() -> None:
    """A deployment may come between two states of an execution."""
    document = RUN.to_json() | {"added_later": 1}
    del document["champion_holdout_from"]

    assert PlannedRun.from_json(document) == RUN


def test_a_gate_result_comes_through_the_state_machine_as_it_was() -> None:
    result = GateResult(
        decision=Verdict.DIFFERS, reasons=("a", "b"), evaluation_uri="s3://e", max_difference=0.1
    )

    assert GateResult.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_an_execution_that_does_nothing_says_why() -> None:
    assert json.loads(json.dumps(skipped("no news", Trigger.QUALITY))) == {
        "decision": "skip",
        "reason": "no news",
        "trigger": "quality",
    }


def test_thresholds_are_those_that_the_configuration_has() -> None:
    """One is what deployments write, the other what the function reads; neither imports both."""
    assert set(Thresholds.__dataclass_fields__) == set(ConfiguredThresholds.__dataclass_fields__)
