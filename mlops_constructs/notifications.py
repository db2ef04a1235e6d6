"""S3 notifications to a queue, with the conditions that CDK's `SqsDestination` leaves out."""

import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk.interfaces.aws_s3 import IBucketRef
from constructs import Construct

from mlops_constructs.encryption import READ, WRITE, allow_service
from mlops_constructs.queues import allow_sending

S3 = "s3.amazonaws.com"


@jsii.implements(s3.IBucketNotificationDestination)
class QueueDestination:
    """A queue, encrypted with a customer-managed key, that one bucket may send to.

    Queue and key both demand the bucket's ARN and the account.
    """

    def __init__(self, queue: sqs.Queue) -> None:
        self._queue = queue

    def bind(self, scope: Construct, bucket: IBucketRef) -> s3.BucketNotificationDestinationConfig:
        """Allow `bucket` to send; called by CDK."""
        del scope
        key = self._queue.encryption_master_key
        if key is None:
            raise ValueError(
                f"{self._queue.node.path} must be encrypted with a customer-managed key, "
                "which can admit S3; the key that SQS manages cannot"
            )
        bucket_arn = bucket.bucket_ref.bucket_arn
        allow_service(key, S3, actions=READ + WRITE, source_arn=bucket_arn)
        allow_sending(self._queue, S3, source_arn=bucket_arn)
        return s3.BucketNotificationDestinationConfig(
            arn=self._queue.queue_arn,
            type=s3.BucketNotificationDestinationType.QUEUE,
            dependencies=[self._queue, key],
        )


def notify_queue(
    scope: Construct, construct_id: str, *, bucket: s3.IBucket, queue: sqs.Queue, prefix: str
) -> None:
    """Send a message to `queue` for every object created in `bucket` under `prefix`.

    Owns the bucket's whole notification configuration. The bucket belongs to another stack, so it
    is set by CDK's custom resource, whose role is ours: CDK's own carries a managed policy.

    Args:
        scope: Parent.
        construct_id: Id in `scope`.
        bucket: The bucket; only its ARN and name are used.
        queue: Where the messages go.
        prefix: Beginning of the keys.
    """
    reference = s3.Bucket.from_bucket_attributes(
        scope,
        construct_id,
        bucket_arn=bucket.bucket_arn,
        bucket_name=bucket.bucket_name,
        notifications_handler_role=_handler_role(scope, f"{construct_id}Role", bucket),
    )
    reference.add_event_notification(
        s3.EventType.OBJECT_CREATED,
        QueueDestination(queue),
        s3.NotificationKeyFilter(prefix=prefix),
    )


def _handler_role(scope: Construct, construct_id: str, bucket: s3.IBucket) -> iam.IRole:
    """Return the custom resource's role, closed to what CDK would add.

    It writes no logs: CloudFormation shows why it failed, and its log group would be unencrypted
    and kept for ever.
    """
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description=f"Sets the notifications of {bucket.node.id}",
        inline_policies={
            "Notifications": iam.PolicyDocument(
                statements=[
                    iam.PolicyStatement(
                        actions=["s3:GetBucketNotification", "s3:PutBucketNotification"],
                        resources=[bucket.bucket_arn],
                    )
                ]
            )
        },
    )
    return role.without_policy_updates()
