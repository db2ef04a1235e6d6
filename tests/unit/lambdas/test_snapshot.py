"""What a run begins with: data, code, parameters and champion, none of which changes any more."""

import json
from typing import Any

import pytest

from lambdas.shared import clients
from lambdas.shared.errors import InvalidInputError, PermanentError, TransientError
from schemas.flights import FLIGHTS
from schemas.manifests import Manifest
from schemas.releases import Serving
from schemas.runs import RunStatus, Trigger
from schemas.training import Parameters, PlannedRun
from tests.unit.lambdas.pipeline import (
    ARTIFACTS,
    ASSETS,
    CODE_SHA,
    HYPERPARAMETERS,
    IMAGE,
    TUNING,
    Pipeline,
    execution,
    metadata,
)
from tests.unit.lambdas.services import GROUP_ARN_PREFIX
from tests.unit.lambdas.world import CURATED

MONTHS = ("2013-01", "2013-02", "2013-03", "2013-04")


@pytest.fixture
def lake(pipeline: Pipeline) -> Pipeline:
    pipeline.curate_months(*MONTHS)
    return pipeline


def manifest_of(pipeline: Pipeline, run: dict[str, Any]) -> Manifest:
    return Manifest.from_text(pipeline.read(run["manifest_uri"]))


def test_the_state_machine_is_told_everything_it_needs(lake: Pipeline) -> None:
    run = lake.prepare()

    prefix = f"s3://{ARTIFACTS}/runs/{run['run_id']}/"
    assert run["run_id"].startswith("201303-")
    assert run == {
        "decision": "train",
        "reason": "",
        "run_id": run["run_id"],
        "attempt": 1,
        "job_prefix": f"test-{run['run_id']}-1",
        "trigger": "manual",
        "mode": "train",
        "window": {"train_from": "2013-01", "holdout_from": "2013-03", "holdout_to": "2013-04"},
        "manifest_uri": f"s3://{ARTIFACTS}/snapshots/manifests/{run['manifest_sha256']}.json",
        "manifest_sha256": manifest_of(lake, run).sha256,
        "input_uri": f"s3://{ARTIFACTS}/snapshots/inputs/{run['manifest_sha256']}.manifest",
        "code_prefix_uri": f"s3://{ARTIFACTS}/code/{CODE_SHA}/",
        "code_uri": f"s3://{ARTIFACTS}/code/{CODE_SHA}/code.zip",
        "code_sha256": CODE_SHA,
        "image_uri": IMAGE,
        "prefix_uri": prefix,
        "parameters_uri": f"{prefix}parameters.json",
        "parameters_sha256": run["parameters_sha256"],
        "hyperparameters": HYPERPARAMETERS,
        "champion_package_arn": "",
        "champion_artifact_sha256": "",
        "champion_holdout_from": "",
        "reproduces": "",
    }
    assert PlannedRun.from_json(run).to_json() == run


def test_names_of_jobs_leave_room_for_those_of_tunings(lake: Pipeline) -> None:
    """SageMaker takes 32 characters for a tuning's name."""
    name = f"{lake.prepare()['job_prefix']}-hpo-0"

    assert len(name) <= 32


def test_a_snapshot_copies_exactly_the_versions_it_names(lake: Pipeline) -> None:
    run = lake.prepare()

    manifest = manifest_of(lake, run)
    assert {each.dataset for each in manifest.objects} == {"flights", "weather"}
    assert len(manifest.objects) == 2 * 3  # April is not complete
    prefix, *listed = json.loads(lake.read(run["input_uri"]))
    assert listed == [each.key for each in manifest.objects]
    for each in manifest.objects:
        original = lake.s3.get_object(
            Bucket=CURATED,
            Key=each.source.removeprefix(f"s3://{CURATED}/"),
            VersionId=each.version_id,
        )
        assert lake.read(f"{prefix['prefix']}{each.key}").encode() == original["Body"].read()
        assert (each.etag, each.size) == (
            original["ETag"].strip('"'),
            original["ContentLength"],
        )
    assert manifest.contracts["flights"] == FLIGHTS.content_hash


