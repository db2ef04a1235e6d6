"""Training jobs that do what they should."""

import io
import json
import tarfile
from typing import Any

import pytest

from tests.unit.local_sagemaker.lab import Lab
from tests.unit.local_sagemaker.requests import ROLE, channel

# Tells what a program finds in its container.
LOOK = """
    import json, os, pathlib, sys
    root = pathlib.Path(sys.argv[1])
    paths = [path for path in sorted(root.rglob("*")) if path.is_file()]
    files = {str(path.relative_to(root)): path.read_text() for path in paths}
    seen = {"files": files, "environment": dict(os.environ), "arguments": sys.argv[2:]}
    (root / "output" / "data" / "seen.json").write_text(json.dumps(seen))
"""


def files_of(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {
            member.name: found.read()
            for member in tar.getmembers()
            if (found := tar.extractfile(member))
        }


def seen_by(lab: Lab, job: str) -> Any:
    archive = lab.buckets.get(f"s3://lake/models/{job}/output/output.tar.gz")
    return json.loads(files_of(archive)["seen.json"])


def look(lab: Lab, **members: Any) -> Any:
    """Run a job and return what it saw."""
    algorithm = members.pop("AlgorithmSpecification", {})
    arguments = ["/opt/ml", *algorithm.pop("ContainerArguments", ())]
    lab.train("look", LOOK, AlgorithmSpecification={"ContainerArguments": arguments}, **members)
    job = lab.trained("look")
    assert job["TrainingJobStatus"] == "Completed", (job["FailureReason"], lab.log_of("look"))
    return seen_by(lab, "look")


def test_a_job_turns_channels_into_a_model(lab: Lab) -> None:
    lab.buckets.put("s3://lake/data/a.txt", "20")
    lab.buckets.put("s3://lake/data/deep/b.txt", "22")
    lab.train(
        "sums",
        """
        import pathlib, sys
        root = pathlib.Path(sys.argv[1])
        files = root.joinpath("input", "data", "numbers").rglob("*.txt")
        root.joinpath("model", "sum").write_text(str(sum(int(f.read_text()) for f in files)))
        """,
        AlgorithmSpecification={"ContainerArguments": ["/opt/ml"]},
        channels=[channel("numbers", "s3://lake/data")],
    )

    job = lab.trained("sums")

    assert job["TrainingJobStatus"] == "Completed"
    assert job["ModelArtifacts"] == {
        "S3ModelArtifacts": "s3://lake/models/sums/output/model.tar.gz"
    }
    assert files_of(lab.buckets.get("s3://lake/models/sums/output/model.tar.gz")) == {"sum": b"42"}


def test_secondary_statuses_follow_each_other(lab: Lab) -> None:
    lab.train("plain")

    job = lab.trained("plain")

    steps = job["SecondaryStatusTransitions"]
    assert [step["Status"] for step in steps] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed",
    ]  # fmt: skip
    assert all(step["EndTime"] >= step["StartTime"] for step in steps)
    assert all(a["EndTime"] == b["StartTime"] for a, b in zip(steps, steps[1:], strict=False))
    assert job["SecondaryStatus"] == "Completed"
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["BillableTimeInSeconds"] >= 1


def test_the_configuration_files_are_as_documented(lab: Lab) -> None:
    files = look(lab, HyperParameters={"eta": "0.3"})["files"]

    assert json.loads(files["input/config/hyperparameters.json"]) == {"eta": "0.3"}
    channels = json.loads(files["input/config/inputdataconfig.json"])
    assert channels["code"]["TrainingInputMode"] == "File"
    resources = json.loads(files["input/config/resourceconfig.json"])
    assert resources["hosts"] == [resources["current_host"]]
    assert resources["current_instance_type"] == "ml.m5.large"


def test_paths_of_the_container_lead_into_the_job_folder(lab: Lab) -> None:
    seen = look(
        lab,
        AlgorithmSpecification={
            "ContainerArguments": ["--model=/opt/ml/model", "s3://x/opt/ml/y", "/mnt/opt/ml"]
        },
        Environment={"PYTHONPATH": "/opt/ml/a.zip:/opt/ml/b", "OTHER": "/opt/mlx"},
    )

    root = str(lab.folder / "training-job" / "look" / "ml")
    assert seen["arguments"] == [f"--model={root}/model", "s3://x/opt/ml/y", "/mnt/opt/ml"]
    assert seen["environment"]["PYTHONPATH"] == f"{root}/a.zip:{root}/b"
    assert seen["environment"]["OTHER"] == "/opt/mlx"


