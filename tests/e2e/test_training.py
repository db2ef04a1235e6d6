"""From curated files to a registered model, which says where it comes from; and made again."""

import io
import json
import tarfile
from hashlib import sha256

from lambdas.approve.logic import APPROVAL
from local.environment import ROOT
from ops import artifacts, lineage, models
from ops.conclusions import Conclusion
from ops.ledger import split_uri
from schemas.evaluations import CHALLENGER, CHAMPION
from schemas.keys import uri_of
from schemas.ledger import LedgerStatus
from schemas.manifests import OBJECTS_PREFIX, Manifest
from schemas.names import TRAINING_METRICS_NAMESPACE, ModelMetric, Output
from schemas.registry import ModelMetadata
from schemas.runs import RunStatus
from tests.e2e import months
from tests.e2e.lake import Lake
from tests.e2e.training_phases import CORRECTED, Challenged, TakenOver, Trained
from tests.local.metrics import total


def content(lake: Lake, uri: str) -> bytes:
    bucket, key = split_uri(uri)
    return lake.deployment.connection.s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def digest(body: bytes) -> str:
    return sha256(body).hexdigest()


def metadata_of(trained: Trained) -> ModelMetadata:
    assert trained.model.metadata, trained.model.problem
    return trained.model.metadata


def test_a_training_registers_a_model_and_says_so(trained: Trained) -> None:
    winner = trained.winner
    assert winner.run
    assert winner.states == [
        *("Snapshot", "Validate", "Preprocess", "Train", "Evaluate", "Gate", "Register", "Settle"),
        "Announce",
    ]
    assert winner.run.status is RunStatus.REGISTERED
    assert winner.run.model_package_arn == trained.model.arn
    assert winner.run.evaluation_uri == metadata_of(trained).evaluation_uri
    assert "there is no champion to compare with" in winner.run.reason
    assert winner.run.ended_at > winner.run.began_at
    assert winner.notice
    assert winner.notice["Subject"].startswith(f"Training run {winner.run.run_id} registered")
    assert trained.model.arn in winner.notice["Message"]


def test_one_role_registers_and_another_approves(lake: Lake, trained: Trained) -> None:
    package = lake.deployment.connection.sagemaker.describe_model_package(
        ModelPackageName=trained.model.arn
    )

    assert "TrainingRegister" in package["CreatedBy"]["IamIdentity"]["Arn"]
    assert "Approver" in package["LastModifiedBy"]["IamIdentity"]["Arn"]
    assert package["ApprovalDescription"] == APPROVAL
    approved = total(
        lake.cloud,
        TRAINING_METRICS_NAMESPACE,
        ModelMetric.MODELS_APPROVED,
        model_package_group=lake.deployment[Output.MODEL_PACKAGE_GROUP_NAME],
    )
    assert approved >= 1


def test_two_executions_at_once_and_a_third_register_one_model(
    lake: Lake, trained: Trained
) -> None:
    (loser,) = (each for each in trained.twins if each is not trained.winner)
    assert trained.winner.run

    for idle in (loser, trained.again):
        assert idle.outcome.conclusion is Conclusion.SKIPPED
        assert idle.states == ["Snapshot"]
        assert idle.notice is None
        assert trained.winner.run.run_id in idle.outcome.reasons[0]
    assert trained.model.arn in trained.again.outcome.reasons[0]
    of_the_run = [
        each
        for each in models.list_models(lake.deployment).models
        if each.metadata and each.metadata.run_id == trained.winner.run.run_id
    ]
    assert [each.version for each in of_the_run] == [trained.model.version]


def test_what_a_model_names_is_what_lies_there(lake: Lake, trained: Trained) -> None:
    metadata = metadata_of(trained)
    for uri, expected in (
        (metadata.manifest_uri, metadata.manifest_sha256),
        (metadata.parameters_uri, metadata.parameters_sha256),
        (metadata.artifact_uri, metadata.artifact_sha256),
        (metadata.evaluation_uri, trained.model.evaluation_sha256),
    ):
        assert digest(content(lake, uri)) == expected, uri
    with tarfile.open(fileobj=io.BytesIO(content(lake, metadata.artifact_uri))) as archive:
        model = archive.extractfile("model.ubj")
        assert model
        assert digest(model.read()) == metadata.model_sha256
        served = {name for name in archive.getnames() if name.startswith("code/")}
    assert "code/inference.py" in served
    assert (metadata.train_from, metadata.holdout_from, metadata.holdout_to) == (
        *(months.WINDOW.train_from, months.WINDOW.holdout_from),
        months.WINDOW.holdout_to,
    )
    assert metadata.lock_sha256 == digest(ROOT.joinpath("ml", "requirements.txt").read_bytes())
    told = json.loads(content(lake, metadata.parameters_uri))["hyperparameters"]
    job = lake.deployment.connection.sagemaker.describe_training_job(
        TrainingJobName=metadata.training_job_arn.rpartition("/")[2]
    )
    assert job["HyperParameters"] == told
    assert (told["max_depth"], told["num_boost_round"]) == ("1", "10")