def test_code_and_parameters_are_kept_with_the_run(lake: Pipeline) -> None:
    run = lake.prepare(hyperparameters={"eta": "0.3"})

    assert lake.read(run["code_uri"]) == "zip"
    parameters = Parameters.from_text(lake.read(run["parameters_uri"]))
    assert parameters.sha256 == run["parameters_sha256"]
    assert parameters.hyperparameters == run["hyperparameters"] == {**HYPERPARAMETERS, "eta": "0.3"}
    assert parameters.tuning == {}


def test_what_a_tuning_is_told_is_a_parameter(lake: Pipeline) -> None:
    run = lake.prepare(mode="tune")

    parameters = Parameters.from_text(lake.read(run["parameters_uri"]))
    assert run["mode"] == "tune"
    assert parameters.tuning == TUNING
    assert "eta" not in run["hyperparameters"]


def test_the_same_snapshot_shares_its_copies(lake: Pipeline) -> None:
    first = lake.prepare("e1")
    second = lake.prepare("e2", hyperparameters={"eta": "0.3"})

    assert second["manifest_uri"] == first["manifest_uri"]
    assert second["run_id"] != first["run_id"]
    keys = lake.artifacts("snapshots/objects/") + lake.artifacts("code/")
    assert len(keys) == 2 * 3 + 1
    assert {lake.copies(key) for key in keys} == {1}


def test_a_replaced_file_changes_the_snapshot_and_leaves_the_old_one(lake: Pipeline) -> None:
    before = lake.prepare("e1")
    replaced = lake.curate("flights", "2013-02", version="2", rows=9)
    lake.supersede(lake.curate("flights", "2013-02", version="1"))

    after = lake.prepare("e2")

    assert after["manifest_sha256"] != before["manifest_sha256"]
    sources = {each.source for each in manifest_of(lake, after).objects}
    assert set(replaced.curated_uris) < sources
    for each in manifest_of(lake, before).objects:
        assert lake.read(f"s3://{ARTIFACTS}/snapshots/objects/{each.key}")


def test_the_run_is_written_down(lake: Pipeline) -> None:
    run = lake.run(lake.prepare("e1")["run_id"])

    assert run.status is RunStatus.RUNNING
    assert run.trigger is Trigger.MANUAL
    assert run.execution_arn == execution("e1")
    assert (run.train_from, run.holdout_from, run.holdout_to) == ("2013-01", "2013-03", "2013-04")
    assert run.rows == 3 * 500
    assert run.began_at
    assert run.ended_at == ""


def test_without_a_champion_the_run_says_so(lake: Pipeline) -> None:
    run = lake.prepare()

    champion = json.loads(lake.read(f"{run['prefix_uri']}champion/champion.json"))
    assert champion == {"model_package_arn": ""}
    assert lake.artifacts(f"runs/{run['run_id']}/champion/model.tar.gz") == []


def test_the_champion_is_the_newest_approved_model_that_says_where_it_comes_from(
    lake: Pipeline,
) -> None:
    old = metadata(lake.prepare("e1"))
    lake.add_model(old)
    champion = lake.add_model(metadata(lake.prepare("e2", hyperparameters={"eta": "0.2"})))
    lake.sagemaker.add(CustomerMetadataProperties={"run_id": "somebody's own"})
    lake.sagemaker.add()
    lake.add_model(
        metadata(lake.prepare("e3", hyperparameters={"eta": "0.3"})),
        approval="PendingManualApproval",
    )

    run = lake.prepare("e4", hyperparameters={"eta": "0.4"})

    assert run["champion_package_arn"] == champion
    assert run["champion_artifact_sha256"] == "a" * 64
    assert run["champion_holdout_from"] == "2013-03"
    folder = f"{run['prefix_uri']}champion/"
    assert json.loads(lake.read(f"{folder}champion.json")) == {"model_package_arn": champion}
    assert lake.read(f"{folder}model.tar.gz").startswith("archive of 201303-")


