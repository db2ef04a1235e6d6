import json
from collections.abc import Iterator

import pytest

from local import LocalCloud
from local.calls import Call
from local.environment import ACCOUNT, REGION
from tests.cloud import eventually
from tests.local import jobs, machines
from tests.local.jobs import new_name
from tests.local.machines import caught, output_of, run, task, train

pytestmark = pytest.mark.local_cloud
ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:"
RULES = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/StepFunctionsGetEventsForSageMaker"
QUEUE_LIMIT = 100


def test_a_training_is_awaited_and_its_description_is_the_result(job_cloud: LocalCloud) -> None:
    name = new_name("train")
    request = jobs.training(name, jobs.MODEL + "print('auc=0.75')")

    output = output_of(job_cloud, {"T": train(request)})

    assert output["TrainingJobStatus"] == "Completed"
    assert output["ModelArtifacts"]["S3ModelArtifacts"].endswith(f"{name}/output/model.tar.gz")
    assert output["FinalMetricDataList"][0]["Value"] == 0.75
    # Milliseconds since the epoch, as optimized integrations have it.
    assert isinstance(output["CreationTime"], int)
    assert output["CreationTime"] > 1e12


def test_a_processing_job_and_a_tuning_are_awaited_too(job_cloud: LocalCloud) -> None:
    processing, tuning = new_name("process"), new_name("tune")
    states = {
        "P": task(
            "sagemaker:createProcessingJob.sync", jobs.processing(processing), Next="T",
            ResultPath="$.processing",
        ),
        "T": task(
            "sagemaker:createHyperParameterTuningJob.sync",
            jobs.tuning(job_cloud, tuning, "print('auc=0.5')"), ResultPath="$.tuning",
        ),
    }  # fmt: skip

    output = output_of(job_cloud, states)

    assert output["processing"]["ProcessingJobStatus"] == "Completed"
    assert output["tuning"]["HyperParameterTuningJobStatus"] == "Completed"
    assert output["tuning"]["TrainingJobStatusCounters"]["Completed"] == 2


@pytest.fixture
def model(job_cloud: LocalCloud) -> Iterator[str]:
    """A model that answers `any to <request>`, and data for it below `asked/`."""
    client, s3, name = job_cloud.client("sagemaker"), job_cloud.client("s3"), new_name("model")
    files = {"answer": "any", "code/inference.py": jobs.SERVING}
    s3.put_object(Bucket=jobs.BUCKET, Key=f"{name}.tar.gz", Body=jobs.archive(files))
    s3.put_object(Bucket=jobs.BUCKET, Key="asked/1.csv", Body=b"a\nb\n")
    client.create_model(
        ModelName=name,
        ExecutionRoleArn=jobs.ROLE,
        PrimaryContainer=jobs.container(f"s3://{jobs.BUCKET}/{name}.tar.gz"),
    )
    yield name
    client.delete_model(ModelName=name)


def test_a_transform_job_is_awaited_too(job_cloud: LocalCloud, model: str) -> None:
    name = new_name("transform")
    request = jobs.transform(name, model)

    output = output_of(job_cloud, {"T": task("sagemaker:createTransformJob.sync", request)})

    assert output["TransformJobStatus"] == "Completed"
    assert isinstance(output["TransformEndTime"], int)
    found = job_cloud.client("s3").get_object(Bucket=jobs.BUCKET, Key=f"{name}/1.csv.out")
    assert found["Body"].read() == b"any to a\nany to b\n"
    job = f"{ARN}transform-job/{name}"
    expected = {
        "sagemaker:CreateTransformJob": job,
        "sagemaker:DescribeTransformJob": job,
        "sagemaker:ListTags": job,
        "events:PutRule": f"{RULES}TransformJobsRule",
    }
    assert {Call("machine", *pair) for pair in expected.items()} <= job_cloud.calls()


def test_a_job_that_fails_is_a_failed_task_whose_cause_is_its_description(
    job_cloud: LocalCloud,
) -> None:
    name = new_name("fails")

    error = caught(job_cloud, train(jobs.training(name, jobs.FAILING)))

    assert error["Error"] == "States.TaskFailed"
    cause = json.loads(error["Cause"])
    assert (cause["TrainingJobName"], cause["TrainingJobStatus"]) == (name, "Failed")
    assert "no such luck" in cause["FailureReason"]


def test_a_request_that_is_wrong_has_the_name_of_all_unmodelled_errors(
    job_cloud: LocalCloud,
) -> None:
    error = caught(job_cloud, train(jobs.training("not_a_name")))

    assert error["Error"] == "SageMaker.AmazonSageMakerException"
    assert "'trainingJobName' failed to satisfy constraint" in error["Cause"]
    assert "Status Code: 400; Error Code: ValidationException" in error["Cause"]


