"""Jobs in workflows that are cut short: what stops them, and what the execution says of it."""

import json

import pytest

from local import LocalCloud
from tests.cloud import eventually
from tests.local import jobs, machines
from tests.local.jobs import await_creation, new_name
from tests.local.machines import CATCH, end, run, train

pytestmark = pytest.mark.local_cloud


def status_of(cloud: LocalCloud, name: str) -> str:
    client = cloud.client("sagemaker")
    return str(client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"])


def test_a_task_out_of_time_stops_its_job_while_the_execution_goes_on(
    job_cloud: LocalCloud,
) -> None:
    name = new_name("late")
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "Go on"}]
    state = train(jobs.training(name, jobs.ENDLESS), TimeoutSeconds=1, Catch=catch)
    execution = machines.start(job_cloud, {"T": state, "Go on": end("Wait", Seconds=86400)})
    await_creation(job_cloud, name)

    assert jobs.await_training(job_cloud, name)["TrainingJobStatus"] == "Stopped"
    client = job_cloud.client("stepfunctions")
    assert client.describe_execution(executionArn=execution)["status"] == "RUNNING"
    client.stop_execution(executionArn=execution)


def test_a_stopped_execution_stops_its_job(job_cloud: LocalCloud) -> None:
    name = new_name("stopped")
    states = {"T": train(jobs.training(name, jobs.ENDLESS), Catch=CATCH), "Caught": end()}
    execution = machines.start(job_cloud, states)

    def is_submitted() -> bool:
        return "TaskSubmitted" in [e["type"] for e in machines.events(job_cloud, execution)]

    eventually(is_submitted, "the job is created")
    job_cloud.client("stepfunctions").stop_execution(executionArn=execution)

    assert jobs.await_training(job_cloud, name)["TrainingJobStatus"] == "Stopped"
    assert machines.await_end(job_cloud, execution)["status"] == "ABORTED"


def test_a_stopped_execution_makes_no_further_job(job_cloud: LocalCloud) -> None:
    stem, client = new_name("no-more"), job_cloud.client("sagemaker")
    client.create_training_job(**jobs.training(f"{stem}-0"))
    request = jobs.training(stem)
    del request["TrainingJobName"]
    request["TrainingJobName.$"] = f"States.Format('{stem}-{{}}', $$.State.RetryCount)"
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 3000}]
    execution = machines.start(job_cloud, {"T": train(request, Retry=retry)})

    def is_refused() -> bool:
        return "TaskFailed" in [e["type"] for e in machines.events(job_cloud, execution)]

    eventually(is_refused, "it waits for its retry")
    job_cloud.client("stepfunctions").stop_execution(executionArn=execution)

    # The next run would overtake whatever the stopped one still had to do.
    run(job_cloud, {"W": end("Wait", Seconds=60)})
    found = client.list_training_jobs(NameContains=stem)["TrainingJobSummaries"]
    assert [each["TrainingJobName"] for each in found] == [f"{stem}-0"]


def test_a_restart_ends_an_execution_without_running_its_catcher(fresh_cloud: LocalCloud) -> None:
    states = {"T": train(jobs.training("cut", jobs.ENDLESS), Catch=CATCH), "Caught": end()}
    execution = machines.start(fresh_cloud, states)
    await_creation(fresh_cloud, "cut")

    fresh_cloud.restart()

    assert machines.await_end(fresh_cloud, execution)["error"] == "States.ServiceRestart"
    entered = [e["type"] for e in machines.events(fresh_cloud, execution)]
    assert "PassStateEntered" not in entered
    assert status_of(fresh_cloud, "cut") == "Failed"


def test_a_job_that_somebody_stops_is_a_failed_task(job_cloud: LocalCloud) -> None:
    name = new_name("ended")
    states = {"T": train(jobs.training(name, jobs.ENDLESS), Catch=CATCH), "Caught": end()}
    execution = machines.start(job_cloud, states)
    await_creation(job_cloud, name)

    job_cloud.client("sagemaker").stop_training_job(TrainingJobName=name)

    error = json.loads(machines.await_end(job_cloud, execution)["output"])["error"]
    assert error["Error"] == "States.TaskFailed"
    assert json.loads(error["Cause"])["TrainingJobStatus"] == "Stopped"
