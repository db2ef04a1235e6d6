"""Jobs that cannot succeed: each ends with a reason that says what to look at."""

import json
from collections.abc import Callable

import pytest

from tests.unit.local_sagemaker.lab import Lab
from tests.unit.local_sagemaker.requests import (
    ROLE,
    channel,
    processing_input,
    processing_output,
)

UNKNOWN_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/unknown:1"


def failed_training(lab: Lab, name: str) -> str:
    job = lab.trained(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert job["SecondaryStatusTransitions"][-1]["Status"] == "Failed"
    return str(job["FailureReason"])


def failed_processing(lab: Lab, name: str) -> str:
    job = lab.processed(name)
    assert job["ProcessingJobStatus"] == "Failed"
    return str(job["FailureReason"])


def test_a_script_that_raises_tells_why_in_its_failure_file(lab: Lab) -> None:
    lab.train(
        "raises",
        """
        try:
            raise ValueError("no rows in January")
        except ValueError as error:
            open("output/failure", "w").write(f"{error}\\nfurther lines")
            raise
        """,
    )

    reason = failed_training(lab, "raises")

    assert reason == "AlgorithmError: no rows in January\nfurther lines, exit code: 1"
    assert lab.log_of("raises")[-1] == "ValueError: no rows in January"


def test_a_script_that_tells_nothing(lab: Lab) -> None:
    lab.train("silent", "raise SystemExit(7)")

    assert failed_training(lab, "silent") == "AlgorithmError: , exit code: 7"


def test_a_long_reason_keeps_its_exit_code(lab: Lab) -> None:
    lab.train("long", 'open("output/failure", "w").write("x" * 5000); raise SystemExit(2)')

    reason = failed_training(lab, "long")

    assert len(reason) == 1024
    assert reason.endswith("x, exit code: 2")


def test_a_failed_job_leaves_no_model(lab: Lab) -> None:
    lab.train("half", 'open("model/half", "w").write("1"); raise SystemExit(1)')
    failed_training(lab, "half")

    assert lab.buckets.keys("s3://lake/models/half") == []


def test_a_killed_program(lab: Lab) -> None:
    lab.train("killed", "import os; os.kill(os.getpid(), 9)")

    assert failed_training(lab, "killed") == "AlgorithmError: , exit code: 137"


def test_the_log_says_what_a_killed_processing_job_could_not(lab: Lab) -> None:
    lab.process("killed", "import os; os.kill(os.getpid(), 9)")

    assert lab.processed("killed")["ProcessingJobStatus"] == "Failed"
    assert lab.log_of("killed") == ["local SageMaker: signal 9 has killed the program"]


def test_a_program_that_does_not_exist(lab: Lab) -> None:
    lab.train("absent", AlgorithmSpecification={"ContainerEntrypoint": ["/no/such/program"]})

    assert failed_training(lab, "absent") == "AlgorithmError: , exit code: 127"
    assert lab.log_of("absent") == ["cannot run /no/such/program: No such file or directory"]


def test_a_program_whose_children_hold_its_output(lab: Lab) -> None:
    """They end with it, as they would with a container."""
    lab.train("parent", 'import subprocess; subprocess.Popen(["sleep", "600"]); print("done")')

    assert lab.trained("parent")["TrainingJobStatus"] == "Completed"
    assert lab.log_of("parent") == ["done"]


@pytest.mark.parametrize("image", [UNKNOWN_IMAGE, "toy", "toy:2"])
def test_an_unknown_image(lab: Lab, image: str) -> None:
    lab.train("t", AlgorithmSpecification={"TrainingImage": image})
    lab.process("p", AppSpecification={"ImageUri": image})

    for reason in (failed_training(lab, "t"), failed_processing(lab, "p")):
        assert reason.startswith("ClientError: Cannot pull algorithm container. Either the image")
        assert image in reason


@pytest.mark.parametrize("uri", ["s3://lake/nothing/", "s3://no-such-bucket/data"])
def test_a_missing_input(lab: Lab, uri: str) -> None:
    lab.train("t", channels=[channel("data", uri)])
    lab.process("p", inputs=[processing_input("data", uri)])

    for reason in (failed_training(lab, "t"), failed_processing(lab, "p")):
        assert reason.startswith(f'ClientError: No S3 objects found under S3 URL "{uri}"')
        assert ROLE in reason


def test_a_manifest_that_names_a_missing_object(lab: Lab) -> None:
    manifest = [{"prefix": "s3://lake/set/"}, "gone"]
    lab.buckets.put("s3://lake/m", json.dumps(manifest))
    lab.train("t", channels=[channel("data", "s3://lake/m", "ManifestFile")])

    reason = failed_training(lab, "t")

    assert reason.startswith("ClientError: Data download failed for s3://lake/set/gone: ")
    assert "NoSuchKey" in reason


@pytest.mark.parametrize("manifest", ["", "{}", "[]", '["a"]', '[{"pre": ""}, "a"]'])
def test_a_file_that_is_no_manifest(lab: Lab, manifest: str) -> None:
    lab.buckets.put("s3://lake/m", manifest)
    lab.train("t", channels=[channel("data", "s3://lake/m", "ManifestFile")])

    assert "s3://lake/m is no manifest" in failed_training(lab, "t")


def test_a_manifest_cannot_reach_out_of_its_folder(lab: Lab) -> None:
    lab.buckets.put("s3://lake/m", json.dumps([{"prefix": "s3://lake/"}, "../../x"]))
    lab.train("t", channels=[channel("data", "s3://lake/m", "ManifestFile")])

    assert "leaves its folder" in failed_training(lab, "t")


def test_a_role_that_may_not_read(lab: Lab) -> None:
    lab.buckets.denied.add("trainer")
    lab.train("t")

    reason = failed_training(lab, "t")

    assert reason.startswith(
        "ClientError: Data download failed for s3://lake/code/t/: Access denied"
    )
    assert ROLE in reason


def test_a_role_that_may_not_write(lab: Lab) -> None:
    lab.process(
        "p",
        'open("processing/output/out/x", "w").write("1")',
        outputs=[processing_output("out", "s3://no-such-bucket/out")],
    )

    reason = failed_processing(lab, "p")

    assert reason.startswith("ClientError: Artifact upload failed for s3://no-such-bucket/out/x: ")


def test_a_processing_script_that_raises(lab: Lab) -> None:
    lab.process("raises", 'raise ValueError("no rows")')

    assert failed_processing(lab, "raises") == "AlgorithmError: See job logs for more information"
    assert lab.log_of("raises")[-1] == "ValueError: no rows"


def test_a_message_that_is_no_text(lab: Lab) -> None:
    lab.process("binary", 'open("output/message", "wb").write(b"\\xff")')

    assert failed_processing(lab, "binary").startswith("ClientError: the message in")


def test_a_failing_receiver_of_events_fails_no_job(new_lab: Callable[..., Lab]) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("not today")

    lab = new_lab(on_event=refuse, on_log=refuse)
    lab.train("t", 'print("x")')

    assert lab.trained("t")["TrainingJobStatus"] == "Completed"
