import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from config.environments import PROD
from contracts.arrow import read_blocks
from contracts.files import FileFormat
from ops import ledger, reprocess, smoke
from ops.app import app
from ops.errors import OpsError
from schemas.catalog import DATASETS, MODEL_DATASETS
from schemas.flights import FLIGHTS
from schemas.messages import parse_s3_event, s3_event
from schemas.names import Output
from tests.unit.ops.lake import QUARANTINE, RAW, Lake, sequencer

RUNNER = CliRunner()
KEY = "landing/flights/a.csv"


def test_one_object_is_shown_with_all_its_versions(lake: Lake) -> None:
    lake.ledger_entry(KEY, "A1", "superseded")
    lake.ledger_entry(KEY, "A2", "curated", rows_in=1234, quarantined_by_reason={"type": 4})

    people = RUNNER.invoke(app, ["ledger", "show", KEY])
    machine = json.loads(RUNNER.invoke(app, ["ledger", "show", KEY, "--json"]).stdout)

    assert "1,234" in people.stdout
    assert "type: 4" in people.stdout
    assert [each["status"] for each in machine] == ["superseded", "curated"]


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        (["--all"], ["a", "b", "c"]),
        (["--dataset", "flights"], ["a", "b"]),
        (["--status", "rejected"], ["b", "c"]),
        (["--status", "rejected", "--dataset", "weather"], ["c"]),
    ],
)
def test_lists_are_filtered(lake: Lake, options: list[str], keys: list[str]) -> None:
    lake.ledger_entry("a", "A1", "curated")
    lake.ledger_entry("b", "A1", "rejected")
    lake.ledger_entry("c", "A1", "rejected", dataset="weather")

    result = RUNNER.invoke(app, ["ledger", "show", *options, "--json"])

    assert [each["object"] for each in json.loads(result.stdout)] == [
        f"s3://{RAW}/{key}" for key in keys
    ]


def test_an_object_nobody_knows_is_an_error_on_stderr(lake: Lake) -> None:
    del lake
    result = RUNNER.invoke(app, ["ledger", "show", "landing/flights/typo.csv", "--json"])

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "knows nothing of s3://raw-bucket/landing/flights/typo.csv" in result.stderr


def quarantined(lake: Lake, rows: int) -> str:
    lines = [
        {"line": n, "reason": "range", "column": "month", "message": f"m{n}", "text": f"[b]t{n}"}
        for n in range(1, rows + 1)
    ]
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    lake.connection.s3.put_object(Bucket=QUARANTINE, Key="quarantine/q.jsonl", Body=body)
    return f"s3://{QUARANTINE}/quarantine/q.jsonl"


def test_refused_rows_are_shown_up_to_the_limit(lake: Lake) -> None:
    uri = quarantined(lake, rows=3)
    lake.ledger_entry(KEY, "A1", "curated", quarantine_uri=uri)

    people = RUNNER.invoke(app, ["quarantine", "show", KEY, "--limit", "2"])
    machine = json.loads(RUNNER.invoke(app, ["quarantine", "show", uri, "--json"]).stdout)

    assert "[b]t2" in people.stdout
    assert "t3" not in people.stdout
    assert "There are more" in people.stdout
    assert [row["line"] for row in machine["rows"]] == [1, 2, 3]
    assert machine["is_complete"] is True


def test_a_rejected_file_has_no_refused_rows_but_a_reason(lake: Lake) -> None:
    lake.ledger_entry(KEY, "A1", "rejected", error_code="empty", error_message="no bytes")

    result = RUNNER.invoke(app, ["quarantine", "show", KEY])

    assert result.exit_code == 1
    assert "rejected (empty: no bytes)" in result.stderr


def test_expired_rows_are_said_to_be_expired(lake: Lake) -> None:
    lake.ledger_entry(KEY, "A1", "curated", quarantine_uri=f"s3://{QUARANTINE}/quarantine/gone")

    result = RUNNER.invoke(app, ["quarantine", "show", KEY])

    assert result.exit_code == 1
    assert "expire" in result.stderr


def entries(lake: Lake) -> None:
    current, former = FLIGHTS.content_hash, "0" * 64
    lake.ledger_entry("curated-now", "A1", "curated", contract_hash=current)
    lake.ledger_entry("curated-before", "A1", "curated", contract_hash=former)
    lake.ledger_entry("rejected-now", "A1", "rejected", contract_hash=current)
    lake.ledger_entry("rejected-before", "A1", "rejected", contract_hash=former)
    lake.ledger_entry("rejected-unknown", "A1", "rejected", dataset="trains")
    lake.ledger_entry("superseded", "A1", "superseded", contract_hash=former)


