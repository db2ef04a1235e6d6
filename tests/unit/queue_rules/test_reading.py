"""Values are followed wherever a template leads; what it does not tell is unknown, and why."""

from pathlib import Path

import pytest

from queue_rules import Queue, TemplateError, Unknown, check, read

TEMPLATE = """
Parameters:
  Size: {Type: Number, Default: 45}
  Stage: {Type: String, Default: prod}
  Open: {Type: String}
  Names: {Type: CommaDelimitedList, Default: "a, b"}
  Secret: {Type: "AWS::SSM::Parameter::Value<String>", Default: /path}
Mappings:
  Sizes: {prod: {V: 46}, dev: {V: 1}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [{Condition: IsProd}]
  Either: !Or [{Condition: IsDev}, {Condition: IsProd}]
  Both: !And [{Condition: IsDev}, !Equals [!Ref Open, x]]
  IsOpen: !Equals [!Ref Open, x]
  InIreland: !Equals [!Ref "AWS::Region", eu-west-1]
  Circular: {Condition: Circular}
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: %s
"""


def visibility(value: str, tmp_path: Path, **parameters: str) -> int | Unknown:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE % value)
    (queue,) = read([path], parameters).queues
    return queue.visibility_timeout


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("45", 45),
        ('"45"', 45),
        ("45.0", 45),
        ("!Ref Size", 45),
        ("{Ref: Size}", 45),
        ("!If [IsProd, 1, 2]", 1),
        ("!If [IsDev, 1, 2]", 2),
        ("!If [Either, 1, 2]", 1),
        ("!If [Both, 1, 2]", 2),
        ("!If [IsOpen, 3, 3]", 3),
        ("!If [IsProd, !Ref AWS::NoValue, 2]", 30),
        ("!FindInMap [Sizes, !Ref Stage, V]", 46),
        ("!FindInMap [Sizes, test, V, {DefaultValue: 9}]", 9),
        ("!Sub '${Size}'", 45),
        ("!Sub ['${N}', {N: !Ref Size}]", 45),
        ("!Join ['', [4, 5]]", 45),
        ("!Select [1, !Split ['-', 'a-7']]", 7),
    ],
)
def test_values_are_resolved(value: str, expected: int, tmp_path: Path) -> None:
    assert visibility(value, tmp_path) == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("!Ref Open", "the parameter Open has no default"),
        ("!Ref Secret", "read from SSM"),
        ("!Ref Nothing", "Nothing is not in the template"),
        ("!If [IsOpen, 1, 2]", "the condition IsOpen: the parameter Open"),
        ("!If [InIreland, 1, 2]", "known at deployment"),
        ("!If [Circular, 1, 2]", "refers to itself"),
        ("!If [Missing, 1, 2]", "condition Missing is not in the template"),
        ("!FindInMap [Sizes, !Ref 'AWS::Region', V]", "known at deployment"),
        ("!FindInMap [Sizes, test, V]", "no such key"),
        ("!ImportValue elsewhere", "imports elsewhere, which no template given here exports"),
        ("!GetAtt Missing.Arn", "Missing is not in the template"),
        ("'{{resolve:ssm:/path}}'", "dynamic reference"),
        ("!Select [3, !Ref Names]", "no such item"),
        ("!Base64 text", "Fn::Base64"),
        ("[1, 2]", "not a whole number"),
        ("true", "not a whole number"),
        ("4.5", "not a whole number"),
    ],
)
def test_what_a_template_does_not_tell_is_unknown(value: str, reason: str, tmp_path: Path) -> None:
    unknown = visibility(value, tmp_path)
    assert isinstance(unknown, Unknown)
    assert reason in unknown.reason


def test_a_given_parameter_takes_the_place_of_its_default(tmp_path: Path) -> None:
    assert visibility("!Ref Size", tmp_path, Size="7") == 7
    assert visibility("!If [IsOpen, 1, 2]", tmp_path, Open="x") == 1


@pytest.mark.parametrize("condition", ["IsDev", "IsProd"])
def test_resources_that_are_not_deployed_are_not_checked(condition: str, tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE % "1" + f"    Condition: {condition}\n")
    assert len(read([path]).queues) == (condition == "IsProd")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.json", b"{", "neither JSON nor YAML (line 1)"),
        ("a.yaml", b"a: [1", "neither JSON nor YAML"),
        ("a.yaml", b"a: &x [*x]", "not a template"),
        ("a.yaml", b"- 1", "expected a mapping with Resources"),
        ("a.yaml", b"Outputs: {}", "it has no Resources"),
        ("a.yaml", b"Resources: {Q: 1}", "the resource Q has no Type"),
        ("a.yaml", b"Resources: {Q: {Type: T, Properties: 1}}", "Properties of Q are not"),
        ("a.yaml", b"\xff\xfe\x00", "not a text file"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_said(
    name: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(TemplateError) as caught:
        read([path])
    assert reason in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_empty_folder_and_a_missing_path_are_said(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="no template in it; give a cdk.out"):
        read([tmp_path])
    with pytest.raises(TemplateError, match="no such file or folder"):
        read([tmp_path / "missing"])


LOOP = """
Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList, Default: "Orders,Refunds"}
  Open: {Type: CommaDelimitedList}
Resources:
  Fn::ForEach::Queues:
    - Name
    - %s
    - "${Name}Queue":
        Type: AWS::SQS::Queue
        Properties:
          QueueName: !Ref Name
          RedrivePolicy: {deadLetterTargetArn: !GetAtt "${Name}Dead.Arn", maxReceiveCount: 5}
      "${Name}Dead": {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${Name}-dead"}}
"""


@pytest.mark.parametrize("names", ["!Ref Names", "[Orders, Refunds]"])
def test_loops_are_run(names: str, tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(LOOP % names)
    application = read([path])
    dead_letters = {
        queue.name: target.name
        for queue, target in application.dead_letters.items()
        if isinstance(target, Queue)
    }
    assert dead_letters == {"Orders": "Orders-dead", "Refunds": "Refunds-dead"}
    assert application.unread == []


def test_a_loop_over_what_is_not_told_is_said(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(LOOP % "!Ref Open")
    (finding,) = check(read([path]))
    assert (finding.rule, finding.resource) == ("R0", "Fn::ForEach::Queues")
