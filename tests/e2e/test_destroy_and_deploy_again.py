from collections.abc import Iterator
from typing import Any

import pytest

from local.environment import ROOT
from ops.deployment import Deployment
from ops.emptying import empty_environment
from ops.jobs import LOG_GROUPS
from schemas.ledger import LedgerStatus
from tests.e2e.lake import ENVIRONMENT, POISON, Lake, find
from tests.unit.lambdas.files import flights, row

KEY = "landing/flights/destroyed/file.csv"


def remains(lake: Lake) -> dict[str, list[Any]]:
    """Return what is left in the account, but for what `cdk bootstrap` made."""
    client = lake.cloud.client
    keys = client("kms").list_keys()["Keys"]
    described = (client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in keys)
    buckets = client("s3").list_buckets()["Buckets"]
    stacks = client("cloudformation").list_stacks()["StackSummaries"]
    return {
        "stacks": [s["StackName"] for s in stacks if s["StackStatus"] != "DELETE_COMPLETE"],
        "buckets": [b["Name"] for b in buckets if not b["Name"].startswith("cdk-")],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "tables": client("dynamodb").list_tables()["TableNames"],
        "functions": client("lambda").list_functions()["Functions"],
        "mappings": client("lambda").list_event_source_mappings()["EventSourceMappings"],
        "topics": client("sns").list_topics()["Topics"],
        "alarms": client("cloudwatch").describe_alarms()["MetricAlarms"],
        "dashboards": client("cloudwatch").list_dashboards().get("DashboardEntries", []),
        "databases": client("glue").get_databases()["DatabaseList"],
        "keys": [k["KeyId"] for k in described if k["KeyState"] == "Enabled"],
        "logs of SageMaker": list(sagemaker_logs(client("logs"))),
        "rules": client("events").list_rules()["Rules"],
        "state machines": client("stepfunctions").list_state_machines()["stateMachines"],
        "models": client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"],
        "endpoints": client("sagemaker").list_endpoints()["Endpoints"],
        "endpoint configurations": client("sagemaker").list_endpoint_configs()["EndpointConfigs"],
        "models of endpoints": client("sagemaker").list_models()["Models"],
    }


def sagemaker_logs(client: Any) -> Iterator[str]:
    """Yield streams of jobs, whose groups are the whole account's, and groups of endpoints."""
    groups = client.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/")["logGroups"]
    for name in (group["logGroupName"] for group in groups):
        if name not in LOG_GROUPS:
            yield name
            continue
        for stream in client.describe_log_streams(logGroupName=name)["logStreams"]:
            yield f"{name}/{stream['logStreamName']}"


# What jobs, models and an endpoint leave behind is to be gone as well.
@pytest.mark.usefixtures("trained")
def test_destroy_leaves_nothing_and_deploy_works_again(lake: Lake) -> None:
    lake.put(KEY, flights(row()))
    lake.put(f"{KEY}.poison.csv", POISON)
    lake.await_outcome(KEY)
    lake.await_letter(f"{KEY}.poison.csv")
    lake.come_to_rest()

    empty_environment(Deployment.look(ENVIRONMENT, lake.deployment.connection))
    lake.cloud.destroy(ROOT, env=ENVIRONMENT)

    left = {kind: found for kind, found in remains(lake).items() if found}
    assert left == {"stacks": ["CDKToolkit"]}

    lake.cloud.deploy(ROOT, env=ENVIRONMENT)
    lake.deployment = find(lake.cloud)
    assert lake.versions(KEY) == []
    lake.put(KEY, flights(row()))
    (entry,) = lake.await_outcome(KEY)
    assert entry.status is LedgerStatus.CURATED
