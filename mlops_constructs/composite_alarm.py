"""One alarm for many: whether anything is wrong at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from mlops_constructs.alarms import Runbook, alarm_name, described

MAX_RULE_CHARACTERS = 10_240
MAX_CHILDREN = 100
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html"""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnyAlarmProps:
    """Inputs of `AnyAlarm`.

    Attributes:
        names: Alarms that it stands for. By name, which needs no import from their stacks; they
            must exist before it does.
        description: What it means, for whoever is woken by it.
        runbook: Page that says what to do.
        topic: Told when the first goes off, and no second time before all are over.
    """

    names: Sequence[str]
    description: str
    runbook: Runbook
    topic: sns.ITopic


class AnyAlarm(Construct):
    """An alarm that goes off with the first of others.

    Attributes:
        alarm: The composite alarm.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: AnyAlarmProps) -> None:
        super().__init__(scope, construct_id)
        names = sorted(props.names)
        rule = " OR ".join(f'ALARM("{name}")' for name in names)
        if not names or len(names) > MAX_CHILDREN or len(rule) > MAX_RULE_CHARACTERS:
            raise ValueError(
                f"a composite alarm stands for 1 to {MAX_CHILDREN} alarms whose rule has at most "
                f"{MAX_RULE_CHARACTERS:,} characters; got {len(names)} and {len(rule):,}. Let a "
                "composite alarm of each part stand for its alarms"
            )
        self.alarm = cloudwatch.CfnCompositeAlarm(
            self,
            "Alarm",
            alarm_name=alarm_name(scope, construct_id),
            alarm_description=described(scope, props.description, props.runbook),
            alarm_rule=rule,
            alarm_actions=[props.topic.topic_arn],
        )