def test_the_champion_is_the_model_that_serves(lake: Pipeline) -> None:
    """Whatever was approved since, or is tried beside it."""
    serving = lake.add_model(metadata(lake.prepare("e1")))
    newest = lake.add_model(metadata(lake.prepare("e2", hyperparameters={"eta": "0.2"})))
    lake.serve(Serving(champion=serving, challenger=newest, challenger_percent=10))

    run = lake.prepare("e3", hyperparameters={"eta": "0.3"})

    assert run["champion_package_arn"] == serving


@pytest.mark.parametrize("serving", ["", f"{GROUP_ARN_PREFIX}/9", f"{GROUP_ARN_PREFIX}/2"])
def test_a_serving_model_that_says_nothing_of_itself_is_no_champion(
    lake: Pipeline, serving: str
) -> None:
    """Version 9 is gone, and version 2 does not say where it comes from."""
    approved = lake.add_model(metadata(lake.prepare("e1")))
    lake.sagemaker.add(approval="Rejected")
    lake.serve(Serving(champion=serving))

    run = lake.prepare("e2", hyperparameters={"eta": "0.2"})

    assert run["champion_package_arn"] == approved


def test_a_champion_without_its_archive_stops_the_run(lake: Pipeline) -> None:
    model = metadata(lake.prepare("e1"))
    arn = lake.add_model(model)
    lake.delete(model.artifact_uri)

    with pytest.raises(PermanentError, match="champion-missing") as refused:
        lake.prepare("e2", hyperparameters={"eta": "0.2"})

    assert arn in refused.value.message
    assert "reject the model package" in refused.value.message


def test_a_curated_file_that_is_being_replaced_is_waited_for(pipeline: Pipeline) -> None:
    pipeline.curate_months(*MONTHS)
    gone = pipeline.curate("flights", "2013-01", name="late")
    pipeline.delete(gone.curated_uris[0])

    with pytest.raises(TransientError, match="being-replaced"):
        pipeline.prepare()

    pipeline.supersede(gone)
    assert pipeline.prepare()["decision"] == "train"


def test_months_without_data_are_refused(lake: Pipeline) -> None:
    window = {"train_from": "2012-12", "holdout_from": "2013-01", "holdout_to": "2013-02"}

    with pytest.raises(PermanentError, match="flights lacks 2012-12; weather lacks 2012-12"):
        lake.prepare(window=window)

    assert lake.artifacts() == []


def test_an_unversioned_lake_is_refused(lake: Pipeline) -> None:
    lake.s3.put_bucket_versioning(Bucket=CURATED, VersioningConfiguration={"Status": "Suspended"})
    lake.curate("flights", "2013-01", name="unversioned")

    with pytest.raises(PermanentError, match="unversioned-bucket"):
        lake.prepare()


def test_code_that_is_gone_from_the_assets_is_named(lake: Pipeline) -> None:
    lake.delete(f"s3://{ASSETS}/code.zip")

    with pytest.raises(PermanentError, match=f"code-missing: s3://{ASSETS}/code.zip"):
        lake.prepare()


def test_code_that_was_copied_once_needs_its_asset_no_more(lake: Pipeline) -> None:
    lake.prepare("e1")
    lake.delete(f"s3://{ASSETS}/code.zip")

    assert lake.prepare("e2", hyperparameters={"eta": "0.2"})["decision"] == "train"


def test_a_wrong_input_touches_nothing(lake: Pipeline) -> None:
    with pytest.raises(InvalidInputError):
        lake.prepare(mode="guess")

    assert lake.artifacts() == []


def test_refusals_of_aws_say_which_call(lake: Pipeline) -> None:
    bucket = clients.s3_client()
    bucket.delete_object(Bucket=ASSETS, Key="code.zip")
    versions = bucket.list_object_versions(Bucket=ASSETS)
    for each in [*versions.get("Versions", []), *versions.get("DeleteMarkers", [])]:
        bucket.delete_object(Bucket=ASSETS, Key=each["Key"], VersionId=each["VersionId"])
    bucket.delete_bucket(Bucket=ASSETS)

    with pytest.raises(PermanentError, match="aws-refused: .*CopyObject"):
        lake.prepare()
