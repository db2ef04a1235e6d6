"""What watching a job takes: its log while it runs, apart from others', and one watch per name."""

import pytest

from local import LocalCloud
from local.calls import Call
from local.environment import ACCOUNT, REGION
from tests.cloud import eventually
from tests.local import jobs, machines, stacks
from tests.local.jobs import new_name
from tests.local.machines import end

pytestmark = pytest.mark.local_cloud

GROUP = "/aws/sagemaker/TrainingJobs"
# What a program prints stays in its memory until it says so, or until there is a lot of it.
TALKATIVE = "import time; print('[0]\\tauc:0.5', flush=True); time.sleep(600)"


def logged(cloud: LocalCloud, prefix: str) -> list[str]:
    found = cloud.client("logs").filter_log_events(logGroupName=GROUP, logStreamNamePrefix=prefix)
    return [event["message"] for event in found["events"]]


def test_a_jobs_lines_can_be_read_while_it_runs(job_cloud: LocalCloud) -> None:
    name = new_name("talks")
    client = job_cloud.client("sagemaker")
    client.create_training_job(**jobs.training(f"{name}-1", "print('another')"))
    jobs.await_training(job_cloud, f"{name}-1")
    client.create_training_job(**jobs.training(name, TALKATIVE))

    eventually(lambda: logged(job_cloud, f"{name}/"), f"{name} has logged")

    assert logged(job_cloud, f"{name}/") == ["[0]\tauc:0.5"]
    assert client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"
    assert sorted(logged(job_cloud, name)) == ["[0]\tauc:0.5", "another"]
    assert logged(job_cloud, f"{name}-2/") == []
    client.stop_training_job(TrainingJobName=name)
    assert jobs.await_training(job_cloud, name)["TrainingJobStatus"] == "Stopped"


def test_a_group_that_nobody_has_logged_to_is_not_found(fresh_cloud: LocalCloud) -> None:
    client = fresh_cloud.client("logs")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.filter_log_events(logGroupName=GROUP, logStreamNamePrefix="any/")


def test_an_execution_is_begun_once_by_its_name(shared_cloud: LocalCloud) -> None:
    first = machines.start(shared_cloud, {"W": end("Wait", Seconds=60)})
    client = shared_cloud.client("stepfunctions")
    found = client.describe_execution(executionArn=first)

    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(stateMachineArn=found["stateMachineArn"], name=found["name"])
    machines.await_end(shared_cloud, first)
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(stateMachineArn=found["stateMachineArn"], name=found["name"])


def test_reading_a_groups_log_is_recorded_as_iam_names_it(fresh_cloud: LocalCloud) -> None:
    code = f"""
import boto3

def handle(event, context):
    client = boto3.client("logs")
    try:
        client.filter_log_events(logGroupName="{GROUP}", logStreamNamePrefix="any/")
    except client.exceptions.ResourceNotFoundException:
        pass
"""
    stacks.apply(fresh_cloud, "reading", {"Function": stacks.function("reader", code)})
    stacks.invoke(fresh_cloud, "reader", {})

    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"
    assert Call("any", "logs:FilterLogEvents", f"{group}:log-stream:") in fresh_cloud.calls()