@pytest.mark.parametrize(
    ("outdated_only", "names"),
    [
        (False, ["curated-before", "curated-now", "rejected-before"]),
        (True, ["curated-before", "rejected-before"]),
    ],
)
def test_reprocessing_selects_what_may_come_out_differently(
    lake: Lake, outdated_only: bool, names: list[str]
) -> None:
    entries(lake)

    found = reprocess.select(lake.deployment, outdated_only=outdated_only)

    assert [entry.object.rpartition("/")[2] for entry in found] == names


def test_reprocessing_asks_for_the_same_version_again(lake: Lake) -> None:
    lake.ledger_entry(KEY, "A1", "curated", etag="e", size=7)

    result = RUNNER.invoke(app, ["reprocess", "--key", KEY, "--json"])

    assert result.exit_code == 0, result.output
    (body,) = lake.waiting(Output.INGESTION_QUEUE_URL)
    (version,) = parse_s3_event(body)
    assert version.reprocess
    assert (version.uri, version.version_id, version.etag, version.size, version.sequencer) == (
        *(f"s3://{RAW}/{KEY}", "vA1", "e", 7),
        sequencer("A1"),
    )


def test_a_dry_run_and_the_limit_hold_for_reprocessing(lake: Lake) -> None:
    entries(lake)

    dry = RUNNER.invoke(app, ["reprocess", "--all", "--dry-run"])
    limited = RUNNER.invoke(app, ["reprocess", "--all", "--limit", "2", "--json"])

    assert "3 of 3 versions would be processed again" in dry.stdout
    assert json.loads(limited.stdout)["left_out"] == 1
    assert len(lake.waiting(Output.INGESTION_QUEUE_URL)) == 2


class Ingesting:
    """Plays the ingest function: writes the ledger when a file or a message arrives."""

    def __init__(self, lake: Lake, monkeypatch: pytest.MonkeyPatch, **second: Any) -> None:
        self.lake, self.second = lake, second
        self.put_object = lake.connection.s3.put_object
        monkeypatch.setattr(lake.connection.s3, "put_object", self.put)
        monkeypatch.setattr(lake.connection.sqs, "send_message", self.send)

    def write(self, **values: Any) -> None:
        counts = {"rows_in": 1, "rows_accepted": 1}
        self.lake.ledger_entry(smoke.KEY, "A1", "curated", **counts | values)

    def put(self, **request: Any) -> Any:
        answer = self.put_object(**request)
        self.version_id = answer["VersionId"]
        self.write(version_id=self.version_id, attempts=1, updated_at="9999")
        return answer

    def send(self, **request: Any) -> None:
        (version,) = parse_s3_event(request["MessageBody"])
        assert s3_event(version) == request["MessageBody"]
        later = {"version_id": version.version_id, "attempts": 2, "updated_at": "9999"}
        self.write(**later | self.second)


def test_the_smoke_file_honours_its_contract() -> None:
    contract = DATASETS[MODEL_DATASETS[0]]
    (block,) = read_blocks(io.BytesIO(smoke.CONTENT.encode()), contract, FileFormat.CSV)

    assert block.accepted.num_rows == 1
    assert not block.rejected


def test_smoke_is_ok_when_a_second_delivery_changes_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ingesting(lake, monkeypatch)

    result = RUNNER.invoke(app, ["smoke"])

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "OK"
    assert lake.objects(RAW) == [smoke.KEY]


def test_smoke_fails_when_a_second_delivery_changes_something(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ingesting(lake, monkeypatch, rows_accepted=2)

    result = RUNNER.invoke(app, ["smoke"])

    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "FAIL"


def test_smoke_says_that_alarms_reach_nobody_until_somebody_confirms(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ingesting(lake, monkeypatch)
    deployment = lake.deployment

    alone = smoke.smoke(deployment)[0]
    kept = replace(deployment, environment=PROD)
    missed = smoke.smoke(kept)[0]
    lake.connection.sns.subscribe(
        TopicArn=deployment[Output.ALARM_TOPIC_ARN], Protocol="sms", Endpoint="+15550100"
    )
    heard = smoke.smoke(kept)[0]

    assert alone.is_ok  # nobody waits for the alarms of what is deleted tomorrow
    assert not missed.is_ok
    assert "reach nobody" in missed.finding
    assert "aws sns subscribe" in missed.finding
    assert heard.is_ok, heard.finding


def test_smoke_fails_when_nothing_happens(lake: Lake) -> None:
    del lake
    result = RUNNER.invoke(app, ["smoke", "--timeout", "0"])

    assert result.exit_code == 1
    assert "no outcome yet" in result.stdout


def test_moments_sort_before_what_the_functions_write() -> None:
    since = ledger.moment(datetime(2026, 11, 23, 4, 5, tzinfo=UTC))

    assert "2026-11-23T03:59:59.999999+00:00" < since < "2026-11-23T04:00:00.000000+00:00"


def test_what_is_no_uri_is_refused() -> None:
    with pytest.raises(OpsError, match="no S3 URI"):
        ledger.split_uri("landing/flights/a.csv")
