"""Two small stacks with every resource type and property that the adapter has a seam for."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notifications
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

HANDLER = Path(__file__).with_name("handler.py").read_text()


class Storage(cdk.Stack):
    """A versioned bucket, apart from those it notifies."""

    def __init__(self, scope: cdk.App) -> None:
        super().__init__(scope, "probe-storage")
        self.bucket = s3.Bucket(self, "Raw", versioned=True)


class Pipeline(cdk.Stack):
    """Bucket -> queue -> function -> table, dead letters -> archive, alarms -> topic -> queue."""

    def __init__(self, scope: cdk.App, *, bucket: s3.IBucket) -> None:
        super().__init__(scope, "probe-pipeline")
        parking = sqs.Queue(self, "Parking", queue_name="probe-parking")
        dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            queue_name="probe-dead-letters",
            visibility_timeout=cdk.Duration.seconds(2),
            dead_letter_queue=sqs.DeadLetterQueue(queue=parking, max_receive_count=2),
        )
        source = sqs.Queue(
            self,
            "Source",
            queue_name="probe-source",
            visibility_timeout=cdk.Duration.seconds(6),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=3),
        )
        imported = s3.Bucket.from_bucket_arn(self, "Imported", bucket.bucket_arn)
        imported.add_event_notification(
            s3.EventType.OBJECT_CREATED,
            notifications.SqsDestination(source),
            s3.NotificationKeyFilter(prefix="landing/"),
        )
        table = dynamodb.TableV2(
            self,
            "Seen",
            table_name="probe-seen",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        )
        self._add_function(source, table, bucket)
        self._add_alarms(dead_letters)

    def _add_function(self, source: sqs.Queue, table: dynamodb.ITable, bucket: s3.IBucket) -> None:
        function = lambda_.Function(
            self,
            "Worker",
            function_name="probe-worker",
            code=lambda_.Code.from_inline(HANDLER),
            handler="index.handle",
            runtime=lambda_.Runtime.PYTHON_3_13,
            timeout=cdk.Duration.seconds(5),
            reserved_concurrent_executions=4,
            environment={"TABLE": table.table_name},
        )
        table.grant_read_write_data(function)
        bucket.grant_read(function)
        function.add_event_source(
            event_sources.SqsEventSource(
                source, batch_size=10, max_concurrency=3, report_batch_item_failures=True
            )
        )

    def _add_alarms(self, dead_letters: sqs.Queue) -> None:
        topic = sns.Topic(self, "Alarms", topic_name="probe-alarms")
        inbox = sqs.Queue(self, "Inbox", queue_name="probe-inbox")
        topic.add_subscription(subscriptions.SqsSubscription(inbox, raw_message_delivery=True))
        received = cloudwatch.Alarm(
            self,
            "DeadLetterReceived",
            alarm_name="probe-dead-letter",
            metric=dead_letters.metric_number_of_messages_received(
                period=cdk.Duration.minutes(1), statistic="Sum"
            ),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=(cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD),
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        received.add_alarm_action(actions.SnsAction(topic))
        received.add_ok_action(actions.SnsAction(topic))
        cloudwatch.Alarm(
            self,
            "Share",
            alarm_name="probe-share",
            metric=cloudwatch.MathExpression(
                expression="IF(FILL(total, 0) > 0, 100 * FILL(bad, 0) / total, 0)",
                using_metrics={
                    "bad": cloudwatch.Metric(namespace="Probe", metric_name="Bad", statistic="Sum"),
                    "total": cloudwatch.Metric(
                        namespace="Probe", metric_name="Total", statistic="Sum"
                    ),
                },
                period=cdk.Duration.minutes(1),
            ),
            threshold=50,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


app = cdk.App()
storage = Storage(app)
Pipeline(app, bucket=storage.bucket)
app.synth()
