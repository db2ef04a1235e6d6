from typing import Any

import pytest

from local import LocalCloud
from tests.local import stacks

pytestmark = pytest.mark.local_cloud


def test_a_named_query_is_replaced_when_it_changes_and_ends_with_its_stack(
    shared_cloud: LocalCloud,
) -> None:
    client = shared_cloud.client("athena")

    def deployed(text: str) -> Any:
        query = stacks.resource(
            "AWS::Athena::NamedQuery", Name="late", Database="lake", QueryString=text
        )
        stacks.apply(shared_cloud, "queries", {"Query": query})
        (found,) = client.list_named_queries()["NamedQueryIds"]
        return client.get_named_query(NamedQueryId=found)["NamedQuery"]

    first = deployed("SELECT 1")
    assert (first["Name"], first["Database"], first["QueryString"]) == ("late", "lake", "SELECT 1")
    second = deployed("SELECT 2")
    assert second["QueryString"] == "SELECT 2"
    assert second["NamedQueryId"] != first["NamedQueryId"]

    cloudformation = shared_cloud.client("cloudformation")
    cloudformation.delete_stack(StackName="queries")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="queries", WaiterConfig={"Delay": 1}
    )
    assert client.list_named_queries()["NamedQueryIds"] == []
