import json
import os
import signal

import pytest

import local.server as server_module
from local import LocalCloud, LocalCloudError
from tests.cloud import eventually, messages_in
from tests.local import stacks
from tests.local.metrics import total

pytestmark = pytest.mark.local_cloud

ALARM = stacks.resource(
    "AWS::CloudWatch::Alarm",
    AlarmName="kept",
    Namespace="Kept",
    MetricName="M",
    Statistic="Sum",
    Period=86400,
    EvaluationPeriods=1,
    Threshold=1,
    ComparisonOperator="GreaterThanOrEqualToThreshold",
    TreatMissingData="ignore",
)
COPY = """
import boto3
def handle(event, context):
    for record in event["Records"]:
        boto3.client("s3").put_object(Bucket="kept", Key="out/" + record["body"], Body=b"x")
"""


def deploy(cloud: LocalCloud) -> None:
    versioned = {"Status": "Enabled"}
    stacks.apply(
        cloud,
        "kept",
        {
            "B": stacks.resource(
                "AWS::S3::Bucket", BucketName="kept", VersioningConfiguration=versioned
            ),
            "Idle": stacks.resource("AWS::SQS::Queue", QueueName="idle", VisibilityTimeout=2),
            "Q": stacks.resource("AWS::SQS::Queue", QueueName="work", VisibilityTimeout=2),
            "F": stacks.function("copy", COPY, ReservedConcurrentExecutions=2),
            "M": stacks.mapping("Q", "copy"),
            "A": ALARM,
        },
    )


def test_a_graceful_restart_loses_nothing(fresh_cloud: LocalCloud) -> None:
    deploy(fresh_cloud)
    s3, sqs = fresh_cloud.client("s3"), fresh_cloud.client("sqs")
    versions = [
        s3.put_object(Bucket="kept", Key="k", Body=body)["VersionId"] for body in (b"1", b"2")
    ]
    stacks.send(fresh_cloud, "idle", "in flight", "waiting")
    url = sqs.get_queue_url(QueueName="idle")["QueueUrl"]
    (taken,) = sqs.receive_message(QueueUrl=url)["Messages"]
    cloudwatch = fresh_cloud.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="Kept", MetricData=[{"MetricName": "M", "Value": 3}])

    def state() -> str:
        return str(cloudwatch.describe_alarms(AlarmNames=["kept"])["MetricAlarms"][0]["StateValue"])

    cloudwatch.set_alarm_state(AlarmName="kept", StateValue="ALARM", StateReason="a test")

    fresh_cloud.restart()

    assert [
        s3.get_object(Bucket="kept", Key="k", VersionId=v)["Body"].read() for v in versions
    ] == [
        b"1",
        b"2",
    ]
    assert messages_in(fresh_cloud, "idle") == 2
    bodies: list[str] = []

    def receive() -> bool:
        for message in sqs.receive_message(QueueUrl=url).get("Messages", []):
            bodies.append(message["Body"])
        return taken["Body"] in bodies

    eventually(receive, "the message in flight comes back after its visibility timeout")
    assert state() == "ALARM"
    assert total(fresh_cloud, "Kept", "M") == 3
    stacks.send(fresh_cloud, "work", "after")
    eventually(
        lambda: s3.list_objects_v2(Bucket="kept", Prefix="out/").get("KeyCount") == 1,
        "the mapping still feeds the function",
    )
    client = fresh_cloud.client("lambda")
    reserved = client.get_function_concurrency(FunctionName="copy")
    assert reserved["ReservedConcurrentExecutions"] == 2
    deploy_again = fresh_cloud.client("cloudformation").describe_stacks(StackName="kept")
    assert deploy_again["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"


def test_a_restart_in_the_middle_of_work_delivers_every_message(fresh_cloud: LocalCloud) -> None:
    deploy(fresh_cloud)
    s3 = fresh_cloud.client("s3")
    stacks.send(fresh_cloud, "work", *(f"{number:03}" for number in range(60)))

    fresh_cloud.restart()

    eventually(
        lambda: s3.list_objects_v2(Bucket="kept", Prefix="out/").get("KeyCount") == 60,
        "every message is handled",
        seconds=60,
    )
    eventually(lambda: messages_in(fresh_cloud, "work") == 0, "the queue is empty")


def test_a_custom_resource_that_never_answers_does_not_keep_the_cloud_from_ending(
    fresh_cloud: LocalCloud,
) -> None:
    arn = {"Fn::GetAtt": ["F", "Arn"]}
    resources = {
        "F": stacks.function("silent"),
        "C": stacks.resource("Custom::Silent", ServiceToken=arn),
    }
    fresh_cloud.client("cloudformation").create_stack(
        StackName="silent", TemplateBody=json.dumps({"Resources": resources})
    )
    eventually(lambda: fresh_cloud.lambda_workers("silent"), "the function was invoked")

    assert fresh_cloud.server.stop() is True


def test_a_restart_that_had_to_kill_says_that_the_data_is_lost(
    fresh_cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "STOP_SECONDS", 0.5)
    record = json.loads((fresh_cloud.server.state_dir / "server.json").read_text())
    os.kill(record["pid"], signal.SIGSTOP)

    with pytest.raises(LocalCloudError, match="what it held is lost"):
        fresh_cloud.restart()


def test_counts_of_receives_go_on_after_a_restart(fresh_cloud: LocalCloud) -> None:
    sqs = fresh_cloud.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    policy = json.dumps({"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 2})
    url = sqs.create_queue(
        QueueName="q", Attributes={"VisibilityTimeout": "0", "RedrivePolicy": policy}
    )["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.receive_message(QueueUrl=url)

    fresh_cloud.restart()

    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert messages_in(fresh_cloud, "dead") == 1


def test_a_killed_server_resumes_with_what_the_last_graceful_stop_saved(
    fresh_cloud: LocalCloud,
) -> None:
    s3 = fresh_cloud.client("s3")
    fresh_cloud.client("sqs").create_queue(QueueName="saved")
    s3.create_bucket(Bucket="bucket")
    fresh_cloud.restart()
    fresh_cloud.client("sqs").create_queue(QueueName="lost")
    s3.put_object(Bucket="bucket", Key="written since", Body=b"x")

    fresh_cloud.kill()
    fresh_cloud.resume()

    assert s3.get_object(Bucket="bucket", Key="written since")["Body"].read() == b"x"
    urls = fresh_cloud.client("sqs").list_queues()["QueueUrls"]
    assert [url.rpartition("/")[2] for url in urls] == ["saved"]
