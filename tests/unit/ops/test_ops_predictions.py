"""`ops explain`, `predictions` and `score`: what was predicted, why, and what became of it."""

import csv
import functools
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ops import following
from ops.app import app
from ops.jobs import JobKind, JobRef
from ops.pacing import Poll
from schemas.names import Output
from schemas.predictions import Flaw
from schemas.registry import ModelMetadata
from tests.unit.ops.services import Moment, entered, scheduled
from tests.unit.ops.serving import MODEL_1, MODEL_2, Platform, row
from tests.unit.ops.trained import ARTIFACTS, CODE

RUNNER = CliRunner()


def provenance(serving: Platform) -> dict[str, Any]:
    """What the log says of the first model."""
    package = serving.sagemaker.packages[MODEL_1]
    metadata = ModelMetadata.from_properties(package["CustomerMetadataProperties"])
    return {
        "training_job_arn": metadata.training_job_arn,
        "code_sha256": metadata.code_sha256,
        "manifest_uri": metadata.manifest_uri,
    }


def explain(name: str, exit_code: int = 0) -> Any:
    result = RUNNER.invoke(app, ["explain", name, "--json"])
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def test_a_prediction_leads_to_model_code_data_and_raw_files(serving: Platform) -> None:
    serving.training.register()
    _, name = serving.log([row(1), row(2)], **provenance(serving))

    people = RUNNER.invoke(app, ["explain", name])
    found = explain(name)

    assert people.exit_code == 0, people.output
    for text in (
        *(name, "0.25", "champion", "Model 1, which answered", CODE, "0.700000"),
        *("4 of 4 raw files", "landing/flights/2013-04.csv", "not known yet"),
    ):
        assert text in people.stdout
    assert found["prediction"]["asked"]["flight"] == 2
    assert found["lineage"]["is_intact"] is True
    assert found["problems"] == []


def test_what_became_known_since_is_shown(serving: Platform) -> None:
    serving.training.register()
    (name,) = serving.log([row(1)], **provenance(serving))
    arrived = [row(1, arr_delay=33), row(2, arr_delay=-4), row(1, day=10, arr_delay=5)]
    serving.arrive(arrived)

    assert explain(name)["outcome"] == {"arr_delay": 33}
    assert "arr_delay" in RUNNER.invoke(app, ["explain", name]).stdout


def test_a_log_that_contradicts_the_registry_is_a_problem(serving: Platform) -> None:
    serving.training.register()
    (name,) = serving.log([row(1)], **provenance(serving) | {"code_sha256": "0" * 64})

    (problem,) = explain(name, exit_code=1)["problems"]

    assert problem.startswith("the log says that its code_sha256 is 000")


def test_a_broken_lineage_is_a_problem(serving: Platform) -> None:
    serving.training.register()
    (name,) = serving.log([row(1)], **provenance(serving))
    serving.training.delete(serving.training.evaluation_uri)

    assert explain(name, exit_code=1)["problems"] == ["the lineage of model 1 is broken"]


def test_a_model_that_is_gone_is_a_problem_and_the_prediction_is_shown(serving: Platform) -> None:
    (name,) = serving.log([row(1)], model_package_arn=MODEL_2)

    found = explain(name, exit_code=1)

    assert f"there is no model {MODEL_2}" in found["problems"][0]
    assert found["prediction"]["score"] == 0.25


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: "nonsense", "is no prediction's id"),
        (lambda name: f"x{name}", "the log knows no request of its key"),
        (lambda name: f"{name}9", "has no such row"),
    ],
)
def test_an_unknown_prediction_is_said_with_where_it_may_be(
    serving: Platform, change: Any, message: str
) -> None:
    (name,) = serving.log([row(1)])

    result = RUNNER.invoke(app, ["explain", change(name)])

    assert result.exit_code == 1
    assert message in result.stderr


def test_a_prediction_whose_file_is_not_written_yet_may_be_a_dead_letter(
    serving: Platform,
) -> None:
    (name,) = serving.log([row(1)])
    for key in serving.lake.objects("curated-bucket"):
        serving.deployment.connection.s3.delete_object(Bucket="curated-bucket", Key=key)

    result = RUNNER.invoke(app, ["explain", name])

    assert "is not there" in result.stderr
    assert "dead-letters list --queue predictions" in " ".join(result.stderr.split())


def test_the_latest_prediction_is_that_of_the_last_day(serving: Platform) -> None:
    serving.training.register()
    _, last = serving.log([row(1), row(2)], day="2026-11-25", **provenance(serving))
    serving.log([row(3)], day="2026-11-24", **provenance(serving))

    assert explain("latest")["prediction"]["prediction_id"] == last


