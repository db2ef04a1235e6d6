"""Targets of EventBridge rules; what cannot be delivered is kept, and an alarm says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mlops_constructs.acknowledgements import acknowledge
from mlops_constructs.alarms import PERIOD, Runbook, alarm_when_any
from mlops_constructs.encryption import READ, WRITE, allow_service
from mlops_constructs.python_function import PythonFunction
from mlops_constructs.queue_settings import PARKING_RETENTION_SECONDS
from mlops_constructs.queues import allow_sending

EVENTS = "events.amazonaws.com"
# EventBridge tries for a day by default; what is a day old must not surprise anybody.
MAX_AGE_SECONDS = 3600
MAX_RETRIES = 20


def admit_events(key: kms.Key) -> None:
    """Let EventBridge put undelivered events into queues that `key` encrypts.

    By their account, as the CDK's own targets do. That EventBridge tells a rule's ARN to the keys
    of queues is written nowhere, and of the keys of topics AWS says that it does not; a wrong guess
    would lose what could not be delivered.
    """
    allow_service(key, EVENTS, actions=READ + WRITE)


@dataclass(frozen=True, kw_only=True, slots=True)
class UndeliveredProps:
    """Inputs of `Undelivered`.

    Attributes:
        key: Encrypts the queue; see `admit_events`.
        topic: Told when something lies in it.
        removal_policy: What becomes of it when the stack is deleted.
    """

    key: kms.IKey
    topic: sns.ITopic
    removal_policy: cdk.RemovalPolicy


class Undelivered(Construct):
    """A queue for events that reached no target, or whose target failed; nothing consumes it.

    Attributes:
        queue: The queue.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: UndeliveredProps) -> None:
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=props.key,
            enforce_ssl=True,
            receive_message_wait_time=cdk.Duration.seconds(20),
            retention_period=cdk.Duration.seconds(PARKING_RETENTION_SECONDS),
            removal_policy=props.removal_policy,
        )
        for rule in ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"):
            acknowledge(
                self.queue,
                rule,
                reason="It is the dead-letter queue of event targets; nothing consumes it.",
            )
        alarm_when_any(
            self,
            "Alarm",
            metric=self.queue.metric_approximate_number_of_messages_visible(
                period=PERIOD, statistic="Maximum"
            ),
            description="An event was not acted upon: read the queue's messages, mend the cause, "
            "then do by hand what they asked for.",
            runbook=Runbook.UNDELIVERED,
            topic=props.topic,
        )


def on_event(
    scope: Construct,
    construct_id: str,
    *,
    pattern: Mapping[str, Any],
    function: PythonFunction,
    undelivered: sqs.Queue,
    description: str,
) -> events.CfnRule:
    """Invoke `function` for every event that matches `pattern`.

    Args:
        scope: Parent.
        construct_id: Id in `scope`.
        pattern: As EventBridge takes it.
        function: Its failures, after Lambda's own two retries, go to `undelivered`, too.
        undelivered: Takes what could not be delivered.
        description: Shown in the console.
    """
    target = {"id": "Function", "arn": function.function.function_arn}
    rule = _rule(scope, construct_id, undelivered, target, description, event_pattern=pattern)
    lambda_.CfnPermission(
        scope,
        f"{construct_id}Permission",
        action="lambda:InvokeFunction",
        function_name=function.function.function_name,
        principal=EVENTS,
        # It holds the account. EventBridge does not invoke what also insists on `SourceAccount`:
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
        source_arn=rule.attr_arn,
    )
    _keep_failures(function, undelivered, f"{construct_id}Failures")
    return rule


def on_schedule(
    scope: Construct,
    construct_id: str,
    *,
    every: cdk.Duration,
    state_machine: sfn.IStateMachine,
    execution_input: Mapping[str, Any],
    undelivered: sqs.Queue,
    description: str,
) -> events.CfnRule:
    """Begin an execution of `state_machine` again and again.

    Args:
        scope: Parent.
        construct_id: Id in `scope`.
        every: Time between two executions.
        state_machine: What is executed.
        execution_input: Its input.
        undelivered: Takes what could not be delivered.
        description: Shown in the console.
    """
    target = {
        **_execution_of(scope, construct_id, state_machine, description),
        "input": cdk.Stack.of(scope).to_json_string(dict(execution_input)),
    }
    schedule = events.Schedule.rate(every).expression_string
    return _rule(
        scope, construct_id, undelivered, target, description, schedule_expression=schedule
    )


def on_event_begin(
    scope: Construct,
    construct_id: str,
    *,
    pattern: Mapping[str, Any],
    state_machine: sfn.IStateMachine,
    undelivered: sqs.Queue,
    description: str,
) -> events.CfnRule:
    """Begin an execution of `state_machine` with each event that matches `pattern`.

    Args:
        scope: Parent.
        construct_id: Id in `scope`.
        pattern: As EventBridge takes it.
        state_machine: What is executed; its input is the event.
        undelivered: Takes what could not be delivered.
        description: Shown in the console.
    """
    target = _execution_of(scope, construct_id, state_machine, description)
    return _rule(scope, construct_id, undelivered, target, description, event_pattern=pattern)


def _execution_of(
    scope: Construct, construct_id: str, state_machine: sfn.IStateMachine, description: str
) -> dict[str, Any]:
    """Return the target that begins executions, with a role of its own."""
    role = iam.Role(
        scope,
        f"{construct_id}Role",
        assumed_by=iam.ServicePrincipal(EVENTS),
        description=f"Begins executions: {description}",
    )
    iam.Grant.add_to_principal(
        grantee=role,
        actions=["states:StartExecution"],
        resource_arns=[state_machine.state_machine_arn],
    ).assert_success()
    return {
        "id": "StateMachine",
        "arn": state_machine.state_machine_arn,
        "roleArn": role.role_arn,
    }


def _keep_failures(function: PythonFunction, queue: sqs.Queue, construct_id: str) -> None:
    lambda_.CfnEventInvokeConfig(
        function,
        construct_id,
        function_name=function.function.function_name,
        qualifier="$LATEST",
        maximum_event_age_in_seconds=MAX_AGE_SECONDS,
        destination_config={"onFailure": {"destination": queue.queue_arn}},
    )
    iam.Grant.add_to_principal(
        grantee=function.role, actions=["sqs:SendMessage"], resource_arns=[queue.queue_arn]
    ).assert_success()
    acknowledge(
        function.function,
        "Serverless-LambdaDLQ",
        reason="Its failures go to a destination, which also holds the answer and the error.",
    )


def _rule(
    scope: Construct,
    construct_id: str,
    undelivered: sqs.Queue,
    target: Mapping[str, Any],
    description: str,
    **trigger: Any,
) -> events.CfnRule:
    rule = events.CfnRule(
        scope,
        construct_id,
        description=description,
        targets=[
            {
                **target,
                "deadLetterConfig": {"arn": undelivered.queue_arn},
                "retryPolicy": {
                    "maximumEventAgeInSeconds": MAX_AGE_SECONDS,
                    "maximumRetryAttempts": MAX_RETRIES,
                },
            }
        ],
        **trigger,
    )
    allow_sending(undelivered, EVENTS, source_arn=rule.attr_arn)
    return rule
