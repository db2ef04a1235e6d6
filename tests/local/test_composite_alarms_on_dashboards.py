import json
from typing import Any

import pytest

from local import LocalCloud
from tests.local import stacks
from tests.local.test_composite_alarms import ARN, composite, delete
from tests.local.test_seam_alarms import alarm

pytestmark = pytest.mark.local_cloud


def body(alarms: list[Any], text: str) -> dict[str, Any]:
    """Return a dashboard's body in parts, as templates have one that refers to other resources."""
    widgets = [
        {"type": "alarm", "properties": {"title": "State", "alarms": ["<alarms>"]}},
        {"type": "text", "properties": {"markdown": text}},
    ]
    before, after = json.dumps({"start": "-P1D", "widgets": widgets}).split("<alarms>")
    joined = [part for each in alarms for part in (each, '","')][:-1]
    return {"Fn::Join": ["", [before, *joined, after]]}


def test_dashboards_show_the_states_of_alarms_and_texts(shared_cloud: LocalCloud) -> None:
    arns = [{"Fn::GetAtt": [logical_id, "Arn"]} for logical_id in ("Child", "Any")]
    text = '# Is it healthy?\n\n| "quoted" | ü |'
    stacks.apply(
        shared_cloud,
        "dashboards",
        {
            "Child": alarm("shown-child"),
            "Any": composite("shown-any", {"Fn::Sub": 'ALARM("${Child.Arn}")'}),
        }
        | {
            f"Dashboard{name}": stacks.resource(
                "AWS::CloudWatch::Dashboard",
                DashboardName=f"shown-{name}",
                DashboardBody=body(arns, text),
            )
            for name in ("First", "Second")
        },
    )
    client = shared_cloud.client("cloudwatch")

    listed = client.list_dashboards(DashboardNamePrefix="shown-")["DashboardEntries"]
    assert [each["DashboardName"] for each in listed] == ["shown-First", "shown-Second"]
    for each in listed:
        shown = client.get_dashboard(DashboardName=each["DashboardName"])["DashboardBody"]
        status, words = json.loads(shown)["widgets"]
        assert status["properties"]["alarms"] == [f"{ARN}:shown-child", f"{ARN}:shown-any"]
        assert words["properties"]["markdown"] == text

    delete(shared_cloud, "dashboards")
    assert client.list_dashboards(DashboardNamePrefix="shown-")["DashboardEntries"] == []
