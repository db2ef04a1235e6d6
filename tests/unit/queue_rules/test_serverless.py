"""SAM without its transform: what it makes is checked, and what nobody can tell is said."""

import json
from pathlib import Path
from typing import Any

import pytest

from queue_rules import Application, Queue, check, read
from queue_rules.__main__ import main

HEAD = """\
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Parameters:
  Names: {Type: CommaDelimitedList}
  Where: {Type: String}
Conditions:
  Here: !Equals [!Ref "AWS::Region", eu-west-1]
Resources:
  Q: {Type: AWS::SQS::Queue}
  Q2: {Type: AWS::SQS::Queue}
  T: {Type: AWS::SNS::Topic}
"""
FUNCTION = """\
  F:
    Type: AWS::Serverless::Function
    Properties:
"""
KNOWN = "A: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}"


def application(tmp_path: Path, function: str, head: str = HEAD + FUNCTION) -> Application:
    return read([written(tmp_path, function, head)])


def written(tmp_path: Path, function: str, head: str = HEAD + FUNCTION) -> Path:
    path = tmp_path / "app.yaml"
    path.write_text(head + "".join(f"      {line}\n" for line in function.strip().splitlines()))
    return path


def unread(found: Application) -> set[str]:
    return {each.resource for each in check(found) if each.rule == "R0"}


LOOP = """
Events:
  Fn::ForEach::Queues:
    - Name
    - %s
    - "${Name}Event": {Type: SQS, Properties: {Queue: !GetAtt "${Name}.Arn", BatchSize: 7}}
"""


def test_events_that_a_loop_makes_become_mappings(tmp_path: Path) -> None:
    found = application(tmp_path, LOOP % "[Q, Q2]")
    mappings = {
        each.resource.logical_id: each.queue.name
        for each in found.mappings
        if isinstance(each.queue, Queue)
    }
    assert mappings == {"FQEvent": "{app#Q}", "FQ2Event": "{app#Q2}"}
    assert [each.batch_size for each in found.mappings] == [7, 7]
    assert found.unread == []


def test_a_property_that_a_loop_makes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    path.write_text(
        "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n"
        "      Fn::ForEach::P: [Name, [VisibilityTimeout], {'${Name}': 77}]\n"
    )
    (queue,) = read([path]).queues
    assert queue.visibility_timeout == 77


@pytest.mark.parametrize(
    ("function", "resource", "mappings"),
    [
        (LOOP % "!Ref Names", "FEvents", 0),
        (f"Events:\n  {KNOWN}\n  Fn::Transform: {{Name: AWS::Include}}", "FEvents", 1),
        (f"Events: !If [Here, {{{KNOWN}}}, {{}}]", "FEvents", 0),
        ("Fn::Transform: {Name: AWS::Include}", "F", 0),
        (f"Events:\n  {KNOWN}\nFn::Transform: {{Name: AWS::Include}}", "F", 1),
        ("Events: {A: !If [Here, {Type: SQS}, !Ref AWS::NoValue]}", "FA", 0),
        ("Events: {A: {Type: SQS, Properties: !If [Here, {BatchSize: 1}, {}]}}", "FA", 0),
        ("Events: {A: {Type: SQS, Properties: {Fn::Transform: {Name: X}}}}", "FA", 0),
        (
            "Events: {A: {Type: SNS, Properties: {SqsSubscription: !If [Here, {}, {}]}}}",
            "FAEventSourceMapping",
            0,
        ),
    ],
)
def test_what_a_deployment_decides_about_a_function_is_said(
    function: str, resource: str, mappings: int, tmp_path: Path
) -> None:
    found = application(tmp_path, function)
    assert unread(found) == {resource}
    assert len(found.mappings) == mappings
    assert {each.name for each in found.queues} == {"{app#Q}", "{app#Q2}"}


def test_a_macro_in_globals_is_one_of_every_function(tmp_path: Path) -> None:
    head = "Globals: {Fn::Transform: {Name: AWS::Include}}\n" + HEAD + FUNCTION
    assert unread(application(tmp_path, "Timeout: 3", head)) == {"F"}


