import time
from typing import Any

import pytest

from local import LocalCloud
from tests.cloud import eventually
from tests.local import stacks

pytestmark = pytest.mark.local_cloud

TALKING = """
import json

def handle(event, context):
    print(json.dumps({"level": "INFO", "message": "begun"}))
    print(json.dumps({"level": "ERROR", "message": "no such file", "key": event["key"]}))
    print("no JSON at all")
"""


def definition(name: str, query: str, **properties: Any) -> dict[str, Any]:
    return stacks.resource("AWS::Logs::QueryDefinition", Name=name, QueryString=query, **properties)


def saved(cloud: LocalCloud, prefix: str) -> list[dict[str, Any]]:
    found = cloud.client("logs").describe_query_definitions(queryDefinitionNamePrefix=prefix)
    return [dict(each) for each in found["queryDefinitions"]]


def run(cloud: LocalCloud, query: dict[str, Any]) -> list[dict[str, str]]:
    """Run a saved query over the last hour and return the rows of its answer."""
    client = cloud.client("logs")
    started = client.start_query(
        logGroupNames=query["logGroupNames"],
        queryString=query["queryString"],
        startTime=int(time.time()) - 3600,
        endTime=int(time.time()) + 1,
    )
    answer = client.get_query_results(queryId=started["queryId"])
    assert answer["status"] == "Complete"
    return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]


def test_a_definition_is_described_changed_in_place_and_ends_with_its_stack(
    shared_cloud: LocalCloud,
) -> None:
    first = {"Q": definition("kept/first", "limit 1"), "R": definition("kept/other", "limit 1")}
    stacks.apply(shared_cloud, "definitions", first)
    before, other = saved(shared_cloud, "kept/")
    assert (before["name"], before["queryString"]) == ("kept/first", "limit 1")
    assert before["queryDefinitionId"] != other["queryDefinitionId"]
    assert time.time() * 1000 - before["lastModified"] < 60_000

    stacks.apply(shared_cloud, "definitions", first | {"Q": definition("kept/first", "limit 2")})
    (after,) = saved(shared_cloud, "kept/first")
    assert after["queryString"] == "limit 2"
    assert after["queryDefinitionId"] == before["queryDefinitionId"]

    cloudformation = shared_cloud.client("cloudformation")
    cloudformation.delete_stack(StackName="definitions")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="definitions", WaiterConfig={"Delay": 1}
    )
    assert saved(shared_cloud, "kept/") == []


def test_a_saved_query_finds_what_a_function_has_logged(shared_cloud: LocalCloud) -> None:
    groups = ["/logs/talking"]
    errors = 'fields key, message\n| filter level = "ERROR"\n| sort key asc'
    stacks.apply(
        shared_cloud,
        "talking",
        {
            "G": stacks.resource("AWS::Logs::LogGroup", LogGroupName=groups[0]),
            "F": stacks.function("talking", TALKING, LoggingConfig={"LogGroup": {"Ref": "G"}}),
            "Q": definition("talking/errors", errors, LogGroupNames=[{"Ref": "G"}]),
            "C": definition("talking/levels", "stats count(*) as n by level", LogGroupNames=groups),
        },
    )
    for key in ("b", "a"):
        stacks.invoke(shared_cloud, "talking", {"key": key})
    by_error, by_level = saved(shared_cloud, "talking/")
    assert by_error["logGroupNames"] == groups

    rows = eventually(
        lambda: len(found := run(shared_cloud, by_error)) == 2 and found, "both are logged"
    )

    assert [(row["key"], row["message"]) for row in rows] == [
        ("a", "no such file"),
        ("b", "no such file"),
    ]
    counts = {row.get("level"): row["n"] for row in run(shared_cloud, by_level)}
    assert (counts["INFO"], counts["ERROR"]) == ("2", "2")


def test_a_query_that_cannot_be_run_fails_the_deployment_and_is_refused(
    shared_cloud: LocalCloud,
) -> None:
    query = "fields a | parse @message '*' as b"
    with pytest.raises(Exception, match="ROLLBACK_COMPLETE"):
        stacks.apply(shared_cloud, "unparsed", {"Q": definition("unparsed", query)})
    client = shared_cloud.client("logs")
    client.create_log_group(logGroupName="/logs/unparsed")
    with pytest.raises(client.exceptions.MalformedQueryException, match="'parse'"):
        client.start_query(logGroupName="/logs/unparsed", queryString=query, startTime=0, endTime=1)
