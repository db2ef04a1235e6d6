"""State machines as every pipeline wants them: logged whole, traced, and heard when they fail."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mlops_constructs.acknowledgements import acknowledge
from mlops_constructs.alarms import PERIOD, Runbook, alarm_when_any


@dataclass(frozen=True, kw_only=True, slots=True)
class StateMachineProps:
    """Inputs of `add_state_machine`.

    Attributes:
        name: Policies name its executions by it.
        definition: In Amazon States Language, as JSON. Not made by the stack's `to_json_string`:
            it leaves out nulls, and a null ResultPath says that the state goes on as it was.
        role: What it runs as.
        failure: What an execution that fails means, and what to do, for whoever is woken by it.
        runbook: Page that says it at length.
        key: Encrypts logs; its policy admits CloudWatch Logs.
        topic: Told by the alarms.
        log_retention: How long logs are kept.
        removal_policy: What becomes of state machine and logs when the stack is deleted.
    """

    name: str
    definition: str
    role: iam.Role
    failure: str
    runbook: Runbook
    key: kms.IKey
    topic: sns.ITopic
    log_retention: logs.RetentionDays
    removal_policy: cdk.RemovalPolicy


def add_state_machine(scope: Construct, props: StateMachineProps) -> sfn.StateMachine:
    """Create a standard state machine in `scope`, with its log and its alarms."""
    log_group = logs.LogGroup(
        scope,
        "Logs",
        # Step Functions writes to groups of this prefix without a policy for each.
        log_group_name=f"/aws/vendedlogs/states/{props.name}",
        retention=props.log_retention,
        encryption_key=props.key,
        removal_policy=props.removal_policy,
    )
    state_machine = sfn.StateMachine(
        scope,
        "StateMachine",
        state_machine_name=props.name,
        definition_body=sfn.DefinitionBody.from_string(props.definition),
        role=props.role,
        logs=sfn.LogOptions(
            destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=True
        ),
        tracing_enabled=True,
        removal_policy=props.removal_policy,
    )
    acknowledge(
        props.role,
        "AwsSolutions-IAM5",
        finding="Resource::*",
        reason="Delivery of logs and X-Ray support no resources.",
    )
    for name, metric in (
        ("Failed", state_machine.metric_failed(period=PERIOD, statistic="Sum")),
        ("TimedOut", state_machine.metric_timed_out(period=PERIOD, statistic="Sum")),
    ):
        alarm_when_any(
            scope,
            f"{name}Alarm",
            metric=metric,
            description=props.failure,
            runbook=props.runbook,
            topic=props.topic,
        )
    return state_machine
