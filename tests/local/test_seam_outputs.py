import json

import pytest

from local import LocalCloud
from tests.local import stacks

pytestmark = pytest.mark.local_cloud


def test_a_change_of_outputs_alone_is_deployed(shared_cloud: LocalCloud) -> None:
    queue = {"Q": stacks.resource("AWS::SQS::Queue", QueueName="outputs")}
    stacks.apply(shared_cloud, "outputs", queue)
    client = shared_cloud.client("cloudformation")
    exported = {"Name": {"Value": {"Ref": "Q"}, "Export": {"Name": "outputs:Name"}}}
    template = json.dumps({"Resources": queue, "Outputs": exported})

    def change(name: str) -> dict[str, str]:
        client.create_change_set(StackName="outputs", ChangeSetName=name, TemplateBody=template)
        found = client.describe_change_set(StackName="outputs", ChangeSetName=name)
        return {key: found[key] for key in ("Status", "ExecutionStatus")}

    assert change("first") == {"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE"}
    client.execute_change_set(StackName="outputs", ChangeSetName="first")
    client.get_waiter("stack_update_complete").wait(StackName="outputs", WaiterConfig={"Delay": 1})

    assert "outputs:Name" in {each["Name"] for each in client.list_exports()["Exports"]}
    assert change("second") == {"Status": "FAILED", "ExecutionStatus": "UNAVAILABLE"}
