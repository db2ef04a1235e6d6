"""A reproduction trains from what the model package names, or says what of it is gone."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from lambdas.shared.errors import InvalidInputError
from schemas.manifests import Manifest
from schemas.registry import ModelMetadata
from schemas.runs import RunStatus, Trigger
from schemas.training import Parameters
from tests.unit.lambdas.pipeline import ARTIFACTS, Pipeline, execution, metadata
from tests.unit.lambdas.services import GROUP_ARN_PREFIX


@dataclass
class Original:
    """A registered model, and everything around it.

    Attributes:
        pipeline: The world.
        run: The run that trained it.
        metadata: What its package says.
        arn: Its package.
    """

    pipeline: Pipeline
    run: dict[str, Any]
    metadata: ModelMetadata
    arn: str

    def reproduce(self, name: str = "e2") -> dict[str, Any]:
        return self.pipeline.prepare(name, reproduces=self.arn)


@pytest.fixture
def original(pipeline: Pipeline) -> Original:
    pipeline.curate_months("2013-01", "2013-02", "2013-03")
    run = pipeline.prepare("e1", hyperparameters={"eta": "0.3"})
    pipeline.change_run(run["run_id"], status=RunStatus.REGISTERED)
    model = metadata(run)
    return Original(pipeline=pipeline, run=run, metadata=model, arn=pipeline.add_model(model))


def test_data_code_image_and_parameters_are_those_of_the_package(original: Original) -> None:
    pipeline = original.pipeline
    pipeline.supersede(pipeline.curate("flights", "2013-01"))
    pipeline.curate_months("2013-04", "2013-05")

    again = original.reproduce()

    taken = (
        *("window", "manifest_uri", "manifest_sha256", "input_uri", "image_uri"),
        *("code_uri", "code_sha256", "code_prefix_uri"),
        *("parameters_sha256", "hyperparameters", "mode"),
    )
    assert {name: again[name] for name in taken} == {name: original.run[name] for name in taken}
    assert pipeline.read(again["parameters_uri"]) == pipeline.read(original.run["parameters_uri"])


def test_the_original_stands_in_the_place_of_the_champion(original: Original) -> None:
    pipeline = original.pipeline
    pipeline.add_model(metadata(pipeline.prepare("e3", hyperparameters={"eta": "0.4"})))

    again = original.reproduce()

    assert again["reproduces"] == again["champion_package_arn"] == original.arn
    assert again["champion_artifact_sha256"] == original.metadata.artifact_sha256
    folder = f"{again['prefix_uri']}champion/"
    assert json.loads(pipeline.read(f"{folder}champion.json"))["model_package_arn"] == original.arn
    assert pipeline.read(f"{folder}model.tar.gz") == pipeline.read(original.metadata.artifact_uri)


def test_each_execution_reproduces_in_a_run_of_its_own(original: Original) -> None:
    first, second = original.reproduce("e2"), original.reproduce("e3")

    assert len({first["run_id"], second["run_id"], original.run["run_id"]}) == 3
    run = original.pipeline.run(first["run_id"])
    assert (run.status, run.trigger) == (RunStatus.RUNNING, Trigger.REPRODUCTION)
    assert (run.execution_arn, run.model_package_arn) == (execution("e2"), original.arn)
    assert original.reproduce("e2") == first


def test_a_model_that_waits_for_approval_can_be_reproduced(original: Original) -> None:
    arn = original.pipeline.add_model(original.metadata, approval="PendingManualApproval")

    assert original.pipeline.prepare("e2", reproduces=arn)["reproduces"] == arn


def change(pipeline: Pipeline, uri: str) -> None:
    pipeline.put(uri, pipeline.read(uri) + " ")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda p, m: p.delete(m.manifest_uri), "the manifest of the model, is gone"),
        (lambda p, m: change(p, m.manifest_uri), "the manifest of the model, was changed"),
        (lambda p, m: p.delete(m.parameters_uri), "the parameters of the model, is gone"),
        (lambda p, m: change(p, m.parameters_uri), "the parameters of the model, was changed"),
        (lambda p, m: p.delete(m.code_uri), "the code of the model, is gone"),
        (lambda p, _: p.delete(copy(p)), "1 of the 4 objects .* are gone, such as flights/year="),
    ],
)
def test_what_is_gone_or_changed_is_named(
    original: Original, damage: Callable[[Pipeline, ModelMetadata], None], said: str
) -> None:
    damage(original.pipeline, original.metadata)

    with pytest.raises(InvalidInputError, match=said):
        original.reproduce()

    assert original.pipeline.artifacts(f"runs/{original.run['run_id']}")


def copy(pipeline: Pipeline) -> str:
    return f"s3://{ARTIFACTS}/{pipeline.artifacts('snapshots/objects/flights/')[0]}"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"manifest_uri": "s3://elsewhere/m.json"}, f"is not in {ARTIFACTS}"),
        ({"code_uri": "s3://elsewhere/code.zip"}, "reproduce the model in the environment"),
    ],
)
def test_models_of_another_environment_are_refused(
    original: Original, changes: dict[str, str], said: str
) -> None:
    arn = original.pipeline.add_model(metadata(original.run, **changes))

    with pytest.raises(InvalidInputError, match=said):
        original.pipeline.prepare("e2", reproduces=arn)


def test_a_search_cannot_be_reproduced(original: Original) -> None:
    run = original.pipeline.prepare("e2", mode="tune")
    arn = original.pipeline.add_model(metadata(run))

    with pytest.raises(InvalidInputError, match="not which ones won"):
        original.pipeline.prepare("e3", reproduces=arn)


def test_a_package_that_does_not_exist_is_named(original: Original) -> None:
    arn = f"{GROUP_ARN_PREFIX}/99"

    with pytest.raises(InvalidInputError, match=f"{arn} cannot be reproduced: .*does not exist"):
        original.pipeline.prepare("e2", reproduces=arn)


def test_a_package_that_does_not_say_where_it_comes_from_is_named(original: Original) -> None:
    arn = original.pipeline.sagemaker.add()

    with pytest.raises(InvalidInputError, match="cannot be reproduced: the model package lacks"):
        original.pipeline.prepare("e2", reproduces=arn)


def test_a_package_of_another_group_is_refused(original: Original) -> None:
    arn = original.pipeline.sagemaker.add(ModelPackageGroupName="others")

    with pytest.raises(InvalidInputError, match="belongs to the group 'others'"):
        original.pipeline.prepare("e2", reproduces=arn)


def test_the_manifest_that_is_checked_is_the_one_that_is_used(original: Original) -> None:
    again = original.reproduce()

    manifest = Manifest.from_text(original.pipeline.read(again["manifest_uri"]))
    listed = json.loads(original.pipeline.read(again["input_uri"]))
    assert manifest.sha256 == again["manifest_sha256"] == original.metadata.manifest_sha256
    assert listed[1:] == [each.key for each in manifest.objects]
    assert (
        Parameters.from_text(original.pipeline.read(again["parameters_uri"])).sha256
        == (again["parameters_sha256"])
    )