def test_an_isolated_job_sees_nothing_of_the_callers_environment(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("SECRET", "mine")

    environment = look(lab, EnableNetworkIsolation=True)["environment"]

    assert not [name for name in environment if name.startswith("AWS_")]
    assert "SECRET" not in environment
    assert environment["HOME"].startswith(str(lab.folder))
    assert environment["TRAINING_JOB_NAME"] == "look"
    assert environment["SM_MODEL_DIR"].endswith("/look/ml/model")


def test_a_job_with_network_is_a_client_in_the_name_of_its_role(lab: Lab) -> None:
    environment = look(lab)["environment"]

    assert environment["AWS_ENDPOINT_URL"] == lab.buckets.url
    assert environment["AWS_SESSION_TOKEN"] == "role/trainer"


@pytest.mark.parametrize(("given", "expected"), [({}, "1"), ({"OMP_NUM_THREADS": "4"}, "4")])
def test_one_thread_unless_the_request_says_otherwise(
    lab: Lab, given: dict[str, str], expected: str
) -> None:
    assert look(lab, Environment=given)["environment"]["OMP_NUM_THREADS"] == expected


def test_a_manifest_chooses_objects_below_its_prefix(lab: Lab) -> None:
    for key in ("one", "deep/two", "three"):
        lab.buckets.put(f"s3://lake/set/{key}", key)
    manifest = [{"prefix": "s3://lake/set/"}, "one", "deep/two"]
    lab.buckets.put("s3://lake/chosen.manifest", json.dumps(manifest))

    seen = look(lab, channels=[channel("data", "s3://lake/chosen.manifest", "ManifestFile")])

    found = {
        name: text for name, text in seen["files"].items() if name.startswith("input/data/data")
    }
    assert found == {"input/data/data/one": "one", "input/data/data/deep/two": "deep/two"}


def test_the_last_value_of_each_metric_is_kept(lab: Lab) -> None:
    lab.train(
        "measured",
        'print("round 1 auc=0.5"); print("round 2 auc=0.625 loss=nan"); print("other=7")',
        AlgorithmSpecification={
            "MetricDefinitions": [
                {"Name": "validation:auc", "Regex": r"auc=([0-9.]+)"},
                {"Name": "never", "Regex": r"never=([0-9.]+)"},
                {"Name": "other", "Regex": r"other=(.*)"},
                {"Name": "loss", "Regex": r"loss=(\S+)"},
            ]
        },
    )

    metrics = lab.trained("measured")["FinalMetricDataList"]

    values = {metric["MetricName"]: metric["Value"] for metric in metrics}
    assert values == {"validation:auc": 0.625, "other": 7}


def test_output_goes_to_the_log_while_the_job_runs(lab: Lab) -> None:
    lab.train("talks", 'import sys; print("out"); sys.stderr.write("err, without an end")')

    lab.trained("talks")

    (group, stream), lines = next(iter(lab.logs.items()))
    assert group == "/aws/sagemaker/TrainingJobs"
    name, _, host = stream.partition("/")
    assert (name, host.rpartition("-")[0]) == ("talks", "algo-1")
    assert lines == ["out", "err, without an end"]


def test_each_change_of_state_is_an_event(lab: Lab) -> None:
    lab.train("told", HyperParameters={"eta": "1"}, Tags=[{"Key": "team", "Value": "blue"}])
    job = lab.trained("told")

    types = {detail_type for detail_type, _, _ in lab.events}
    states = [(d["TrainingJobStatus"], d["SecondaryStatus"]) for _, d, _ in lab.events]
    assert types == {"SageMaker Training Job State Change"}
    assert states == [
        ("InProgress", "Starting"),
        ("InProgress", "Downloading"),
        ("InProgress", "Training"),
        ("InProgress", "Uploading"),
        ("Completed", "Completed"),
    ]
    _, detail, resources = lab.events[-1]
    assert resources == [job["TrainingJobArn"]]
    assert detail["HyperParameters"] == {"eta": "1"}
    assert detail["Tags"] == {"team": "blue"}
    assert detail["CreationTime"] == round(job["CreationTime"] * 1000)


def test_s3_is_asked_in_the_name_of_the_jobs_role(lab: Lab) -> None:
    lab.train("plain")
    lab.trained("plain")

    assert {role for role, _, _ in lab.buckets.calls} == {ROLE.rpartition("/")[2]}


def test_the_output_key_encrypts_the_artifacts(lab: Lab) -> None:
    lab.train(
        "secret",
        'open("model/weights", "w").write("1")',
        OutputDataConfig={"S3OutputPath": "s3://lake/models", "KmsKeyId": "key-1"},
    )
    lab.trained("secret")

    headers = lab.buckets.headers["lake", "models/secret/output/model.tar.gz"]
    assert headers["x-amz-server-side-encryption"] == "aws:kms"
    assert headers["x-amz-server-side-encryption-aws-kms-key-id"] == "key-1"


def test_nothing_of_a_job_stays_on_disk(lab: Lab) -> None:
    lab.train("plain")
    lab.trained("plain")

    assert list((lab.folder / "training-job").iterdir()) == []


def test_an_ended_job_can_be_deleted_and_its_name_used_again(lab: Lab) -> None:
    lab.train("again")
    lab.trained("again")

    lab.call("DeleteTrainingJob", TrainingJobName="again")
    lab.train("again")

    assert lab.trained("again")["TrainingJobStatus"] == "Completed"
