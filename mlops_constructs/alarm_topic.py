"""The topic that every alarm tells."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from mlops_constructs.acknowledgements import acknowledge
from mlops_constructs.alarms import PERIOD, Runbook, alarm_when_any
from mlops_constructs.encryption import READ, WRITE, allow_service, create_key
from mlops_constructs.queue_settings import PARKING_RETENTION_SECONDS
from mlops_constructs.queues import allow_sending

SNS = "sns.amazonaws.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmTopicProps:
    """Inputs of `AlarmTopic`.

    Attributes:
        email: Address to tell; None for none.
        removal_policy: What becomes of key and queue when the stack is deleted.
    """

    email: str | None
    removal_policy: cdk.RemovalPolicy


class AlarmTopic(Construct):
    """An encrypted topic that CloudWatch alarms of this account, and nobody else, publish to.

    Attributes:
        topic: The topic.
        key: Encrypts what it is told.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: AlarmTopicProps) -> None:
        super().__init__(scope, construct_id)
        self.key = create_key(
            self,
            "Key",
            description="Alarms on their way to people",
            removal_policy=props.removal_policy,
        )
        self.topic = sns.Topic(self, "Topic", master_key=self.key, enforce_ssl=True)
        self._allow_alarms()
        if props.email is not None:
            self._subscribe(props.email, props.removal_policy)

    def _allow_alarms(self) -> None:
        alarms = cdk.Stack.of(self).format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name="*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        service = "cloudwatch.amazonaws.com"
        allow_service(self.key, service, actions=READ + WRITE, source_arn=alarms)
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": alarms},
                },
            )
        )

    def _subscribe(self, email: str, removal_policy: cdk.RemovalPolicy) -> None:
        undelivered = sqs.Queue(
            self,
            "Undelivered",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self.key,
            enforce_ssl=True,
            receive_message_wait_time=cdk.Duration.seconds(20),
            retention_period=cdk.Duration.seconds(PARKING_RETENTION_SECONDS),
            removal_policy=removal_policy,
        )
        for rule in ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"):
            acknowledge(
                undelivered,
                rule,
                reason="It is the dead-letter queue of a subscription; nothing consumes it.",
            )
        # The topic's own ARN would be a cycle: the topic needs the key.
        topics = cdk.Stack.of(self).format_arn(service="sns", resource="*")
        allow_service(self.key, SNS, actions=READ + WRITE, source_arn=topics)
        allow_sending(undelivered, SNS, source_arn=self.topic.topic_arn)
        # Not the L2: it would let in the topic without naming the account.
        sns.CfnSubscription(
            self,
            "Subscription",
            topic_arn=self.topic.topic_arn,
            protocol="email",
            endpoint=email,
            redrive_policy={"deadLetterTargetArn": undelivered.queue_arn},
        )
        alarm_when_any(
            self,
            "UndeliveredAlarm",
            metric=undelivered.metric_approximate_number_of_messages_visible(
                period=PERIOD, statistic="Maximum"
            ),
            description="SNS could not deliver an alarm: check the topic's subscriptions.",
            runbook=Runbook.UNDELIVERED,
            topic=self.topic,
        )
