import json
import uuid
from typing import Any

import botocore.exceptions
import pytest

from local import LocalCloud
from local.calls import Call
from local.environment import ACCOUNT, REGION
from local.processes import list_processes
from tests.cloud import eventually, receive_all
from tests.local import jobs, stacks
from tests.local.jobs import await_training, new_name

pytestmark = pytest.mark.local_cloud

CLIENT_ERROR = botocore.exceptions.ClientError
ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:"
GROUP = "/aws/sagemaker/TrainingJobs"


def test_a_job_runs_prints_into_its_log_and_leaves_its_model_in_s3(job_cloud: LocalCloud) -> None:
    client, name = job_cloud.client("sagemaker"), new_name("job")
    code = jobs.MODEL + "print('first'); print('auc=0.25')"

    created = client.create_training_job(**jobs.training(name, code))

    assert created["TrainingJobArn"] == f"{ARN}training-job/{name}"
    ended = await_training(job_cloud, name)
    assert ended["TrainingJobStatus"] == "Completed", ended.get("FailureReason")
    assert ended["FinalMetricDataList"][0]["Value"] == 0.25
    key = f"models/{name}/output/model.tar.gz"
    assert job_cloud.client("s3").head_object(Bucket=jobs.BUCKET, Key=key)["ContentLength"] > 0
    logs = job_cloud.client("logs")
    (stream,) = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=name)[
        "logStreams"
    ]
    events = logs.get_log_events(
        logGroupName=GROUP, logStreamName=stream["logStreamName"], startFromHead=True
    )["events"]
    assert [event["message"] for event in events][:2] == ["first", "auc=0.25"]


def test_changes_of_state_are_events_on_the_default_bus(job_cloud: LocalCloud) -> None:
    name = new_name("event")
    url = job_cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    rules = job_cloud.client("events")
    detail = {"TrainingJobName": [name], "TrainingJobStatus": ["Completed"]}
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Training Job State Change"],
        "detail": detail,
    }
    rules.put_rule(Name=name, EventPattern=json.dumps(pattern))
    target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    rules.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": target}])

    job_cloud.client("sagemaker").create_training_job(**jobs.training(name))

    assert url.endswith(name)
    (event,) = eventually(lambda: receive_all(job_cloud, name), "the event arrives")
    assert event["resources"] == [f"{ARN}training-job/{name}"]
    assert event["detail"]["TrainingJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("operation", "parameters", "code", "message"),
    [
        ("describe_training_job", {"TrainingJobName": "absent"}, "ValidationException",
         "Requested resource not found"),
        ("describe_hyper_parameter_tuning_job", {"HyperParameterTuningJobName": "absent"},
         "ResourceNotFound", "absent"),
        ("create_training_job", jobs.training("not_a_name"), "ValidationException",
         "Member must satisfy regular expression pattern"),
        ("list_domains", {}, "NotImplementedException", "ListDomains"),
    ],
)  # fmt: skip
def test_errors_come_as_any_client_of_aws_expects_them(
    job_cloud: LocalCloud, operation: str, parameters: dict[str, Any], code: str, message: str
) -> None:
    client = job_cloud.client("sagemaker")

    with pytest.raises(CLIENT_ERROR) as raised:
        getattr(client, operation)(**parameters)

    assert raised.value.response["Error"]["Code"] == code
    assert message in raised.value.response["Error"]["Message"]
    headers = raised.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-errortype"] == code


def test_a_running_job_keeps_nobody_waiting_and_can_be_stopped(job_cloud: LocalCloud) -> None:
    client, name = job_cloud.client("sagemaker"), new_name("endless")
    client.create_training_job(**jobs.training(name, jobs.ENDLESS))

    job_cloud.client("s3").list_buckets()
    client.stop_training_job(TrainingJobName=name)

    assert await_training(job_cloud, name)["TrainingJobStatus"] == "Stopped"


