"""What guards an update of an endpoint: its metrics, its alarms, and what the stack says of it."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from local import LocalCloud
from local.calls import Call
from local.environment import ACCOUNT, REGION
from tests.cloud import eventually, receive_all
from tests.local import jobs
from tests.local.guarded_endpoint import ALARM, NAME, Asking, Guarded

pytestmark = pytest.mark.local_cloud

CODES = {
    "good": jobs.SERVING,
    "better": jobs.SERVING,
    "failing": jobs.SERVING.replace('    return f"{model}', '    raise OSError("no")  # f"{model}'),
    "broken": "raise OSError('the model is broken')\n",
}


@pytest.fixture(scope="module")
def guarded(job_cloud: LocalCloud) -> Iterator[Guarded]:
    """The stack, with a good model."""
    s3 = job_cloud.client("s3")
    for name, code in CODES.items():
        files = {"answer": name, "code/inference.py": code}
        s3.put_object(Bucket=jobs.BUCKET, Key=f"{name}.tar.gz", Body=jobs.archive(files))
    made = Guarded(job_cloud)
    made.apply("good")
    yield made
    made.delete()


def test_a_good_model_takes_over_and_every_request_is_answered(guarded: Guarded) -> None:
    with Asking(guarded) as asking:
        guarded.apply("better", wait=120)

    assert asking.answers == {"good to x", "better to x"}
    assert guarded.ask() == "better to x"
    endpoint = guarded.endpoint
    assert endpoint["EndpointConfigName"] == guarded.wanted_config()
    assert endpoint["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert endpoint["LastDeploymentConfig"]["BlueGreenUpdatePolicy"][
        "MaximumExecutionTimeoutInSeconds"
    ] == 7200  # fmt: skip
    alarm = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{ALARM}"
    assert Call("job", "cloudwatch:DescribeAlarms", alarm) in guarded.cloud.calls()


def test_what_an_endpoint_measures_is_in_cloudwatch(guarded: Guarded) -> None:
    guarded.ask()
    cloudwatch = guarded.cloud.client("cloudwatch")
    dimensions = [
        {"Name": "EndpointName", "Value": NAME},
        {"Name": "VariantName", "Value": "champion"},
    ]

    def statistics(metric: str, **wanted: Any) -> Any:
        now = time.time()
        return cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker", MetricName=metric, Dimensions=dimensions,
            StartTime=now - 600, EndTime=now + 60, Period=60, **wanted,
        )["Datapoints"]  # fmt: skip

    def asked() -> bool:
        points = statistics("Invocations", Statistics=["Sum"])
        return any(point["Sum"] > 0 for point in points)

    eventually(asked, "the invocation is counted")
    latencies = statistics("ModelLatency", Statistics=["Average"])
    assert 0 < latencies[0]["Average"] < 60e6
    assert latencies[0]["Unit"] == "Microseconds"


def test_an_alarm_undoes_an_update_and_the_stack_calls_that_success(guarded: Guarded) -> None:
    """The trap: only a comparison of configurations tells that the old model serves."""
    serves = guarded.endpoint["EndpointConfigName"]
    answer = guarded.ask()

    with Asking(guarded) as asking:
        guarded.apply("failing", wait=3600)

    assert asking.answers == {answer, "ModelError"}
    assert guarded.state == ("UPDATE_COMPLETE", "failing")
    assert guarded.wanted_config() != serves
    endpoint = guarded.endpoint
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointConfigName"] == serves
    assert ALARM in endpoint["FailureReason"]
    assert guarded.ask() == answer
    # What still serves has to be there, though the stack has put another one in its place.
    client = guarded.cloud.client("sagemaker")
    assert client.describe_endpoint_config(EndpointConfigName=serves)
    eventually(guarded.is_calm, "the alarm is over")
    guarded.change()


def test_a_model_that_does_not_start_fails_the_stack_which_goes_back(guarded: Guarded) -> None:
    name = guarded.change()

    with pytest.raises(WaiterError):
        guarded.apply("broken")

    assert guarded.state == ("UPDATE_ROLLBACK_COMPLETE", name)
    assert guarded.endpoint["EndpointConfigName"] == guarded.wanted_config()
    assert guarded.ask() == f"{name} to x"


def test_steps_of_an_update_are_events(guarded: Guarded) -> None:
    queue, cloud = "deployment-steps", guarded.cloud
    cloud.client("sqs").create_queue(QueueName=queue)
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Endpoint Deployment State Change"],
        "detail": {"EndpointName": [NAME], "EndpointStatus": ["UPDATING"]},
    }
    cloud.client("events").put_rule(Name=queue, EventPattern=json.dumps(pattern))
    target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"
    cloud.client("events").put_targets(Rule=queue, Targets=[{"Id": "1", "Arn": target}])

    guarded.change()

    seen: list[Any] = []

    def has_baked() -> bool:
        seen.extend(receive_all(cloud, queue))
        return any(status_of(event) == "Baking" for event in seen)

    eventually(has_baked, "an event tells that the canary bakes")


def status_of(event: Any) -> str:
    (variant,) = event["detail"]["PendingDeploymentSummary"]["ProductionVariants"]
    return str(variant["VariantStatus"][0]["Status"])
