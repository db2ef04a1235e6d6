"""Files that land are announced to the queue of ingestion."""

from schemas.names import StackName
from tests.infrastructure.assembly import Assembly, Resource, target
from tests.infrastructure.test_queues import queues_of


def landing_queue(assembly: Assembly) -> Resource:
    return queues_of(assembly, StackName.INGESTION)[0]


def test_new_objects_under_landing_are_announced_to_the_queue(assembly: Assembly) -> None:
    (notification,) = assembly.resources("Custom::S3BucketNotifications")
    (configuration,) = notification.properties["NotificationConfiguration"]["QueueConfigurations"]
    queue = landing_queue(assembly)
    assert target(configuration["QueueArn"]) == queue.logical_id
    assert configuration["Events"] == ["s3:ObjectCreated:*"]
    rules = configuration["Filter"]["Key"]["FilterRules"]
    assert rules == [{"Name": "prefix", "Value": "landing/"}]


def test_the_notification_waits_for_the_permission_to_send(assembly: Assembly) -> None:
    """S3 sends a test message when it is set up, and refuses the set-up when that fails."""
    (notification,) = assembly.resources("Custom::S3BucketNotifications")
    queue = landing_queue(assembly)
    (policy,) = (
        policy.logical_id
        for policy in assembly.resources("AWS::SQS::QueuePolicy")
        if queue.logical_id in map(target, policy.properties["Queues"])
    )
    assert policy in notification.body["DependsOn"]