def test_the_code_of_a_model_is_the_deployed_one(lake: Lake, trained: Trained) -> None:
    metadata = metadata_of(trained)
    variables = lake.cloud.client("lambda").get_function_configuration(
        FunctionName=next(
            each
            for each in lake.deployment.resources("AWS::Lambda::Function")
            if "Snapshot" in each
        )
    )["Environment"]["Variables"]

    assert metadata.code_sha256 == variables["CODE_SHA256"]
    assert f"/{metadata.code_sha256}/" in metadata.code_uri
    assert content(lake, metadata.code_uri) == content(lake, variables["CODE_ASSET_URI"])
    assert metadata.image_uri == variables["IMAGE_URI"]


def test_the_data_of_a_model_are_copies_of_what_was_curated(lake: Lake, trained: Trained) -> None:
    metadata = metadata_of(trained)
    manifest = Manifest.from_text(content(lake, metadata.manifest_uri).decode())
    assert manifest.window == months.WINDOW
    bucket = lake.deployment[Output.ARTIFACTS_BUCKET_NAME]
    hashes = []
    for each in manifest.objects:
        copy = content(lake, uri_of(bucket, f"{OBJECTS_PREFIX}{each.key}"))
        assert len(copy) == each.size
        hashes.append(f"{each.key}\n{digest(copy)}\n")
    assert digest("".join(hashes).encode()) == metadata.data_sha256
    assert manifest.rows("flights") == sum(
        len(months.flights(month)) for month in months.WINDOW.months
    )


def test_the_lineage_of_every_model_is_intact(
    lake: Lake, trained: Trained, challenged: Challenged, taken_over: TakenOver
) -> None:
    assert challenged
    for model in (trained.model, taken_over.model):
        traced = lineage.trace(lake.deployment, model)
        assert traced.is_intact, traced.links


def test_a_worse_challenger_is_refused_for_every_reason(
    lake: Lake, trained: Trained, challenged: Challenged
) -> None:
    refused = challenged.worthless
    assert refused.run
    assert refused.notice
    evaluation = artifacts.read_evaluation(lake.deployment, refused.outcome.evaluation_uri)
    assert evaluation
    assert evaluation.champion

    assert refused.outcome.conclusion is Conclusion.REFUSED
    too_low, thin, beaten = refused.outcome.reasons
    rows = len(months.flights(months.THIN))
    assert too_low == "AUC 0.500000 is below 0.6"
    assert thin.startswith(f"holdout month {months.THIN} has ")
    assert evaluation.challenger.by_month[months.THIN].rows <= rows
    assert beaten.startswith("AUC 0.500000 does not exceed the champion's ")
    assert evaluation.champion.artifact_sha256 == metadata_of(trained).artifact_sha256
    assert evaluation.models[CHAMPION].overall.rows == evaluation.models[CHALLENGER].overall.rows
    assert refused.run.status is RunStatus.REFUSED
    assert refused.run.model_package_arn == ""
    assert all(reason in refused.run.reason for reason in refused.outcome.reasons)
    assert all(reason in refused.notice["Message"] for reason in refused.outcome.reasons)
    assert "Register" not in refused.states


def test_a_model_is_reproduced_after_its_data_were_replaced(
    lake: Lake, trained: Trained, challenged: Challenged
) -> None:
    again = challenged.reproduced
    assert challenged.replaced.status is LedgerStatus.CURATED
    assert lake.existing(frozenset(challenged.replaced.curated_uris)) == frozenset()
    newer = lake.in_force(months.key_of("flights", CORRECTED))
    assert newer.rows_accepted < challenged.replaced.rows_accepted
    evaluation = artifacts.read_evaluation(lake.deployment, again.outcome.evaluation_uri)
    assert evaluation
    assert again.run
    assert again.notice

    assert again.outcome.conclusion is Conclusion.REPRODUCED
    assert evaluation.challenger.model_sha256 == metadata_of(trained).model_sha256
    assert evaluation.max_difference == 0
    assert again.run.status is RunStatus.REPRODUCED
    assert again.run.model_package_arn == trained.model.arn
    assert again.notice["Subject"].startswith(f"Training run {again.run.run_id} reproduced")
    assert "Register" not in again.states
    assert again.run.run_id not in [
        each.metadata.run_id for each in models.list_models(lake.deployment).models if each.metadata
    ]
