"""What a template does not tell is a finding of its own, neither fine nor wrong."""

from typing import Any

import pytest

from tests.unit.queue_rules.shapes import (
    Change,
    Resources,
    add,
    both,
    drop,
    findings_in,
    get_att,
    plain,
    properties_of,
    provisioned,
    put,
)

ELSEWHERE: dict[str, Any] = {"Fn::ImportValue": "elsewhere"}


def test_an_unknown_value_is_reported_and_not_taken_to_be_fine() -> None:
    resources = plain()
    properties_of(resources, "Orders")["VisibilityTimeout"] = {"Ref": "Open"}
    body = {"Parameters": {"Open": {"Type": "Number"}}, "Resources": resources}
    findings = findings_in(body)
    assert {each.rule for each in findings} == {"R1", "R4", "R11", "R23"}
    assert {each.severity.value for each in findings} == {"cannot-check"}
    assert all("the parameter Open has no default" in each.message for each in findings)


@pytest.mark.parametrize(
    ("alarm", "name", "resource"),
    [
        ("DeadLettersAlarm", "Threshold", "DeadLetters"),
        ("DeadLettersAlarm", "ComparisonOperator", "DeadLetters"),
        ("DeadLettersAlarm", "EvaluationPeriods", "DeadLetters"),
        ("DeadLettersAlarm", "Statistic", "DeadLetters"),
        ("DeadLettersAlarm", "AlarmActions", "DeadLetters"),
        ("DeadLettersAlarm", "ActionsEnabled", "DeadLetters"),
        ("DeadLettersAlarm", "MetricName", "DeadLetters"),
        ("ErrorsAlarm", "AlarmActions", "Worker"),
        ("ErrorsAlarm", "TreatMissingData", "ErrorsAlarm"),
    ],
)
def test_an_alarm_that_is_not_fully_told_is_neither_fine_nor_missing(
    alarm: str, name: str, resource: str
) -> None:
    resources = plain()
    properties_of(resources, alarm)[name] = ELSEWHERE
    (finding,) = findings_in({"Resources": resources})
    assert (finding.rule, finding.severity.value) == ("R15", "cannot-check")
    assert finding.resource == resource
    assert "imports elsewhere" in finding.message


UNTOLD = [
    ("Worker", "DeadLetterConfig", {"R16"}),
    ("Uploads", "NotificationConfiguration", {"R18"}),
    ("Orders", "KmsMasterKeyId", {"R20"}),
    ("Orders", "ReceiveMessageWaitTimeSeconds", {"R22"}),
    ("Orders", "MessageRetentionPeriod", {"R11", "R23"}),
    ("Orders", "RedriveAllowPolicy", {"R12"}),
    ("Orders", "MaximumMessageSize", {"R9"}),
    ("DeadLetters", "MessageRetentionPeriod", {"R11", "R23"}),
    ("Worker", "Timeout", {"R1", "R23"}),
    ("Worker", "ReservedConcurrentExecutions", {"R3"}),
    ("Mapping", "ScalingConfig", {"R3"}),
    ("Mapping", "ProvisionedPollerConfig", {"R3", "R6"}),
    ("Mapping", "FunctionResponseTypes", {"R8"}),
    ("Mapping", "BatchSize", {"R9"}),
    ("Mapping", "MaximumBatchingWindowInSeconds", {"R1", "R9"}),
    ("OverTls", "PolicyDocument", {"R19"}),
]


@pytest.mark.parametrize(
    "unknown",
    [
        put("Worker", ReservedConcurrentExecutions=ELSEWHERE),
        put("Mapping", ProvisionedPollerConfig={"MaximumPollers": ELSEWHERE}),
    ],
)
def test_provisioned_pollers_are_compared_with_what_is_told_only(unknown: Change) -> None:
    resources = provisioned()
    unknown(resources)
    findings = findings_in({"Resources": resources})
    assert {(each.rule, each.severity.value) for each in findings} == {("R6", "cannot-check")}


@pytest.mark.parametrize(("resource", "name", "rules"), UNTOLD)
def test_every_rule_says_what_it_cannot_check(resource: str, name: str, rules: set[str]) -> None:
    resources = plain()
    resources["Uploads"] = {"Type": "AWS::S3::Bucket"}
    properties_of(resources, resource)[name] = ELSEWHERE
    findings = findings_in({"Resources": resources})
    assert {each.rule for each in findings} == rules
    assert {each.severity.value for each in findings} == {"cannot-check"}


HERE = {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}


def where_it_is_deployed(here: Any, elsewhere: Any = None) -> dict[str, Any]:
    """Return what depends on the Region, which no template tells; nothing, if only `here`."""
    nothing = {"Ref": "AWS::NoValue"}
    return {"Fn::If": ["Here", here, nothing if elsewhere is None else elsewhere]}


