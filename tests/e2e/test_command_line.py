"""The command line as someone uses it who knows only the README."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local.environment import ROOT, inherited_environment
from schemas.names import Output
from tests.e2e.lake import POISON, Lake
from tests.unit.lambdas.files import flights, row

PREFIX = "command-line"
OWN = f"landing/flights/{PREFIX}/own.csv"


def ops(
    lake: Lake, *arguments: str, status: int = 0, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run `python -m ops`, which must end with `status`."""
    result = subprocess.run(
        [sys.executable, "-m", "ops", *arguments],
        check=False,
        cwd=ROOT,
        env=lake.cloud.environment if environment is None else environment,
        capture_output=True,
        text=True,
    )
    assert result.returncode == status, result.stdout + result.stderr
    return result


def ops_json(lake: Lake, *arguments: str) -> Any:
    return json.loads(ops(lake, *arguments, "--json").stdout)


@pytest.fixture(scope="module")
def ingested(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One file of somebody's own, with a bad row, uploaded by the command; its output."""
    file = tmp_path_factory.mktemp("files") / "own.csv"
    file.write_bytes(flights(row(), row(dep_delay="late"), row(flight="2")))
    return ops(
        lake, "ingest", str(file), "--dataset", "flights", "--prefix", PREFIX, "--wait"
    ).stdout


def test_ingest_says_what_became_of_the_file(ingested: str) -> None:
    assert "own.csv" in ingested
    assert "curated" in ingested


@pytest.mark.usefixtures("ingested")
def test_quarantine_show_says_why_a_row_was_refused(lake: Lake) -> None:
    shown = ops(lake, "quarantine", "show", OWN).stdout
    assert "dep_delay" in shown
    assert "late" in shown

    (refused,) = ops_json(lake, "quarantine", "show", OWN)["rows"]
    assert (refused["line"], refused["reason"], refused["column"]) == (3, "type", "dep_delay")


@pytest.mark.usefixtures("ingested")
def test_ledger_show_counts_the_rows(lake: Lake) -> None:
    assert "curated" in ops(lake, "ledger", "show", OWN).stdout

    (version,) = ops_json(lake, "ledger", "show", OWN)
    assert (version["rows_in"], version["rows_accepted"], version["rows_quarantined"]) == (3, 2, 1)


def test_a_wrong_file_fails_the_command_and_can_be_seen_replayed_and_closed(
    lake: Lake, tmp_path: Path
) -> None:
    file = tmp_path / "wrong.csv"
    file.write_bytes(POISON)
    key = f"landing/flights/{PREFIX}/wrong.csv"

    failed = ops(
        lake, "ingest", str(file), "--dataset", "flights", "--prefix", PREFIX, "--wait", status=1
    )
    assert "wrong-columns" in failed.stdout
    lake.await_letter(key)

    (letter,) = (each for each in ops_json(lake, "dead-letters", "list") if key in each["subject"])
    short = letter["message_key"][:12]
    assert short[:6] in ops(lake, "dead-letters", "list").stdout
    assert "wrong.csv" in ops_json(lake, "dead-letters", "show", short)["body"]
    ops(lake, "dead-letters", "replay", short)
    lake.await_letter(key, deaths=2)
    ops(lake, "dead-letters", "close", short, "--note", "sent by mistake")
    assert ops_json(lake, "dead-letters", "show", short)["status"] == "closed"


def test_audit_proves_the_law_and_fails_when_a_file_is_gone(lake: Lake) -> None:
    key = f"landing/flights/{PREFIX}/audited.csv"
    lake.put(key, flights(row()))
    lake.await_outcome(key)
    lake.come_to_rest()
    ops(lake, "audit")
    s3, bucket = lake.deployment.connection.s3, lake.deployment[Output.CURATED_BUCKET_NAME]
    (uri,) = lake.in_force(key).curated_uris
    path = uri.removeprefix(f"s3://{bucket}/")
    content = s3.get_object(Bucket=bucket, Key=path)["Body"].read()

    s3.delete_object(Bucket=bucket, Key=path)
    broken = ops(lake, "audit", status=1)
    s3.put_object(Bucket=bucket, Key=path, Body=content)

    assert "missing-object" in broken.stdout + broken.stderr
    ops(lake, "audit")


def test_the_port_alone_finds_the_local_cloud(lake: Lake) -> None:
    bare = inherited_environment() | {"PORT": str(lake.cloud.server.port)}

    assert "mlops-local-ingestion" in ops(lake, "status", environment=bare).stdout


def test_a_cloud_that_does_not_answer_is_named_with_a_remedy(lake: Lake) -> None:
    nobody = inherited_environment() | {"PORT": "1"}

    failed = ops(lake, "status", status=1, environment=nobody)

    assert "http://127.0.0.1:1" in failed.stderr
    assert "make local-up" in failed.stderr
