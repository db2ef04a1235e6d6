"""Nothing reaches the endpoint that is not approved, complete, and what was registered."""

from collections.abc import Callable
from typing import Any

import pytest

from lambdas.shared.errors import PermanentError, TransientError
from lambdas.shared.registry import APPROVED
from tests.unit.lambdas.pipeline import ARTIFACTS
from tests.unit.lambdas.release_requests import arn_of, request
from tests.unit.lambdas.releasing import Releasing
from tests.unit.lambdas.world import FakeContext

Damage = Callable[[Releasing], object]


def _without(name: str) -> Damage:
    def damage(releasing: Releasing) -> None:
        properties = dict(releasing.metadata(2).to_properties())
        del properties[name]
        releasing.change(2, CustomerMetadataProperties=properties)

    return damage


def _elsewhere(releasing: Releasing) -> None:
    uri = "s3://elsewhere/model.tar.gz"
    properties = releasing.metadata(2).to_properties() | {"artifact_uri": uri}
    releasing.change(2, CustomerMetadataProperties=properties)
    releasing.change_container(2, ModelDataUrl=uri)


def _twice(releasing: Releasing) -> None:
    (container,) = releasing.hosting.packages[arn_of(2)]["InferenceSpecification"]["Containers"]
    releasing.change(2, InferenceSpecification={"Containers": [container, container]})


DAMAGES: list[tuple[str, Damage, str]] = [
    ("model-missing", lambda each: each.hosting.packages.pop(arn_of(2)), "was deleted"),
    ("other-group", lambda each: each.change(2, ModelPackageGroupName="others"), "'others'"),
    ("not-completed", lambda each: each.change(2, ModelPackageStatus="Failed"), "is Failed"),
    ("not-completed", lambda each: each.change(2, ModelPackageStatus="InProgress"), "InProgress"),
    ("not-approved", lambda each: each.change(2, ModelApprovalStatus="Rejected"), "is Rejected"),
    (
        "not-approved",
        lambda each: each.change(2, ModelApprovalStatus="PendingManualApproval"),
        "ops models approve",
    ),
    ("incomplete-metadata", _without("manifest_uri"), "lacks manifest_uri"),
    ("incomplete-metadata", lambda each: each.change(2, CustomerMetadataProperties={}), "Train"),
    (
        "package-changed",
        lambda each: each.change_container(2, ModelDataUrl="s3://evil/model.tar.gz"),
        "serves s3://evil/model.tar.gz, not s3://",
    ),
    (
        "package-changed",
        lambda each: each.change_container(
            2,
            ModelDataSource={
                "S3DataSource": {
                    "S3Uri": "s3://evil/",
                    "S3DataType": "S3Prefix",
                    "CompressionType": "None",
                }
            },
        ),
        "serves s3://",
    ),
    ("package-changed", lambda each: each.change_container(2, Image="evil:1"), "runs in evil:1"),
    (
        "package-changed",
        lambda each: each.change_container(
            2, Environment={"SAGEMAKER_SUBMIT_DIRECTORY": "s3://evil/code.tar.gz"}
        ),
        "runs the code in s3://evil/code.tar.gz, not that of its archive",
    ),
    (
        "package-changed",
        lambda each: each.hosting.packages[arn_of(2)].pop("InferenceSpecification"),
        "has 0 containers",
    ),
    ("package-changed", _twice, "has 2 containers instead of one"),
    ("other-environment", _elsewhere, f"is not in {ARTIFACTS}"),
    (
        "archive-changed",
        lambda each: each.put(each.metadata(2).artifact_uri, b"another"),
        "registered is",
    ),
    (
        "archive-missing",
        lambda each: each.delete(each.metadata(2).artifact_uri),
        "bring it back from its older versions",
    ),
]


@pytest.mark.parametrize("document", [request("release", 2), request("ab-start", 2, 10)])
@pytest.mark.parametrize(("code", "damage", "said"), DAMAGES)
def test_a_model_that_may_not_serve_is_refused(
    served: Releasing, code: str, damage: Damage, said: str, document: dict[str, Any]
) -> None:
    damage(served)

    with pytest.raises(PermanentError, match=code) as refused:
        served.plan(document)

    assert said in refused.value.message
    assert arn_of(2) in refused.value.message
    assert served.hosting.serving == {"champion": arn_of(1)}


@pytest.mark.parametrize(
    "damage", [damage for code, damage, _ in DAMAGES if not code.startswith("archive")]
)
def test_a_rollback_passes_over_a_model_that_may_not_serve(
    served: Releasing, damage: Damage
) -> None:
    served.serving(2)
    served.serving(served.register())
    damage(served)

    assert served.plan(request("rollback"))["target"]["champion"] == arn_of(1)


def test_the_champion_of_a_test_must_still_be_good(served: Releasing) -> None:
    served.change(1, ModelApprovalStatus="Rejected")

    with pytest.raises(PermanentError, match=f"not-approved: {arn_of(1)} is Rejected"):
        served.plan(request("ab-start", 2, 10))


def test_an_archive_too_large_for_the_time_left_is_tried_again(
    served: Releasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tests.unit.lambdas.releasing.FakeContext",
        lambda: FakeContext(remaining_ms=[60_000, 100]),
    )

    with pytest.raises(TransientError, match="deadline"):
        served.plan(request("release", 2))


def test_a_source_that_says_the_same_as_the_address_is_fine(served: Releasing) -> None:
    """SageMaker's answers may have both."""
    uri = served.metadata(2).artifact_uri
    source = {"S3Uri": uri, "S3DataType": "S3Object", "CompressionType": "Gzip"}
    served.change_container(2, ModelDataSource={"S3DataSource": source})
    served.change(2, ModelApprovalStatus=APPROVED)

    assert served.run(request("release", 2)) == "succeeded"