def allow(**parts: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Resource": "*"}
    return statement | {"Action": "sqs:SendMessage"} | parts


def statements(*more: Any) -> Change:
    def change(resources: Resources) -> None:
        properties_of(resources, "OverTls")["PolicyDocument"]["Statement"] += more

    return change


def all_statements(value: Any) -> Change:
    return put("OverTls", PolicyDocument={"Statement": value})


def notifying(configurations: Any) -> Change:
    return put("Uploads", NotificationConfiguration={"QueueConfigurations": configurations})


def own_key(policy: Any, *sending: Any) -> Change:
    sound = {"StringEquals": {"aws:SourceArn": "x", "aws:SourceAccount": "y"}}
    return both(
        drop("Orders", "SqsManagedSseEnabled"),
        put("Orders", KmsMasterKeyId={"Ref": "Key"}),
        add("Key", "AWS::KMS::Key", KeyPolicy=policy),
        statements(*sending or [allow(Condition=sound)]),
    )


FIFO = "arn:aws:sqs:eu-west-1:111122223333:x.fifo"
IF_ALLOWED = where_it_is_deployed(allow())
DENIED = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
DEAD_LETTERS = {"Name": "QueueName", "Value": get_att("DeadLetters", "QueueName")}
DEEPER: dict[str, tuple[Change, set[str]]] = {
    "a statement": (statements(IF_ALLOWED), {"R19"}),
    "all statements": (all_statements(where_it_is_deployed([], [allow()])), {"R19"}),
    "no statement": (all_statements(["x"]), {"R19"}),
    "Principal": (statements(allow(Principal=ELSEWHERE)), {"R19"}),
    "Service": (statements(allow(Principal={"Service": ELSEWHERE})), {"R19"}),
    "a service": (statements(allow(Principal={"Service": [ELSEWHERE]})), {"R19"}),
    "Effect": (statements(allow(Effect=ELSEWHERE)), {"R19"}),
    "Condition": (statements(allow(Condition=ELSEWHERE)), {"R19"}),
    "an operator": (statements(allow(Condition={"StringEquals": ELSEWHERE})), {"R19"}),
    "TLS": (
        all_statements([DENIED | {"Condition": {"Bool": {"aws:SecureTransport": ELSEWHERE}}}]),
        {"R19"},
    ),
    "a queue of TLS": (put("OverTls", Queues=[{"Ref": "Orders"}, ELSEWHERE]), {"R19"}),
    "all notifications": (notifying(where_it_is_deployed([{"Queue": FIFO}], [])), {"R18"}),
    "a notification": (notifying([where_it_is_deployed({"Queue": FIFO})]), {"R18"}),
    "a queue": (notifying([{"Queue": ELSEWHERE}]), {"R18"}),
    "a key's statement": (own_key({"Statement": [IF_ALLOWED]}), {"R20"}),
    "a key's service": (own_key({"Statement": allow(Principal=ELSEWHERE)}), {"R20"}),
    "a key's effect": (own_key({"Statement": allow(Effect=ELSEWHERE)}), {"R20"}),
    "who sends": (own_key({"Statement": []}, IF_ALLOWED), {"R19", "R20"}),
    "Dimensions": (put("DeadLettersAlarm", Dimensions=ELSEWHERE), {"R15"}),
    "a dimension": (
        put("DeadLettersAlarm", Dimensions=[where_it_is_deployed(DEAD_LETTERS)]),
        {"R15"},
    ),
    "a dimension's name": (
        put("DeadLettersAlarm", Dimensions=[DEAD_LETTERS | {"Name": ELSEWHERE}]),
        {"R15"},
    ),
    "an action": (put("DeadLettersAlarm", AlarmActions=[where_it_is_deployed("x")]), {"R15"}),
    "Namespace": (put("DeadLettersAlarm", Namespace=ELSEWHERE), {"R15"}),
}


@pytest.mark.parametrize("name", DEEPER)
def test_what_is_untold_within_a_list_or_a_statement_is_said(name: str) -> None:
    change, rules = DEEPER[name]
    resources = plain()
    resources["Uploads"] = {"Type": "AWS::S3::Bucket"}
    change(resources)
    findings = findings_in({"Conditions": {"Here": HERE}, "Resources": resources})
    assert {each.rule for each in findings} == rules
    assert {each.severity.value for each in findings} == {"cannot-check"}
    assert not any("Unknown(" in each.message for each in findings)


def test_an_action_that_is_imported_is_one() -> None:
    resources = plain()
    put("DeadLettersAlarm", AlarmActions=[ELSEWHERE])(resources)
    assert findings_in({"Resources": resources}) == []


def test_a_service_that_is_told_is_judged_beside_one_that_is_not() -> None:
    resources = plain()
    services = ["s3.amazonaws.com", ELSEWHERE]
    statements(allow(Principal={"Service": services}))(resources)
    findings = findings_in({"Resources": resources})
    assert sorted(each.severity.value for each in findings) == ["cannot-check", "error"]