def test_what_functions_ask_of_sagemaker_and_jobs_of_s3_is_recorded(
    job_cloud: LocalCloud,
) -> None:
    s3, name = job_cloud.client("s3"), new_name("asked")
    s3.put_object(Bucket=jobs.BUCKET, Key=f"{name}/data.csv", Body=b"x")
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{jobs.BUCKET}/{name}/"}
    channel = {"ChannelName": "data", "DataSource": {"S3DataSource": source}}
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    request = jobs.training(name, jobs.MODEL, RoleArn=role, InputDataConfig=[channel])
    handler = (
        "import boto3\n"
        "def handle(event, context):\n"
        "    boto3.client('sagemaker').create_training_job(**event)\n"
    )
    function = stacks.function(name, handler)  # its role is called any
    stacks.apply(job_cloud, name, {"F": function})

    assert stacks.invoke(job_cloud, name, request) is None

    assert await_training(job_cloud, name)["TrainingJobStatus"] == "Completed"
    objects = f"arn:aws:s3:::{jobs.BUCKET}"
    assert {
        Call("any", "sagemaker:CreateTrainingJob", f"{ARN}training-job/{name}"),
        Call("any", "iam:PassRole", role),
        Call(name, "s3:ListBucket", objects),
        Call(name, "s3:GetObject", f"{objects}/{name}/data.csv"),
        Call(name, "s3:PutObject", f"{objects}/models/{name}/output/model.tar.gz"),
    } <= job_cloud.calls()


def test_a_permission_that_is_taken_away_fails_the_job_with_its_name(
    fresh_cloud: LocalCloud,
) -> None:
    fresh_cloud.client("s3").create_bucket(Bucket=jobs.BUCKET)
    iam = fresh_cloud.client("iam")
    iam.create_role(RoleName="job", AssumeRolePolicyDocument="{}")
    objects = f"arn:aws:s3:::{jobs.BUCKET}/*"
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "s3:Put*", "Resource": objects}],
    }
    iam.put_role_policy(RoleName="job", PolicyName="deny", PolicyDocument=json.dumps(policy))

    fresh_cloud.client("sagemaker").create_training_job(**jobs.training("denied", jobs.MODEL))

    ended = await_training(fresh_cloud, "denied")
    assert ended["TrainingJobStatus"] == "Failed"
    assert "s3:PutObject" in ended["FailureReason"]


def test_an_image_that_nothing_stands_for_fails_the_job(job_cloud: LocalCloud) -> None:
    name = new_name("image")
    request = jobs.training(name)
    request["AlgorithmSpecification"]["TrainingImage"] = "example.com/unknown:1"

    job_cloud.client("sagemaker").create_training_job(**request)

    ended = await_training(job_cloud, name)
    assert ended["TrainingJobStatus"] == "Failed"
    assert "Cannot pull algorithm container" in ended["FailureReason"]


def test_a_restart_keeps_what_was_and_says_that_a_job_was_interrupted(
    fresh_cloud: LocalCloud,
) -> None:
    client = fresh_cloud.client("sagemaker")
    client.create_model_package_group(ModelPackageGroupName="group")
    mark = start_endless_job(fresh_cloud, "endless")

    fresh_cloud.restart()

    assert client.list_model_package_groups()["ModelPackageGroupSummaryList"]
    ended = await_training(fresh_cloud, "endless")
    assert ended["TrainingJobStatus"] == "Failed"
    assert "while this was going on" in ended["FailureReason"]
    assert not processes_with(mark)


def test_jobs_die_with_the_cloud_however_it_ends(fresh_cloud: LocalCloud) -> None:
    mark = start_endless_job(fresh_cloud, "orphan")

    fresh_cloud.kill()

    eventually(lambda: not processes_with(mark), "the job has ended")


def start_endless_job(cloud: LocalCloud, name: str) -> str:
    """Return what the commands of the job's processes contain, once they run."""
    mark = f"# {uuid.uuid4()}"
    request = jobs.training(name, f"{jobs.ENDLESS}  {mark}")
    cloud.client("sagemaker").create_training_job(**request)
    eventually(lambda: processes_with(mark), "the job's program runs")
    return mark


def processes_with(mark: str) -> list[int]:
    return [each.pid for each in list_processes() if mark in each.command]


def test_starting_empty_forgets_all_jobs(fresh_cloud: LocalCloud) -> None:
    client = fresh_cloud.client("sagemaker")
    client.create_training_job(**jobs.training("gone"))
    await_training(fresh_cloud, "gone")
    server = fresh_cloud.server
    fresh_cloud.stop()

    with LocalCloud.start(port=server.port, state_dir=server.state_dir) as again:
        assert again.client("sagemaker").list_training_jobs()["TrainingJobSummaries"] == []
