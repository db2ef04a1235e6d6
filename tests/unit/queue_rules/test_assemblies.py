"""Which templates are read, and which of them can refer to each other."""

import json
from pathlib import Path
from typing import Any

import pytest

from queue_rules import Queue, TemplateError, check, read
from tests.unit.queue_rules.shapes import cross_stack, get_att, plain, properties_of, redrive


def write(folder: Path, **templates: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in templates.items():
        (folder / f"{name}.template.json").write_text(json.dumps(body))


def manifest(folder: Path, artifacts: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))


def stack(name: str, **artifact: Any) -> dict[str, Any]:
    return {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": f"{name}.template.json"},
        **artifact,
    }


def test_an_assembly_is_what_its_manifest_lists_stages_included(tmp_path: Path) -> None:
    queues, functions = cross_stack()
    write(tmp_path, left_over={"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}})
    write(tmp_path / "assembly-prod", queues=queues, functions=functions)
    stage = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-prod"}}
    manifest(tmp_path, {"Prod": stage, "Tree": {"type": "cdk:tree"}})
    logical = {"type": "aws:cdk:logicalId", "data": "Mapping"}
    manifest(
        tmp_path / "assembly-prod",
        {
            "queues": stack("queues"),
            "functions": stack("functions", metadata={"/Prod/Functions/Mapping": [logical]}),
        },
    )
    for path in (tmp_path, tmp_path / "manifest.json"):
        application = read([path])
        assert [each.resource.construct_path for each in application.mappings] == [
            "Prod/Functions/Mapping"
        ]
        assert check(application) == []


def test_a_dead_letter_queue_in_another_region_is_found(tmp_path: Path) -> None:
    resources = plain()
    redrive(deadLetterTargetArn="arn:aws:sqs:us-east-1:111122223333:dead")(resources)
    write(tmp_path, app={"Resources": resources})
    manifest(tmp_path, {"app": stack("app", environment="aws://111122223333/eu-west-1")})
    errors = [each for each in check(read([tmp_path])) if each.severity.value == "error"]
    assert [(each.rule, each.resource) for each in errors] == [("R10", "Orders")]
    assert "another account or Region" in errors[0].message


def nested() -> dict[str, Any]:
    """Function and mapping of a parent whose queues are nested."""
    queues, functions = cross_stack()
    resources = functions["Resources"] | {
        "Queues": {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": "./queues.json", "Parameters": {"Receives": 5}},
        }
    }
    properties_of(resources, "Mapping")["EventSourceArn"] = get_att("Queues", "Outputs.Orders")
    queues["Parameters"] = {"Receives": {"Type": "Number"}}
    redrive(maxReceiveCount={"Ref": "Receives"})(queues["Resources"])
    return {"parent": {"Resources": resources}, "queues": queues}


def test_nested_stacks_are_followed_both_ways(tmp_path: Path) -> None:
    for name, body in nested().items():
        (tmp_path / f"{name}.json").write_text(json.dumps(body))
    for path in (tmp_path, tmp_path / "parent.json"):
        application = read([path])
        assert len(application.queues) == 2
        (queue,) = (each.queue for each in application.mappings)
        assert isinstance(queue, Queue)
        assert queue.max_receive_count == 5


def test_an_uploaded_nested_template_is_found_by_its_hash(tmp_path: Path) -> None:
    bodies = nested()
    properties_of(bodies["parent"]["Resources"], "Queues")["TemplateURL"] = {
        "Fn::Sub": "https://s3.${AWS::Region}.${AWS::URLSuffix}/bucket/abc123.json"
    }
    for name, body in bodies.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(body))
    files = {"abc123": {"source": {"path": "queues.json"}}}
    (tmp_path / "parent.assets.json").write_text(json.dumps({"files": files}))
    assert len(read([tmp_path / "parent.json"]).queues) == 2


def test_a_template_nested_in_itself_ends(tmp_path: Path) -> None:
    path = tmp_path / "loop.json"
    body = {"Resources": {"Me": {"Type": "AWS::CloudFormation::Stack",
                                 "Properties": {"TemplateURL": "loop.json"}}}}  # fmt: skip
    path.write_text(json.dumps(body))
    assert [each.rule for each in check(read([path]))] == ["R0"]


def test_templates_of_two_folders_do_not_refer_to_each_other(tmp_path: Path) -> None:
    queues, functions = cross_stack()
    write(tmp_path / "one", queues=queues)
    write(tmp_path / "two", functions=functions)
    assert {each.severity.value for each in check(read([tmp_path]))} == {"cannot-check"}
    files = [tmp_path / "one/queues.template.json", tmp_path / "two/functions.template.json"]
    assert check(read(files)) == []


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write(tmp_path / folder, template={"Resources": plain()})
    application = read(sorted(tmp_path.glob("*/*.json")))
    assert len({each.queue for each in application.mappings}) == 2
    assert check(application) == []


def test_other_files_of_a_folder_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, app={"Resources": plain()})
    (tmp_path / "tsconfig.json").write_text("{ // comment\n}")
    (tmp_path / "compose.yaml").write_text("services: {}")
    (tmp_path / "asset.1").mkdir()
    (tmp_path / "asset.1/template.json").write_text(json.dumps({"Resources": plain()}))
    assert len(read([tmp_path]).mappings) == 1


def test_a_stage_that_is_gone_is_said(tmp_path: Path) -> None:
    manifest(tmp_path, {"Prod": {"type": "cdk:cloud-assembly",
                                 "properties": {"directoryName": "gone"}}})  # fmt: skip
    with pytest.raises(TemplateError, match="synthesize the app again"):
        read([tmp_path])
