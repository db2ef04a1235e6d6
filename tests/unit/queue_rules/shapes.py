"""Sound templates of every shape; a test that breaks one of them changes one thing."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from queue_rules.checking import check
from queue_rules.documents import parse
from queue_rules.findings import Finding
from queue_rules.sources import Document
from queue_rules.templates import read_documents

SOUND = Path(__file__).parent / "sound"
DAY = 86_400

Resources = dict[str, Any]
Change = Callable[[Resources], object]


def get_att(logical_id: str, attribute: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, attribute]}


def findings_in(*templates: dict[str, Any], **options: Any) -> list[Finding]:
    documents = [
        Document(name=f"stack{number}", path=None, body=body)
        for number, body in enumerate(templates)
    ]
    return check(read_documents([documents]), **options)


def load(name: str) -> Resources:
    path = SOUND / name
    template = parse(path.read_text(), source=str(path))
    assert isinstance(template, dict)
    return template


def plain() -> Resources:
    resources: Resources = load("plain.yaml")["Resources"]
    resources["Worker"]["Properties"]["Timeout"] = 30
    return resources


def reserved() -> Resources:
    """Rides out less than 15 minutes, because nobody can starve it."""
    resources = plain()
    properties_of(resources, "Worker").update(ReservedConcurrentExecutions=5, Timeout=10)
    properties_of(resources, "Orders").update(VisibilityTimeout=60)
    return resources


def several_mappings() -> Resources:
    resources = reserved()
    for name in ("Orders", "Mapping", "LateAlarm"):
        resources[f"{name}Two"] = copy.deepcopy(resources[name])
    properties_of(resources, "OverTls")["Queues"].append({"Ref": "OrdersTwo"})
    properties_of(resources, "MappingTwo")["EventSourceArn"] = get_att("OrdersTwo")
    properties_of(resources, "LateAlarmTwo")["Dimensions"][0]["Value"] = get_att(
        "OrdersTwo", "QueueName"
    )
    properties_of(resources, "Worker")["ReservedConcurrentExecutions"] = 10
    return resources


def single_messages() -> Resources:
    resources = plain()
    properties_of(resources, "Mapping")["BatchSize"] = 1
    del properties_of(resources, "Mapping")["FunctionResponseTypes"]
    return resources


def fifo() -> Resources:
    """A FIFO queue's dead letter gets a new age, so both may keep messages equally long."""
    resources = plain()
    for name in ("Orders", "DeadLetters"):
        properties_of(resources, name).update(
            FifoQueue=True, QueueName=f"{name}.fifo", MessageRetentionPeriod=14 * DAY
        )
    return resources


def provisioned() -> Resources:
    resources = plain()
    properties_of(resources, "Worker")["ReservedConcurrentExecutions"] = 30
    properties_of(resources, "Mapping")["ProvisionedPollerConfig"] = {
        "MinimumPollers": 2,
        "MaximumPollers": 3,
    }
    del properties_of(resources, "Mapping")["ScalingConfig"]
    return resources


def by_alias() -> Resources:
    resources = plain()
    resources["Live"] = {
        "Type": "AWS::Lambda::Alias",
        "Properties": {"FunctionName": {"Ref": "Worker"}, "Name": "live"},
    }
    properties_of(resources, "Mapping")["FunctionName"] = {"Ref": "Live"}
    return resources


def by_version() -> Resources:
    resources = plain()
    resources["Version1"] = {
        "Type": "AWS::Lambda::Version",
        "Properties": {"FunctionName": get_att("Worker")},
    }
    properties_of(resources, "Mapping")["FunctionName"] = {"Ref": "Version1"}
    return resources


def archived() -> Resources:
    """Something consumes the dead letters, and parks what it cannot handle."""
    resources = plain()
    properties_of(resources, "DeadLetters").update(
        MessageRetentionPeriod=13 * DAY,
        VisibilityTimeout=225,
        RedrivePolicy={"deadLetterTargetArn": get_att("Parking"), "maxReceiveCount": 5},
    )
    for new, like in (
        ("Parking", "DeadLetters"),
        ("Archiver", "Worker"),
        ("ArchiveMapping", "Mapping"),
        ("ParkingAlarm", "DeadLettersAlarm"),
        ("ArchiverErrorsAlarm", "ErrorsAlarm"),
        ("ArchiverThrottlesAlarm", "ThrottlesAlarm"),
    ):
        resources[new] = copy.deepcopy(resources[like])
    del properties_of(resources, "Parking")["RedrivePolicy"]
    properties_of(resources, "Parking")["MessageRetentionPeriod"] = 14 * DAY
    properties_of(resources, "OverTls")["Queues"].append({"Ref": "Parking"})
    properties_of(resources, "ArchiveMapping").update(
        EventSourceArn=get_att("DeadLetters"), FunctionName={"Ref": "Archiver"}
    )
    properties_of(resources, "ParkingAlarm")["Dimensions"][0]["Value"] = get_att(
        "Parking", "QueueName"
    )
    for name in ("ArchiverErrorsAlarm", "ArchiverThrottlesAlarm"):
        properties_of(resources, name)["Dimensions"][0]["Value"] = {"Ref": "Archiver"}
    properties_of(resources, "DeadLettersAlarm").update(
        MetricName="NumberOfMessagesReceived", Statistic="Sum"
    )
    return resources


def cross_stack() -> tuple[dict[str, Any], dict[str, Any]]:
    """Queues and alarms in one stack, function and mapping in another."""
    resources = plain()
    function = {name: resources.pop(name) for name in ("Worker", "Mapping")}
    alarms = {name: resources.pop(name) for name in ("ErrorsAlarm", "ThrottlesAlarm")}
    properties_of(function, "Mapping")["EventSourceArn"] = {"Fn::ImportValue": "queues:orders"}
    for alarm in alarms:
        properties_of(alarms, alarm)["AlarmActions"] = [{"Fn::ImportValue": "queues:topic"}]
    outputs = {
        "Orders": {"Value": get_att("Orders"), "Export": {"Name": "queues:orders"}},
        "Topic": {"Value": {"Ref": "Alarms"}, "Export": {"Name": "queues:topic"}},
    }
    return {"Resources": resources, "Outputs": outputs}, {"Resources": function | alarms}


SHAPES: list[Callable[[], Resources]] = [
    plain,
    reserved,
    several_mappings,
    single_messages,
    fifo,
    provisioned,
    by_alias,
    by_version,
    archived,
]


def properties_of(resources: Resources, logical_id: str) -> dict[str, Any]:
    properties: dict[str, Any] = resources[logical_id].setdefault("Properties", {})
    return properties


def put(logical_id: str, **properties: Any) -> Change:
    return lambda resources: properties_of(resources, logical_id).update(properties)


def drop(logical_id: str, name: str) -> Change:
    return lambda resources: properties_of(resources, logical_id).pop(name)


def redrive(**policy: Any) -> Change:
    return lambda resources: properties_of(resources, "Orders")["RedrivePolicy"].update(policy)


def both(*changes: Change) -> Change:
    def change(resources: Resources) -> None:
        for each in changes:
            each(resources)

    return change


def add(logical_id: str, type_: str, **properties: Any) -> Change:
    return lambda resources: resources.update(
        {logical_id: {"Type": type_, "Properties": properties}}
    )
