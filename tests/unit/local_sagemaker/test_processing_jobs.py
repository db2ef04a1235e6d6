"""Processing jobs that do what they should."""

import json

import pytest

from tests.unit.local_sagemaker.lab import Lab
from tests.unit.local_sagemaker.requests import processing_input, processing_output

COPY = """
    import pathlib, shutil, sys
    source, target = map(pathlib.Path, sys.argv[1:])
    shutil.copytree(source, target, dirs_exist_ok=True)
"""
PATHS = ["/opt/ml/processing/data", "/opt/ml/processing/output/copy"]


def copy(lab: Lab, source: str, data_type: str = "S3Prefix") -> list[str]:
    """Run a job that copies an input to an output, and return the keys of the output."""
    lab.process(
        "copy",
        COPY,
        AppSpecification={"ContainerArguments": PATHS},
        inputs=[processing_input("data", source, data_type)],
        outputs=[processing_output("copy", "s3://lake/copied/")],
    )
    job = lab.processed("copy")
    assert job["ProcessingJobStatus"] == "Completed", (job["FailureReason"], lab.log_of("copy"))
    return [key.removeprefix("copied/") for key in lab.buckets.keys("s3://lake/copied/")]


@pytest.mark.parametrize(
    ("prefix", "places"),
    [
        ("s3://lake/in/day", ["1.csv", "deep/2.csv", "days.csv"]),
        ("s3://lake/in/day/", ["1.csv", "deep/2.csv"]),
        ("s3://lake/in/day/1.csv", ["1.csv"]),
        ("s3://lake/in/da", ["day/1.csv", "day/deep/2.csv", "days.csv"]),
    ],
)
def test_inputs_keep_their_places_below_the_prefix(
    lab: Lab, prefix: str, places: list[str]
) -> None:
    for key in ("day/1.csv", "day/deep/2.csv", "days.csv", "day/folder/"):
        lab.buckets.put(f"s3://lake/in/{key}", key)

    assert copy(lab, prefix) == sorted(places)


def test_a_manifest_chooses_inputs(lab: Lab) -> None:
    lab.buckets.put("s3://lake/in/a/1", "one")
    lab.buckets.put("s3://lake/in/a/2", "two")
    lab.buckets.put("s3://lake/m", json.dumps([{"prefix": "s3://lake/in/"}, "a/2"]))

    assert copy(lab, "s3://lake/m", "ManifestFile") == ["a/2"]
    assert lab.buckets.get("s3://lake/copied/a/2") == b"two"


@pytest.mark.slow
def test_a_snapshot_of_more_files_than_a_listing_has(lab: Lab) -> None:
    for number in range(1203):
        lab.buckets.put(f"s3://lake/in/{number:04d}", str(number))

    assert copy(lab, "s3://lake/in/") == [f"{number:04d}" for number in range(1203)]


def test_times_and_log(lab: Lab) -> None:
    lab.process("plain", 'print("hello")')

    job = lab.processed("plain")

    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]
    ((group, stream), lines) = next(iter(lab.logs.items()))
    assert group == "/aws/sagemaker/ProcessingJobs"
    assert stream.startswith("plain/algo-1-")
    assert lines == ["hello"]


def test_its_states_are_events(lab: Lab) -> None:
    lab.process("told")
    lab.processed("told")

    assert [(kind, detail["ProcessingJobStatus"]) for kind, detail, _ in lab.events] == [
        ("SageMaker Processing Job State Change", "InProgress"),
        ("SageMaker Processing Job State Change", "Completed"),
    ]


@pytest.mark.parametrize(
    ("ending", "status"), [("", "Completed"), ("raise SystemExit(3)", "Failed")]
)
def test_the_exit_message_is_the_first_kilobyte_of_a_file(
    lab: Lab, ending: str, status: str
) -> None:
    lab.process("says", f'open("output/message", "w").write("x" * 1023 + "éé")\n{ending}')

    job = lab.processed("says")

    assert job["ProcessingJobStatus"] == status
    assert job["ExitMessage"] == "x" * 1023


def test_an_isolated_job_gets_no_credentials(lab: Lab) -> None:
    script = 'import os; print(sorted(n for n in os.environ if n.startswith("AWS_")))'
    lab.process("alone", script, NetworkConfig={"EnableNetworkIsolation": True})
    lab.processed("alone")

    assert lab.log_of("alone") == ["[]"]


def test_the_configuration_file_is_the_request(lab: Lab) -> None:
    script = 'import json; print(json.load(open("config/processingjobconfig.json"))["RoleArn"])'
    lab.process("configured", script)
    lab.processed("configured")

    assert lab.log_of("configured") == ["arn:aws:iam::123456789012:role/trainer"]
