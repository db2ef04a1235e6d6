"""`ops reproduce`: the same bytes, or, across platforms, scores within a tolerance."""

import json

import pytest
from typer.testing import CliRunner

from ops.app import app
from schemas.training import Verdict
from tests.unit.lambdas.services import GROUP_ARN_PREFIX
from tests.unit.ops.services import Moment
from tests.unit.ops.trained import Training, judged, run_of

RUNNER = CliRunner()
ARN = f"{GROUP_ARN_PREFIX}/1"


def again(
    training: Training, verdict: Verdict, *, sha: str = "2", platform: str = "linux-x86_64",
    difference: float | None = None,
) -> None:  # fmt: skip
    """Let model 1 be trained again."""
    training.register()
    training.evaluate(
        judged(model_sha256=sha * 64, platform=platform), judged(), max_difference=difference
    )
    training.machine.next_moments = [
        training.ended(verdict, run=run_of(reproduces=ARN), max_difference=difference)
    ]


def test_the_pipeline_is_asked_to_reproduce_the_model(training: Training) -> None:
    training.register()

    result = RUNNER.invoke(app, ["reproduce", "champion"])

    assert result.exit_code == 0, result.output
    (arn,) = training.machine.executions
    assert training.machine.inputs[arn] == {"reproduces": ARN}
    assert ":reproduce-1-" in arn
    assert "python -m ops runs show reproduce-1-" in result.stdout


def test_the_same_bytes_are_the_same_model(training: Training) -> None:
    again(training, Verdict.REPRODUCED, sha="1", difference=0.0)

    result = RUNNER.invoke(app, ["reproduce", "1", "--wait"])

    assert result.exit_code == 0, result.output
    assert "Model 1 is reproduced: the model file has the registered hash" in result.stdout


@pytest.mark.parametrize(
    ("platform", "difference", "options", "status", "verdict"),
    [
        ("linux-x86_64", 0.0, [], 3, "NOT reproduced: trained on the same platform"),
        ("linux-aarch64", 0.003, [], 0, "equivalent"),
        ("linux-aarch64", 0.01, [], 0, "within the tolerance 0.01"),
        ("linux-aarch64", 0.02, [], 3, "more than the tolerance 0.01"),
        ("linux-aarch64", 0.003, ["--tolerance", "0.001"], 3, "more than the tolerance 0.001"),
        ("linux-aarch64", None, [], 3, "scores differ by up to unknown"),
    ],
)
def test_other_bytes_are_judged_by_platform_and_scores(
    *,
    training: Training,
    platform: str,
    difference: float | None,
    options: list[str],
    status: int,
    verdict: str,
) -> None:
    again(training, Verdict.DIFFERS, platform=platform, difference=difference)

    people = RUNNER.invoke(app, ["reproduce", "1", "--wait", *options])
    machine = RUNNER.invoke(app, ["reproduce", "1", "--wait", "--json", *options])

    assert people.exit_code == machine.exit_code == status, people.output
    assert verdict in " ".join(people.stdout.split())
    told = json.loads(machine.stdout)
    assert told["is_reproduced"] is (status == 0)
    assert (told["registered_platform"], told["new_platform"]) == ("linux-x86_64", platform)


def test_a_reproduction_that_fails_is_neither(training: Training) -> None:
    training.register()
    training.machine.next_moments = [
        Moment("FAILED", told={"error": "x", "cause": "Failed.\nWhy: 2 objects are gone"})
    ]

    result = RUNNER.invoke(app, ["reproduce", "1", "--wait"])

    assert result.exit_code == 1
    assert "2 objects are gone" in result.stdout
    assert "not judged" in result.stdout


def test_an_unknown_model_begins_nothing(training: Training) -> None:
    training.register()

    result = RUNNER.invoke(app, ["reproduce", "9"])

    assert result.exit_code == 1
    assert "names no model" in result.stderr
    assert training.machine.executions == {}
