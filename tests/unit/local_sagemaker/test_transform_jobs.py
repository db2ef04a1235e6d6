"""Transform jobs: objects that a model answers."""

import json
from typing import Any

import pytest

from local.processes import list_processes
from tests.unit.local_sagemaker.hosting import make_model
from tests.unit.local_sagemaker.lab import Lab
from tests.unit.local_sagemaker.transforms import (
    BY_LINES,
    SPLIT,
    described,
    outputs,
    request,
    transformed,
)

# Answers each line of a request with how many lines the request has.
COUNTING = """
def model_fn(model_dir):
    return None

def transform_fn(model, data, content_type, accept):
    lines = data.splitlines()
    return "\\n".join([str(len(lines))] * len(lines)), accept
"""
TELLING = """
import json, os

def model_fn(model_dir):
    return None

def transform_fn(model, data, content_type, accept):
    names = [name for name in os.environ if name.startswith(("SAGEMAKER_BATCH", "SAGEMAKER_MAX"))]
    return json.dumps({name: os.environ[name] for name in [*names, "OWN"]})
"""


def test_each_object_becomes_one_at_its_place_below_the_prefix(lab: Lab) -> None:
    make_model(lab, "m", factor=2)
    lab.buckets.put("s3://lake/in/1.csv", "1,2")
    lab.buckets.put("s3://lake/in/deep/2.csv", "3")

    job = transformed(lab)

    assert outputs(lab) == {"1.csv.out": "2.0,4.0", "deep/2.csv.out": "6.0"}
    assert job["CreationTime"] <= job["TransformStartTime"] <= job["TransformEndTime"]
    assert (job["MaxPayloadInMB"], job["BatchStrategy"]) == (6, "MultiRecord")
    assert job["TransformJobArn"].endswith(":transform-job/t")


def test_its_states_are_events_and_it_leaves_no_process(lab: Lab) -> None:
    make_model(lab, "m")
    lab.buckets.put("s3://lake/in/1.csv", "1")
    transformed(lab)

    assert [(kind, detail["TransformJobStatus"]) for kind, detail, _ in lab.events] == [
        ("SageMaker Transform Job State Change", "InProgress"),
        ("SageMaker Transform Job State Change", "Completed"),
    ]
    folder = str(lab.folder / "transform-job")
    assert [each for each in list_processes() if folder in each.command] == []


@pytest.mark.parametrize(
    ("members", "answers"),
    [
        ({"BatchStrategy": "SingleRecord"}, "1\n1\n1\n"),
        ({"BatchStrategy": "SingleRecord", "MaxConcurrentTransforms": 3}, "1\n1\n1\n"),
        ({}, "3\n3\n3\n"),
    ],
)
def test_lines_are_asked_one_by_one_or_many_at_a_time(
    lab: Lab, members: dict[str, Any], answers: str
) -> None:
    make_model(lab, "m", inference=COUNTING)
    lab.buckets.put("s3://lake/in/lines", "a\nb\nc\n")

    transformed(lab, SPLIT, {**BY_LINES, "Accept": "text/csv"}, **members)

    assert outputs(lab) == {"lines.out": answers}


def test_the_order_of_lines_survives_concurrency(lab: Lab) -> None:
    make_model(lab, "m", factor=1)
    lines = [f"{number}.0" for number in range(40)]
    lab.buckets.put("s3://lake/in/lines", "\n".join(lines))

    transformed(lab, SPLIT, BY_LINES, BatchStrategy="SingleRecord", MaxConcurrentTransforms=8)

    assert outputs(lab)["lines.out"].split() == lines


def test_answers_are_joined_to_their_lines(lab: Lab) -> None:
    make_model(lab, "m", inference=COUNTING)
    lab.buckets.put("s3://lake/in/lines", "a,b\nc,d\n")

    transformed(
        lab, SPLIT, {**BY_LINES, "Accept": "text/csv"}, DataProcessing={"JoinSource": "Input"}
    )

    assert outputs(lab) == {"lines.out": "a,b,2\nc,d,2\n"}


def test_the_container_knows_the_job(lab: Lab) -> None:
    make_model(lab, "m", inference=TELLING)
    lab.buckets.put("s3://lake/in/any", "any")

    transformed(lab, Environment={"OWN": "yes"}, MaxPayloadInMB=7)

    assert json.loads(outputs(lab)["any.out"]) == {
        "OWN": "yes",
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_BATCH_STRATEGY": "MULTI_RECORD",
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "1",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": "7",
    }


def test_jobs_are_listed_the_newest_first_and_have_tags(lab: Lab) -> None:
    make_model(lab, "m")
    lab.buckets.put("s3://lake/in/1.csv", "1")
    for name in ("first", "second"):
        tags = [{"Key": "of", "Value": name}]
        lab.call("CreateTransformJob", **request(TransformJobName=name, Tags=tags))
        lab.ended(lambda each: described(lab, each), name, "TransformJobStatus")

    listed = lab.call("ListTransformJobs")["TransformJobSummaries"]

    assert [each["TransformJobName"] for each in listed] == ["second", "first"]
    found = lab.call("ListTags", ResourceArn=listed[0]["TransformJobArn"])["Tags"]
    assert found == [{"Key": "of", "Value": "second"}]
