"""The alarms of a stack, by name: a reference would tie every stack's alarms to one template."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarmed:
    """The alarms of a stack.

    Attributes:
        part: What the dashboard calls the stack.
        names: Names of its alarms.
        arns: Their ARNs, in the same order.
    """

    part: str
    names: tuple[str, ...]
    arns: tuple[str, ...]

    @classmethod
    def of(cls, part: str, stack: cdk.Stack) -> "Alarmed":
        """Return the alarms that `stack` has so far."""
        names = sorted(
            str(each.alarm_name)
            for each in stack.node.find_all()
            if isinstance(each, cloudwatch.CfnAlarm)
        )
        arns = (
            stack.format_arn(
                service="cloudwatch",
                resource="alarm",
                resource_name=name,
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
            for name in names
        )
        return cls(part=part, names=tuple(names), arns=tuple(arns))