@pytest.mark.parametrize(
    ("dead_letters", "rules"),
    [
        ("{Type: SQS, TargetArn: !GetAtt Q.Arn}", {"warning"}),
        ("!If [Here, {Type: SQS, TargetArn: x}, !Ref AWS::NoValue]", {"cannot-check"}),
        ("!Ref AWS::NoValue", set()),
    ],
)
def test_a_functions_own_dead_letter_queue_may_depend_on_a_condition(
    dead_letters: str, rules: set[str], tmp_path: Path
) -> None:
    findings = check(application(tmp_path, f"DeadLetterQueue: {dead_letters}"))
    assert {each.severity.value for each in findings if each.rule == "R16"} == rules


TWO_EVENTS = """
Events:
  A: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn, ScalingConfig: {MaximumConcurrency: 5}}}
  B: {Type: SQS, Properties: {Queue: !GetAtt Q2.Arn, %s}}
"""
ACCEPTED = HEAD + FUNCTION.replace(
    "    Properties:",
    "    Metadata: {queue_rules: {suppress: [{id: %s, reason: %s}]}}\n    Properties:",
)


@pytest.mark.parametrize(
    ("rule", "reason", "of_b", "complaints"),
    [
        ("R8", "One by one.", "BatchSize: 10", []),
        # B alone has it, and neither the function nor A does.
        ("R3", "Few.", "BatchSize: 10", []),
        ("R3", "Few.", "ScalingConfig: {MaximumConcurrency: 5}", ["matches no finding"]),
        ("R99", "Few.", "BatchSize: 10", ["no rule 'R99'"]),
        ("R3", "''", "BatchSize: 10", ["without a reason"]),
    ],
)
def test_a_suppression_at_a_function_is_one_however_much_is_made_of_it(
    rule: str, reason: str, of_b: str, complaints: list[str], tmp_path: Path
) -> None:
    findings = check(application(tmp_path, TWO_EVENTS % of_b, ACCEPTED % (rule, reason)))
    found = [each.message for each in findings if each.rule == "suppression"]
    assert len(found) == len(complaints)
    assert all(part in message for part, message in zip(complaints, found, strict=True))


def test_a_suppression_in_a_loop_is_one_however_often_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    path.write_text(
        "Resources:\n  Fn::ForEach::L:\n    - Name\n    - [alias, other]\n    - '${Name}':\n"
        "        Type: AWS::SQS::Queue\n"
        "        Metadata: {queue_rules: {suppress: [{id: R20, reason: '${Name} is open.'}]}}\n"
        "        Properties: {KmsMasterKeyId: '${Name}/aws/sqs'}\n"
    )
    findings = check(read([path]))
    assert [each.resource for each in findings if each.suppressed] == ["alias"]
    assert not [each for each in findings if each.rule == "suppression"]


def results(path: Path, target: Path) -> dict[tuple[str, str], tuple[str, Any]]:
    main(["check", str(path), "--sarif", str(target)])
    (run,) = json.loads(target.read_text())["runs"]
    lines = path.read_text().splitlines()
    found = {}
    for result in run["results"]:
        (location,) = result["locations"]
        line = location["physicalLocation"]["region"]["startLine"]
        place = (location["logicalLocations"][0]["name"], result["ruleId"])
        found[place] = (lines[line - 1].strip(), result.get("suppressions"))
    return found


def test_code_hosts_show_what_is_made_at_the_function_that_makes_it(tmp_path: Path) -> None:
    path = written(tmp_path, TWO_EVENTS % "BatchSize: 10", ACCEPTED % ("R8", "Single."))
    found = results(path, tmp_path / "out.sarif")
    in_source = [{"kind": "inSource", "justification": "Single."}]
    assert found["FA", "R8"] == ("F:", in_source)
    assert found["FB", "R3"] == ("F:", None)
    assert found["Q", "R10"][0].startswith("Q: ")


def test_code_hosts_show_what_a_loop_makes_at_the_loop(tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    path.write_text(
        "Parameters:\n  Fn: {Type: String}\nResources:\n  Fn::ForEach::L:\n    - Name\n    - [A]\n"
        "    - '${Name}Q': {Type: AWS::SQS::Queue}\n"
    )
    assert results(path, tmp_path / "out.sarif")["AQ", "R22"] == ("Fn::ForEach::L:", None)


def test_a_parameter_of_the_same_name_is_not_where_a_resource_is(tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    path.write_text("Parameters:\n  Q: {Type: String}\nResources:\n  Q: {Type: AWS::SQS::Queue}\n")
    assert results(path, tmp_path / "out.sarif")["Q", "R22"][0] == "Q: {Type: AWS::SQS::Queue}"
