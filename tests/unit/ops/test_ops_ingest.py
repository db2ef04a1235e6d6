import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.app import app
from ops.errors import OpsError
from ops.ingest import Upload, plan_uploads, upload
from ops.outcomes import Outcome, wait_for_outcomes
from schemas.messages import ObjectVersion, s3_event
from tests.unit.ops.lake import RAW, Lake

RUNNER = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("2013/01.csv", "2013/02.jsonl", ".hidden/x.csv"):
        file = tmp_path / "flights" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("data")
    return tmp_path / "flights"


def test_a_folder_keeps_its_paths_below_the_dataset(folder: Path, lake: Lake) -> None:
    uploaded = upload(lake.deployment, plan_uploads([folder]))

    assert lake.objects(RAW) == ["landing/flights/2013/01.csv", "landing/flights/2013/02.jsonl"]
    assert [each.uri for each in uploaded] == [f"s3://{RAW}/{key}" for key in lake.objects(RAW)]
    assert all(each.version_id and each.size == 4 for each in uploaded)


def test_dataset_and_prefix_decide_where_a_file_goes(tmp_path: Path) -> None:
    file = tmp_path / "ümläut name.csv"
    file.write_text("data")

    assert plan_uploads([file], dataset="weather", prefix="/by/hand/") == [
        Upload(path=file, key="landing/weather/by/hand/ümläut name.csv")
    ]


def test_one_bad_file_stops_all_before_anything_is_uploaded(folder: Path, lake: Lake) -> None:
    (folder / "notes.txt").write_text("hello")

    with pytest.raises(OpsError, match=r"nothing was uploaded: .*notes\.txt is neither \.csv nor"):
        upload(lake.deployment, plan_uploads([folder, folder / "missing.csv"]))

    assert lake.objects(RAW) == []


@pytest.mark.parametrize(
    ("name", "dataset", "message"),
    [
        ("missing.csv", "flights", "does not exist"),
        ("plain.csv", None, "use --dataset"),
        ("plain.csv", "trains", "unknown dataset 'trains'"),
        ("packed.csv.gz", "flights", "neither .csv nor .jsonl"),
    ],
)
def test_what_cannot_be_ingested_is_refused_with_the_reason(
    tmp_path: Path, name: str, dataset: str | None, message: str
) -> None:
    for existing in ("plain.csv", "packed.csv.gz"):
        (tmp_path / existing).write_text("data")

    with pytest.raises(OpsError, match=message):
        plan_uploads([tmp_path / name], dataset=dataset)


def test_two_files_for_one_key_are_refused(folder: Path, tmp_path: Path) -> None:
    twin = tmp_path / "2013" / "01.csv"
    twin.parent.mkdir()
    twin.write_text("other")

    with pytest.raises(OpsError, match="would both become landing/flights/01.csv"):
        plan_uploads([folder / "2013", twin.parent], dataset="flights")


def test_a_failing_upload_says_how_many_files_arrived(folder: Path, lake: Lake) -> None:
    uploads = [*plan_uploads([folder]), Upload(path=folder / "gone.csv", key="landing/flights/g")]

    with pytest.raises(OpsError, match="2 of 3 files were uploaded") as raised:
        upload(lake.deployment, uploads)

    assert "run the same command again" in raised.value.remedy


def test_every_upload_gets_its_own_outcome(folder: Path, lake: Lake) -> None:
    paths = {}
    for name in ("curated", "rejected", "dead", "pending"):
        paths[name] = folder / f"{name}.csv"
        paths[name].write_text(name)
    uploaded = upload(lake.deployment, plan_uploads(list(paths.values())))
    versions = dict(zip(paths, uploaded, strict=True))
    soon = uploaded[0].uploaded_at
    for name, values in (
        ("curated", {"rows_in": 3, "rows_accepted": 2, "rows_quarantined": 1}),
        ("rejected", {"error_code": "empty", "error_message": "no bytes"}),
    ):
        lake.ledger_entry(
            f"landing/flights/{name}.csv",
            "A1",
            name,
            version_id=versions[name].version_id,
            updated_at=soon,
            **values,
        )
    dead = ObjectVersion(
        bucket=RAW,
        key="landing/flights/dead.csv",
        version_id=versions["dead"].version_id,
        etag="e",
        size=1,
        sequencer="A1",
    )
    lake.dead_letter("d" * 64, body=s3_event(dead), archived_at=soon, error_code="Timeout")

    outcomes = wait_for_outcomes(lake.deployment, uploaded, timeout_seconds=0)

    assert [(each.outcome, each.error_code) for each in outcomes] == [
        (Outcome.CURATED, ""),
        (Outcome.REJECTED, "empty"),
        (Outcome.DEAD_LETTERED, "Timeout"),
        (Outcome.PENDING, ""),
    ]
    assert (outcomes[0].rows_in, outcomes[0].rows_accepted) == (3, 2)


def test_an_older_version_of_the_same_key_is_no_outcome(folder: Path, lake: Lake) -> None:
    uploaded = upload(lake.deployment, plan_uploads([folder / "2013" / "01.csv"]))
    lake.ledger_entry(
        "landing/flights/01.csv",
        "A1",
        "curated",
        version_id="older",
        updated_at=uploaded[0].uploaded_at,
    )
    finished: list[int] = []

    outcomes = wait_for_outcomes(
        lake.deployment, uploaded, timeout_seconds=0, advance=finished.append
    )

    assert [each.outcome for each in outcomes] == [Outcome.PENDING]
    assert sum(finished) == 0


def test_the_command_fails_when_a_file_has_no_outcome_in_time(folder: Path, lake: Lake) -> None:
    del lake
    result = RUNNER.invoke(app, ["ingest", str(folder), "--wait", "--timeout", "0"])

    assert result.exit_code == 1
    assert "pending" in result.stdout
    assert "python -m ops status" in result.stdout


def test_json_is_all_there_is_on_stdout(folder: Path, lake: Lake) -> None:
    del lake
    result = RUNNER.invoke(app, ["ingest", str(folder), "--json"])

    assert result.exit_code == 0, result.output
    assert [each["uri"] for each in json.loads(result.stdout)] == [
        f"s3://{RAW}/landing/flights/2013/01.csv",
        f"s3://{RAW}/landing/flights/2013/02.jsonl",
    ]