def test_a_name_in_use_is_retried_with_another_one(job_cloud: LocalCloud) -> None:
    stem = new_name("named")
    job_cloud.client("sagemaker").create_training_job(**jobs.training(f"{stem}-0"))
    request = jobs.training(stem)
    del request["TrainingJobName"]
    request["TrainingJobName.$"] = f"States.Format('{stem}-{{}}', $$.State.RetryCount)"
    errors = ["SageMaker.ResourceInUseException"]
    retry = [{"ErrorEquals": errors, "MaxAttempts": 1, "JitterStrategy": "FULL"}]

    assert output_of(job_cloud, {"T": train(request, Retry=retry)})["TrainingJobName"] == (
        f"{stem}-1"
    )


def test_a_creation_that_is_throttled_is_retried_until_there_is_room(
    fresh_cloud: LocalCloud,
) -> None:
    client = fresh_cloud.client("sagemaker")
    names = [f"full-{number}" for number in range(QUEUE_LIMIT)]
    for name in names:
        client.create_training_job(**jobs.training(name, jobs.ENDLESS))
    limit = ["SageMaker.ResourceLimitExceededException"]
    retry = [{"ErrorEquals": limit, "IntervalSeconds": 30, "BackoffRate": 1, "MaxAttempts": 99}]
    state = train(jobs.training("patient"), sync=False, Retry=retry)
    execution = machines.start(fresh_cloud, {"T": state})

    def was_refused() -> bool:
        history = machines.events(fresh_cloud, execution)
        errors = [
            e["taskFailedEventDetails"]["error"] for e in history if e["type"] == "TaskFailed"
        ]
        return errors[:1] == limit

    eventually(was_refused, "the first attempt is refused")
    client.stop_training_job(TrainingJobName=names[-1])

    assert machines.await_end(fresh_cloud, execution)["status"] == "SUCCEEDED"


def test_the_history_tells_which_job_was_made(job_cloud: LocalCloud) -> None:
    name = new_name("told")

    ended = run(job_cloud, {"T": train(jobs.training(name))})

    history = {e["type"]: e for e in machines.events(job_cloud, ended["executionArn"])}
    scheduled = history["TaskScheduled"]["taskScheduledEventDetails"]
    assert scheduled["resourceType"] == "sagemaker"
    assert scheduled["resource"] == "createTrainingJob.sync"
    assert json.loads(scheduled["parameters"])["TrainingJobName"] == name
    submitted = json.loads(history["TaskSubmitted"]["taskSubmittedEventDetails"]["output"])
    assert submitted == {"TrainingJobArn": f"{ARN}training-job/{name}"}


def test_the_sdk_integration_describes_with_times_as_text_and_names_errors_its_own_way(
    job_cloud: LocalCloud,
) -> None:
    name = new_name("described")
    describe = task("aws-sdk:sagemaker:describeTrainingJob", {"TrainingJobName": name})
    states = {
        "T": train(jobs.training(name), Next="D", ResultPath=None),
        "D": describe,
    }

    output = output_of(job_cloud, states)

    assert output["TrainingJobStatus"] == "Completed"
    assert output["CreationTime"].endswith("Z")
    absent = describe | {"Parameters": {"TrainingJobName": "absent"}}
    assert caught(job_cloud, absent)["Error"] == "SageMaker.SageMakerException"
    tuning = {"HyperParameterTuningJobName": "absent"}
    absent = task("aws-sdk:sagemaker:describeHyperParameterTuningJob", tuning)
    assert caught(job_cloud, absent)["Error"] == "SageMaker.ResourceNotFoundException"


def test_what_a_job_needs_is_recorded_under_the_role_of_the_state_machine(
    job_cloud: LocalCloud,
) -> None:
    name = new_name("recorded")
    request = jobs.training(name, Tags=[{"Key": "k", "Value": "v"}])

    run(job_cloud, {"T": train(request)})

    job = f"{ARN}training-job/{name}"
    expected = {
        "sagemaker:CreateTrainingJob": job,
        "sagemaker:DescribeTrainingJob": job,
        "sagemaker:AddTags": job,
        "sagemaker:ListTags": job,
        "iam:PassRole": jobs.ROLE,
        "events:PutRule": f"{RULES}TrainingJobsRule",
        "events:PutTargets": f"{RULES}TrainingJobsRule",
        "events:DescribeRule": f"{RULES}TrainingJobsRule",
    }
    assert {Call("machine", *pair) for pair in expected.items()} <= job_cloud.calls()


def test_a_permission_taken_away_from_the_state_machine_is_told(fresh_cloud: LocalCloud) -> None:
    iam = fresh_cloud.client("iam")
    iam.create_role(RoleName="machine", AssumeRolePolicyDocument="{}")
    deny = {"Effect": "Deny", "Action": "sagemaker:CreateTrainingJob", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    iam.put_role_policy(RoleName="machine", PolicyName="deny", PolicyDocument=policy)

    error = caught(fresh_cloud, train(jobs.training("denied")))

    assert error["Error"] == "SageMaker.AmazonSageMakerException"
    assert "not authorized to perform: sagemaker:CreateTrainingJob on resource" in error["Cause"]
    assert "Error Code: AccessDeniedException" in error["Cause"]
