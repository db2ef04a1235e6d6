"""`ops models`: the registry, comparisons, and decisions."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from ops import approval, comparison, models
from ops.app import app
from ops.errors import OpsError
from schemas.windows import Window
from tests.unit.lambdas.services import GROUP_ARN_PREFIX
from tests.unit.ops.services import refuse
from tests.unit.ops.trained import ARTIFACTS, Training, judged

RUNNER = CliRunner()
LATER_WINDOW = Window(train_from="2013-01", holdout_from="2013-04", holdout_to="2013-06")


def show_json(*command: str) -> Any:
    result = RUNNER.invoke(app, [*command, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_models_are_listed_over_all_pages_with_the_champion(training: Training) -> None:
    for number in range(1, 6):
        training.register(f"201303-0000000{number}", auc=0.7 + number / 100)
    training.sagemaker.packages[f"{GROUP_ARN_PREFIX}/5"]["ModelApprovalStatus"] = (
        "PendingManualApproval"
    )
    # Registered within one second, they have no order.
    training.sagemaker.packages = dict(reversed(training.sagemaker.packages.items()))

    people = RUNNER.invoke(app, ["models", "list"])
    listed = show_json("models", "list")

    assert people.exit_code == 0, people.output
    lines = people.stdout.splitlines()
    assert [line for line in lines if "champion │" in line] == [
        line for line in lines if "0.7400" in line
    ]
    assert "0.7500" in people.stdout
    assert [each["version"] for each in listed["models"]] == [1, 2, 3, 4, 5]
    assert listed["champion"] == 4


def test_an_empty_registry_says_how_to_begin(training: Training) -> None:
    assert "no models yet" in RUNNER.invoke(app, ["models", "list"]).stdout
    with pytest.raises(OpsError, match="has no models yet") as raised:
        models.find(training.deployment, "latest")
    assert "ops train --wait" in raised.value.remedy


@pytest.mark.parametrize(
    ("reference", "version"),
    [("2", 2), ("v2", 2), ("latest", 3), ("champion", 2), (f"{GROUP_ARN_PREFIX}/1", 1)],
)
def test_a_model_has_several_names(training: Training, reference: str, version: int) -> None:
    training.register("201303-00000001")
    training.register("201303-00000002")
    training.register("201303-00000003", approval="Rejected")

    assert models.find(training.deployment, reference).version == version


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("9", "'9' names no model of models"),
        ("newest", "'newest' names no model"),
        ("champion", "no model is approved"),
        (f"{GROUP_ARN_PREFIX}/9", "there is no model"),
    ],
)
def test_a_name_of_no_model_is_said(training: Training, reference: str, message: str) -> None:
    training.register(approval="Rejected")

    with pytest.raises(OpsError, match=message):
        models.find(training.deployment, reference)


def test_the_versions_there_are_are_named(training: Training) -> None:
    training.register()

    with pytest.raises(OpsError) as raised:
        models.find(training.deployment, "9")

    assert "one of the versions 1" in raised.value.remedy


def test_a_model_of_another_group_is_refused(training: Training) -> None:
    arn = GROUP_ARN_PREFIX.replace("package/models", "package/strangers") + "/1"
    training.sagemaker.packages[arn] = training.sagemaker.packages[training.register()] | {
        "ModelPackageArn": arn
    }

    with pytest.raises(OpsError, match="belongs to the group 'strangers'"):
        models.find(training.deployment, arn)


def test_an_approved_model_that_does_not_say_where_it_comes_from_is_no_champion(
    training: Training,
) -> None:
    training.register()
    training.sagemaker.add(approval="Approved")

    champion = models.champion(training.deployment)

    assert champion is not None
    assert champion.version == 1
    assert "incomplete" in RUNNER.invoke(app, ["models", "list"]).stdout


def test_a_model_is_shown_with_its_figures_by_month(training: Training) -> None:
    training.register(approval="PendingManualApproval", champion=judged(0.61))

    result = RUNNER.invoke(app, ["models", "show", "latest"])

    assert result.exit_code == 0, result.output
    for text in ("2013-03", "2013-04", "0.7000", "0.6100", "10c4", "ops models approve 1 --note"):
        assert text in result.stdout


def test_a_model_without_its_evaluation_is_shown_all_the_same(training: Training) -> None:
    training.register()
    training.delete(training.evaluation_uri)

    assert show_json("models", "show", "1")["evaluation"] is None


def rows_of(training: Training, first: str, second: str) -> dict[tuple[str, str], Any]:
    contenders = [
        comparison.contender(
            models.judged(training.deployment, models.find(training.deployment, each))
        )
        for each in (first, second)
    ]
    result = comparison.compare(*contenders)
    return {(row.rows_of, row.figure): row for row in result.rows} | {("", ""): result.remarks}


def test_figures_of_one_month_compare_and_those_of_different_months_do_not(
    training: Training,
) -> None:
    training.register("201303-00000001", auc=0.70)
    training.register("201304-00000002", auc=0.72, window=LATER_WINDOW)

    rows = rows_of(training, "1", "2")

    assert rows["2013-04", "auc"].difference == pytest.approx(0.02)
    assert (rows["2013-03", "auc"].first, rows["2013-03", "auc"].second) == (0.70, None)
    assert rows["2013-03", "auc"].difference is None
    assert rows["all", "auc"].difference is None
    assert "different months" in rows["", ""][0]
    assert "Model 2 was trained on 2013-03" in rows["", ""][1]


@pytest.mark.parametrize(("first", "second", "sign"), [("1", "2", 1), ("2", "1", -1)])
def test_a_challenger_and_its_champion_compare_on_the_rows_that_one_job_scored(
    training: Training, first: str, second: str, sign: int
) -> None:
    parent = training.register("201303-00000001", auc=0.70)
    training.register(
        "201304-00000002", auc=0.72, window=LATER_WINDOW, parent_package_arn=parent,
        champion_auc="0.650000", champion=judged(0.65, window=LATER_WINDOW),
    )  # fmt: skip

    rows = rows_of(training, first, second)

    assert rows["all", "auc"].difference == pytest.approx(0.07 * sign)
    assert rows["2013-05", "auc"].difference == pytest.approx(0.07 * sign)
    assert ("2013-03", "auc") not in rows
    assert "same rows" in rows["", ""][0]


def test_a_comparison_is_shown_side_by_side(training: Training) -> None:
    training.register("201303-00000001", auc=0.70)
    training.register("201303-00000002", auc=0.72)

    result = RUNNER.invoke(app, ["models", "compare", "1", "2"])

    assert result.exit_code == 0, result.output
    for text in ("model 1", "model 2", "0.7000", "0.7200", "+0.0200", "2013-04"):
        assert text in result.stdout


def test_a_model_without_an_evaluation_cannot_be_compared(training: Training) -> None:
    training.register()
    training.delete(training.evaluation_uri)

    result = RUNNER.invoke(app, ["models", "compare", "1", "1"])

    assert result.exit_code == 1
    assert "is gone" in result.stderr


def package(training: Training, version: int = 1) -> dict[str, Any]:
    return training.sagemaker.packages[f"{GROUP_ARN_PREFIX}/{version}"]


def test_an_approval_is_written_with_its_note(training: Training) -> None:
    training.register(approval="PendingManualApproval")

    result = RUNNER.invoke(app, ["models", "approve", "1", "--note", "seen by two"])

    assert result.exit_code == 0, result.output
    assert package(training)["ModelApprovalStatus"] == "Approved"
    assert package(training)["ApprovalDescription"] == "seen by two"
    assert "Approved now, was PendingManualApproval" in result.stdout


def test_a_decision_is_taken_once(training: Training) -> None:
    training.register(approval="Approved")

    result = RUNNER.invoke(app, ["models", "approve", "1", "--note", "again"])

    assert result.exit_code == 0
    assert "Approved already" in result.stdout
    assert "ApprovalDescription" not in package(training)


def archive_uri(training: Training) -> str:
    return str(package(training)["CustomerMetadataProperties"]["artifact_uri"])


def remove_metadata(training: Training) -> None:
    del package(training)["CustomerMetadataProperties"]["code_sha256"]


def serve_another(training: Training) -> None:
    container = package(training)["InferenceSpecification"]["Containers"][0]
    container["ModelDataUrl"] = f"s3://{ARTIFACTS}/other.tar.gz"


def be_unfinished(training: Training) -> None:
    package(training)["ModelPackageStatus"] = "InProgress"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (remove_metadata, "lacks code_sha256"),
        (lambda training: training.put(archive_uri(training), b"evil"), "somebody changed"),
        (lambda training: training.delete(archive_uri(training)), "is gone"),
        (serve_another, "would serve"),
        (be_unfinished, "InProgress"),
    ],
)
def test_what_nobody_can_answer_for_is_not_approved(
    training: Training, spoil: Any, message: str
) -> None:
    training.register(approval="PendingManualApproval")
    spoil(training)

    result = RUNNER.invoke(app, ["models", "approve", "1", "--note", "fine"])

    assert result.exit_code == 1
    assert message in result.stderr
    assert package(training)["ModelApprovalStatus"] == "PendingManualApproval"


@pytest.mark.parametrize("note", ["", "  ", "x" * (approval.MAX_NOTE_CHARACTERS + 1)])
def test_a_note_must_say_something_and_fit(training: Training, note: str) -> None:
    training.register(approval="PendingManualApproval")

    result = RUNNER.invoke(app, ["models", "approve", "1", "--note", note])

    assert result.exit_code == 1
    assert package(training)["ModelApprovalStatus"] == "PendingManualApproval"


def test_rejecting_the_champion_puts_the_one_before_it_in_force(training: Training) -> None:
    training.register("201303-00000001")
    training.register("201303-00000002")

    result = RUNNER.invoke(app, ["models", "reject", "champion", "--note", "wrong in August"])

    assert result.exit_code == 0, result.output
    assert models.find(training.deployment, "champion").version == 1


def test_who_may_not_approve_is_told_so(training: Training) -> None:
    training.register(approval="PendingManualApproval")
    refuse(training.sagemaker, "UpdateModelPackage", "AccessDeniedException")

    result = RUNNER.invoke(app, ["models", "approve", "1", "--note", "fine"])

    assert result.exit_code == 1
    assert "role that may call UpdateModelPackage" in result.stderr
