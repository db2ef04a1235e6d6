import json
from dataclasses import replace

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    UnauthorizedSSOTokenError,
)
from typer.testing import CliRunner

from config import get_environment
from ops.app import app
from ops.deployment import Deployment
from ops.empty import empty_buckets
from ops.errors import OpsError, explain
from ops.output import printable
from schemas.names import Output
from tests.unit.ops.lake import CURATED, QUARANTINE, RAW, Lake

RUNNER = CliRunner()


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("error", "cause", "remedy"),
    [
        (NoCredentialsError(), "no complete AWS credentials", "AWS_PROFILE"),
        (NoRegionError(), "no AWS region", "AWS_REGION"),
        (UnauthorizedSSOTokenError(), "could not be loaded", "aws sso login"),
        (client_error("ExpiredToken"), "session has expired", "aws sso login"),
        (client_error("InvalidClientTokenId"), "does not accept the credentials", "Log in"),
        (client_error("AccessDenied"), "DescribeStacks failed", "role that may call"),
        (client_error("ThrottlingException"), "ThrottlingException", "lower --rate"),
        (client_error("ResourceNotFoundException"), "ResourceNotFound", "deploy again"),
        (EndpointConnectionError(endpoint_url="https://x"), "cannot be reached", "network"),
        (ConnectTimeoutError(endpoint_url="https://x"), "cannot be reached", "network"),
    ],
)
def test_every_failure_names_its_cause_and_its_remedy(
    error: ClientError, cause: str, remedy: str
) -> None:
    explained = explain(error)

    assert cause in explained.cause
    assert remedy in explained.remedy


def test_a_local_cloud_that_does_not_run_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing can listen on port 1 without a privilege that tests do not need.
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("PORT", "1")

    result = RUNNER.invoke(app, ["status", "--env", "local"])

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "does not answer at http://127.0.0.1:1" in result.stderr
    assert "make local-up" in result.stderr


def test_a_missing_stack_names_the_command_that_deploys_it(lake: Lake) -> None:
    with pytest.raises(OpsError, match="mlops-dev-data-lake is not deployed") as raised:
        Deployment.find("dev", lake.connection)

    assert "deployed there: local" in raised.value.cause
    assert raised.value.remedy == "Run `make deploy ENV=dev`"


def test_a_broken_stack_is_said(lake: Lake) -> None:
    lake.cloudformation.statuses["mlops-local-ingestion"] = "ROLLBACK_COMPLETE"

    with pytest.raises(OpsError, match="in state ROLLBACK_COMPLETE"):
        Deployment.find("local", lake.connection)


def test_an_unknown_environment_lists_those_there_are() -> None:
    result = RUNNER.invoke(app, ["status", "--env", "prd"])

    assert result.exit_code == 1
    assert "unknown environment 'prd'" in result.stderr
    assert "dev, local, prod" in result.stderr


def test_status_counts_files_rows_messages_and_alarms(lake: Lake) -> None:
    lake.ledger_entry(
        "landing/flights/a.csv", "A1", "curated", rows_in=1234, rows_accepted=1230,
        rows_quarantined=4,
    )  # fmt: skip
    lake.ledger_entry("landing/flights/b.csv", "A1", "superseded", rows_in=777)
    lake.ledger_entry("landing/x/b.csv", "A1", "rejected", dataset="")
    lake.dead_letter("a" * 64)
    lake.send(Output.INGESTION_QUEUE_URL, "{}")
    add_alarms(lake, firing="poison", quiet="calm", foreign="foreign")

    people = RUNNER.invoke(app, ["status"])
    machine = json.loads(RUNNER.invoke(app, ["status", "--json"]).stdout)

    for figure in ("1,234", "1,230", "poison", "3 versions: 0 processing, 1 curated"):
        assert figure in people.stdout
    assert machine["alarms"] == ["poison"]
    assert machine["dead_letters"]["open"] == 1
    assert machine["under_way"] == 1
    assert machine["stacks"]["mlops-local-observability"] == "NOT_DEPLOYED"
    by_name = {each["dataset"]: each for each in machine["datasets"]}
    assert by_name["flights"]["rows_in"] == 1234
    assert by_name["(unknown)"]["files"]["rejected"] == 1


def add_alarms(lake: Lake, *, firing: str, quiet: str, foreign: str) -> None:
    cloudwatch = lake.connection.cloudwatch
    for name in (firing, quiet, foreign):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            MetricName="m",
            Namespace="n",
            Period=60,
            Statistic="Sum",
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    for name in (firing, foreign):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    lake.cloudformation.resources["mlops-local-ingestion"] += [
        ("AWS::CloudWatch::Alarm", firing),
        ("AWS::CloudWatch::Alarm", quiet),
    ]


def test_emptying_deletes_every_version_and_delete_marker(lake: Lake) -> None:
    s3 = lake.connection.s3
    for bucket in (RAW, CURATED, QUARANTINE):
        for body in (b"one", b"two"):
            s3.put_object(Bucket=bucket, Key="k", Body=body)
    s3.delete_object(Bucket=RAW, Key="k")

    result = RUNNER.invoke(app, ["empty", "--yes-delete-data", "--json"])
    again = RUNNER.invoke(app, ["empty", "--yes-delete-data"])

    deleted = {each["name"]: each["deleted"] for each in json.loads(result.stdout)}
    assert {name: number for name, number in deleted.items() if number} == {
        RAW: 3,
        CURATED: 2,
        QUARANTINE: 2,
    }
    assert "Nothing to delete" in again.stdout
    for bucket in (RAW, CURATED, QUARANTINE):
        left = s3.list_object_versions(Bucket=bucket)
        assert not left.get("Versions")
        assert not left.get("DeleteMarkers")


def test_emptying_needs_consent(lake: Lake) -> None:
    lake.connection.s3.put_object(Bucket=RAW, Key="k", Body=b"one")

    result = RUNNER.invoke(app, ["empty"])

    assert result.exit_code == 1
    assert "--yes-delete-data" in result.stderr
    assert lake.objects(RAW) == ["k"]


def test_an_environment_that_keeps_its_data_is_never_emptied(lake: Lake) -> None:
    kept = replace(lake.deployment, environment=get_environment("prod"))
    lake.connection.s3.put_object(Bucket=RAW, Key="k", Body=b"one")

    with pytest.raises(OpsError, match="keeps its data") as raised:
        empty_buckets(kept)

    assert "(1)" in raised.value.remedy
    assert "(2)" in raised.value.remedy
    assert lake.objects(RAW) == ["k"]


def test_emptying_what_is_not_deployed_says_so(lake: Lake) -> None:
    lake.cloudformation.stacks.clear()

    result = RUNNER.invoke(app, ["empty", "--yes-delete-data"])

    assert result.exit_code == 0, result.output
    assert "Nothing to delete" in result.stdout


def test_what_a_terminal_would_obey_is_shown_instead() -> None:
    assert printable("a\x1b[31mb\nü") == "a\\x1b[31mb\nü"