def test_without_predictions_there_is_no_latest(serving: Platform) -> None:
    result = RUNNER.invoke(app, ["explain", "latest"])

    assert result.exit_code == 1
    assert "none was logged yet" in result.stderr
    del serving


def test_predictions_are_listed_by_day_and_flaw(serving: Platform) -> None:
    serving.log([row(1), row(2)])
    serving.log([row(3)], day="2026-11-24", score=1.5, flaw=Flaw.OUT_OF_RANGE.value)

    def flights(*options: str) -> list[int]:
        result = RUNNER.invoke(app, ["predictions", "list", *options, "--json"])
        return sorted(each["asked"]["flight"] for each in json.loads(result.stdout))

    assert flights() == [1, 2, 3]
    assert flights("--day", "2026-11-23") == [1, 2]
    assert flights("--flawed") == [3]
    assert "out-of-range" in RUNNER.invoke(app, ["predictions", "list"]).stdout


def test_predictions_meet_their_outcomes(serving: Platform) -> None:
    first, second, third = serving.log([row(1), row(2), row(3)])
    serving.log([row(1)], day="2026-12-01", request_id="later")
    serving.arrive([row(1, arr_delay=33, tailnum="N1")], "a")
    serving.arrive([row(3, arr_delay=None), row(9, arr_delay=1)], "b")

    result = RUNNER.invoke(app, ["predictions", "labelled", "2026-11"])

    rows = {each["prediction_id"]: each for each in csv.DictReader(io.StringIO(result.stdout))}
    assert rows.keys() == {first, third}
    assert (rows[first]["arr_delay"], rows[first]["score"]) == ("33", "0.25")
    assert rows[third]["arr_delay"] == ""
    assert "flight" not in rows[first]
    assert "2 of 3 predictions are labelled" in result.stderr
    assert second


def test_labelled_predictions_go_into_a_file_or_say_before_that_they_cannot(
    serving: Platform, tmp_path: Path
) -> None:
    serving.log([row(1)])
    serving.arrive([row(1, arr_delay=33)])
    command = ["predictions", "labelled", "2026-11", "--output"]

    written = RUNNER.invoke(app, [*command, str(tmp_path / "out.csv")])
    refused = RUNNER.invoke(app, [*command, str(tmp_path)])

    assert (written.exit_code, written.stdout) == (0, ""), written.output
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 2
    assert refused.exit_code == 1
    assert "cannot be written: Is a directory" in " ".join(refused.stderr.split())
    assert "are labelled" not in refused.stderr


def scored(serving: Platform, *files: str) -> Moment:
    prefix = f"s3://{ARTIFACTS}/scoring/2013-04/x/scores/"
    for number, text in enumerate(files):
        serving.training.put(f"{prefix}requests-{number}.jsonl.out", text)
    return Moment("SUCCEEDED", told={"output": json.dumps({"scoring": {"output_uri": prefix}})})


def test_a_month_is_scored_and_summed_up(
    serving: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "Poll", functools.partial(Poll, sleep=lambda _: None))
    job = "local-score-x-scores-0"
    serving.sagemaker.add_job("TransformJob", job, "InProgress")
    running = Moment(events=[entered("Scores"), scheduled("TransformJob", job)])
    end = scored(serving, '{"score": 0.2}\n{"score": null}\n', '{"score": 0.4}\n')
    serving.machine.next_moments = [running, end]

    result = RUNNER.invoke(app, ["score", "2013-04", "--wait"])

    assert result.exit_code == 0, result.output
    assert "2013-04: 3 rows scored, mean score 0.3000" in result.stdout
    assert f"s3://{ARTIFACTS}/scoring/2013-04/x/scores/" in result.stdout
    assert f"transform job {job}" in result.stderr
    assert list(serving.machine.inputs.values()) == [{"month": "2013-04"}]


def test_scoring_that_fails_says_why(serving: Platform) -> None:
    serving.machine.next_moments = [
        Moment("FAILED", told={"error": "UserError", "cause": "2019-01 has no data"})
    ]

    failed = RUNNER.invoke(app, ["score", "2019-01", "--wait"])
    malformed = RUNNER.invoke(app, ["score", "2019-13"])

    assert failed.exit_code == malformed.exit_code == 1
    assert "2019-01 has no data" in failed.stderr
    assert "Write it as YYYY-MM" in malformed.stderr


def test_a_transform_job_is_described_like_any_other(serving: Platform) -> None:
    ref = JobRef.from_parameters({"TransformJobName": "j"}, "createTransformJob.sync")

    assert ref == JobRef(kind=JobKind.TRANSFORM, name="j")
    assert JobKind.TRANSFORM.log_group == "/aws/sagemaker/TransformJobs"
    assert serving.deployment[Output.SCORING_STATE_MACHINE_ARN]
