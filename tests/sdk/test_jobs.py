from typing import Any

import pytest
from sagemaker.core.resources import (
    HyperParameterTuningJob,
    ProcessingJob,
    TrainingJob,
)
from sagemaker.core.utils.exceptions import FailedStatusError

from local import LocalCloud
from tests.local.jobs import ENDLESS, FAILING, MODEL, ROLE, URI, archive, code_of
from tests.sdk.conftest import BUCKET

RESOURCES = {"instance_count": 1, "instance_type": "ml.m5.large", "volume_size_in_gb": 1}
METRICS = [{"name": "auc", "regex": "auc=([0-9.]+)"}]


def train(name: str, code: str) -> TrainingJob:
    """Create a training job that runs a line of Python."""
    return TrainingJob.create(
        training_job_name=name,
        role_arn=ROLE,
        algorithm_specification={
            "training_image": URI,
            "training_input_mode": "File",
            "container_entrypoint": code_of(code),
            "metric_definitions": METRICS,
        },
        output_data_config={"s3_output_path": f"s3://{BUCKET}/models"},
        resource_config=RESOURCES,
        stopping_condition={"max_runtime_in_seconds": 60},
    )


def test_a_training_job_is_awaited_with_its_log(
    cloud: LocalCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    job = train("trained", MODEL + "print('auc=0.75')")

    job.wait(poll=1, timeout=60, logs=True)

    assert job.training_job_status == "Completed"
    assert [metric.value for metric in job.final_metric_data_list] == [0.75]
    key = job.model_artifacts.s3_model_artifacts.removeprefix(f"s3://{BUCKET}/")
    assert cloud.client("s3").head_object(Bucket=BUCKET, Key=key)
    assert TrainingJob.get("trained").training_job_arn == job.training_job_arn
    capsys.readouterr()


@pytest.mark.usefixtures("cloud")
def test_a_failure_has_its_reason() -> None:
    job = train("failed", FAILING)

    with pytest.raises(FailedStatusError, match="no such luck"):
        job.wait(poll=1, timeout=60)


@pytest.mark.usefixtures("cloud")
def test_a_training_job_is_stopped() -> None:
    job = train("stopped", ENDLESS)

    job.stop()
    job.wait(poll=1, timeout=60)

    assert job.training_job_status == "Stopped"


@pytest.mark.usefixtures("cloud")
def test_training_jobs_are_listed_page_by_page() -> None:
    names = {f"listed-{number}" for number in range(12)}
    for name in names:
        train(name, "pass")

    found = TrainingJob.get_all(name_contains="listed-", sort_by="Name", sort_order="Ascending")

    assert {job.training_job_name for job in found} == names


def test_a_processing_job_brings_data_in_and_out(cloud: LocalCloud) -> None:
    s3 = cloud.client("s3")
    s3.put_object(Bucket=BUCKET, Key="raw/a.txt", Body=b"data")
    code = (
        "import pathlib; root = pathlib.Path('/opt/ml/processing'); "
        "(root / 'out/b.txt').write_text((root / 'in/a.txt').read_text().upper())"
    )
    source = {
        "s3_uri": f"s3://{BUCKET}/raw",
        "local_path": "/opt/ml/processing/in",
        "s3_data_type": "S3Prefix",
        "s3_input_mode": "File",
    }
    target = {
        "s3_uri": f"s3://{BUCKET}/done",
        "local_path": "/opt/ml/processing/out",
        "s3_upload_mode": "EndOfJob",
    }

    job = ProcessingJob.create(
        processing_job_name="processed",
        role_arn=ROLE,
        app_specification={"image_uri": URI, "container_entrypoint": code_of(code)},
        processing_resources={"cluster_config": RESOURCES},
        processing_inputs=[{"input_name": "in", "s3_input": source}],
        processing_output_config={"outputs": [{"output_name": "out", "s3_output": target}]},
    )
    job.wait(poll=1, timeout=60)

    assert job.processing_job_status == "Completed"
    assert s3.get_object(Bucket=BUCKET, Key="done/b.txt")["Body"].read() == b"DATA"


def test_a_tuning_finds_its_best_training(cloud: LocalCloud) -> None:
    script = "import sys; print(f'auc=0.{sys.argv[sys.argv.index(\"--depth\") + 1]}')"
    cloud.client("s3").put_object(
        Bucket=BUCKET, Key="code/sourcedir.tar.gz", Body=archive({"train.py": script})
    )
    definition: dict[str, Any] = {
        "role_arn": ROLE,
        "algorithm_specification": {
            "training_image": URI,
            "training_input_mode": "File",
            "metric_definitions": METRICS,
        },
        "output_data_config": {"s3_output_path": f"s3://{BUCKET}/models"},
        "resource_config": RESOURCES,
        "stopping_condition": {"max_runtime_in_seconds": 60},
        "static_hyper_parameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": f"s3://{BUCKET}/code/sourcedir.tar.gz",
        },
    }
    depth = {"name": "depth", "min_value": "1", "max_value": "9"}

    job = HyperParameterTuningJob.create(
        hyper_parameter_tuning_job_name="tuned",
        hyper_parameter_tuning_job_config={
            "strategy": "Random",
            "hyper_parameter_tuning_job_objective": {"type": "Maximize", "metric_name": "auc"},
            "resource_limits": {
                "max_number_of_training_jobs": 3,
                "max_parallel_training_jobs": 1,
            },
            "parameter_ranges": {"integer_parameter_ranges": [depth]},
        },
        training_job_definition=definition,
    )
    job.wait(poll=1, timeout=60)

    assert job.hyper_parameter_tuning_job_status == "Completed"
    best = job.best_training_job
    tuned = best.tuned_hyper_parameters["depth"]
    objective = best.final_hyper_parameter_tuning_job_objective_metric
    assert objective.value == pytest.approx(float(f"0.{tuned}"))
