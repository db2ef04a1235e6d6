"""`ops lineage`: every link from a model to its raw files is looked up."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from ops import models
from ops.app import app
from ops.lineage import Lineage, LinkState, trace
from tests.unit.lambdas.services import GROUP_ARN_PREFIX
from tests.unit.ops.services import BEGAN
from tests.unit.ops.trained import ARTIFACTS, CODE, RUN_ID, Training, parquet

RUNNER = CliRunner()
JOB = ("TrainingJob", f"local-{RUN_ID}-1-train-0")


def traced(training: Training) -> Lineage:
    return trace(training.deployment, models.find(training.deployment, "latest"))


def states(lineage: Lineage) -> dict[str, LinkState]:
    return {link.name: link.state for link in lineage.links}


def test_an_intact_lineage_leads_to_the_raw_files(training: Training) -> None:
    training.register()

    people = RUNNER.invoke(app, ["lineage", "1"])
    machine = json.loads(RUNNER.invoke(app, ["lineage", "1", "--json"]).stdout)

    assert people.exit_code == 0, people.output
    for text in (
        *("ok archive", "ok training job", "ok code", "ok image", "ok parameters", "ok manifest"),
        *("max_depth=6, seed=1", CODE, "flights 2013-04: rows 40, copies 1", "4 of 4 raw files"),
        "landing/flights/2013-04.csv vA1: 40 rows, now curated",
        "The lineage is intact.",
    ):
        assert text in people.stdout
    assert machine["is_intact"] is True
    assert [part["rows"] for part in machine["snapshot"]["parts"]] == [10, 20, 30, 40]


def uri(training: Training, name: str) -> str:
    package = training.sagemaker.packages[f"{GROUP_ARN_PREFIX}/1"]
    return str(package["CustomerMetadataProperties"][name])


def change(name: str) -> Any:
    return lambda training: training.put(uri(training, name), "changed")


def remove(name: str, file: str = "") -> Any:
    return lambda training: training.delete(f"{uri(training, name)}{file}")


def forget_job(training: Training) -> None:
    del training.sagemaker.jobs[JOB]


def of_job(**values: Any) -> Any:
    return lambda training: training.sagemaker.jobs[JOB].update(values)


def remove_copy(training: Training) -> None:
    training.delete(training.copies()[0])


def change_copy(content: bytes) -> Any:
    return lambda training: training.put(training.copies()[0], content)


@pytest.mark.parametrize(
    ("spoil", "link", "state"),
    [
        (change("artifact_uri"), "archive", LinkState.CHANGED),
        (remove("artifact_uri"), "archive", LinkState.MISSING),
        (forget_job, "training job", LinkState.MISSING),
        (
            of_job(ModelArtifacts={"S3ModelArtifacts": "s3://elsewhere/model.tar.gz"}),
            "training job",
            LinkState.CHANGED,
        ),
        (remove("code_uri"), "code", LinkState.MISSING),
        (
            of_job(AlgorithmSpecification={"TrainingInputMode": "File", "TrainingImage": "other"}),
            "image",
            LinkState.CHANGED,
        ),
        (change("parameters_uri"), "parameters", LinkState.CHANGED),
        (remove("parameters_uri"), "parameters", LinkState.MISSING),
        (of_job(HyperParameters={"max_depth": "9", "seed": "1"}), "parameters", LinkState.CHANGED),
        (change("evaluation_uri"), "evaluation", LinkState.CHANGED),
        (remove("evaluation_uri"), "evaluation", LinkState.MISSING),
        (remove("baseline_uri", "constraints.json"), "baseline", LinkState.MISSING),
        (change("manifest_uri"), "manifest", LinkState.CHANGED),
        (remove("manifest_uri"), "manifest", LinkState.MISSING),
        (remove_copy, "data", LinkState.MISSING),
        (change_copy(parquet(1_000)), "data", LinkState.CHANGED),
        (change_copy(bytes(len(parquet(10)))), "data", LinkState.CHANGED),
    ],
)
def test_a_broken_link_is_found_and_fails_the_command(
    training: Training, spoil: Any, link: str, state: LinkState
) -> None:
    training.register()
    spoil(training)

    lineage = traced(training)
    result = RUNNER.invoke(app, ["lineage", "1"])

    broken = {name: each for name, each in states(lineage).items() if each.isupper()}
    assert broken == {link: state}
    assert result.exit_code == 1
    assert f"THE LINEAGE IS BROKEN: {link} ({state})" in result.stdout


def test_code_that_was_written_after_the_training_is_not_vouched_for(training: Training) -> None:
    training.register()
    training.sagemaker.jobs[JOB]["CreationTime"] = BEGAN.replace(year=2020)

    lineage = traced(training)

    assert states(lineage)["code"] is LinkState.UNVERIFIED
    assert lineage.is_intact


def test_nothing_is_vouched_for_that_only_a_forgotten_job_could_tell(training: Training) -> None:
    training.register()
    forget_job(training)

    assert states(traced(training))["image"] is LinkState.UNVERIFIED


def test_raw_files_are_found_though_their_versions_were_replaced(training: Training) -> None:
    training.register()
    training.lake.ledger_entry("landing/flights/2013-01.csv", "A1", "superseded")

    lineage = traced(training)

    assert lineage.snapshot is not None
    assert [file.status for file in lineage.snapshot.raw_files][:2] == ["superseded", "curated"]


def test_raw_files_that_the_ledger_does_not_know_are_counted(training: Training) -> None:
    training.register()
    item = training.lake.ledger_entry("landing/flights/2013-01.csv", "A1", "superseded")
    training.lake.connection.table("ledger").delete_item(
        Key={"object": item["object"], "version": item["version"]}
    )

    result = RUNNER.invoke(app, ["lineage", "1"])

    assert result.exit_code == 0
    assert "3 of 4 raw files are known" in result.stdout


def test_copies_of_other_snapshots_are_not_read(training: Training) -> None:
    training.register()
    training.put(f"s3://{ARTIFACTS}/snapshots/objects/flights/other@v.parquet", "x")
    counted: list[int] = []

    model = models.find(training.deployment, "latest")
    lineage = trace(training.deployment, model, advance=counted.append)

    assert lineage.is_intact
    assert sum(counted) == 4


def test_a_model_that_does_not_say_where_it_comes_from_has_no_lineage(
    training: Training,
) -> None:
    training.sagemaker.add()

    result = RUNNER.invoke(app, ["lineage", "1"])

    assert result.exit_code == 1
    assert "the lineage of model 1 is unknown" in result.stderr
