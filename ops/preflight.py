"""What would make a deploy fail, or succeed and be useless, found before it starts."""

from collections.abc import Iterator
from dataclasses import dataclass

from config import EnvironmentConfig
from ops.aws import Connection
from ops.deployment import describe_stack, resources
from ops.errors import OpsError, explained
from schemas.names import StackName

BOOTSTRAP_STACK = "CDKToolkit"
PLACEHOLDER_DOMAIN = "@example.com"

# Lambda keeps this much of an account's concurrency for functions that reserve none.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
UNRESERVED_MINIMUM = 100

RESERVING = (StackName.INGESTION, StackName.PREDICTION)
"""Stacks with a queue whose functions may reserve concurrency."""

ARCHIVE_CONCURRENCY = 2
"""What the archive function of a queue reserves, beside what the environment states."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes:
        name: What was checked.
        is_ok: Whether it is as it must be.
        finding: What was found.
        remedy: What to do; empty when it is as it must be.
    """

    name: str
    is_ok: bool
    finding: str
    remedy: str = ""


def preflight(environment: EnvironmentConfig, connection: Connection) -> list[Check]:
    """Check everything that a deploy needs; later checks need the earlier ones.

    Without credentials or region the result ends there.
    """
    checks = [_alarm_address(environment), _region(connection)]
    if not checks[-1].is_ok:
        return checks
    checks.append(_credentials(connection))
    if checks[-1].is_ok:
        checks += _account(environment, connection)
    return checks


def _alarm_address(environment: EnvironmentConfig) -> Check:
    address = environment.alarm_email
    if (
        address is not None
        and address.endswith(PLACEHOLDER_DOMAIN)
        and not environment.is_ephemeral
    ):
        return Check(
            name="alarm address",
            is_ok=False,
            finding=f"{address} is a placeholder: alarms of {environment.name} would reach nobody",
            remedy="Set alarm_email in config/environments.py to an address that somebody reads",
        )
    return Check(name="alarm address", is_ok=True, finding=address or "none")


def _region(connection: Connection) -> Check:
    if connection.region:
        return Check(name="region", is_ok=True, finding=connection.region)
    return Check(
        name="region",
        is_ok=False,
        finding="no AWS region is set",
        remedy="Set AWS_REGION, for example to eu-central-1",
    )


def _credentials(connection: Connection) -> Check:
    try:
        with explained(local_endpoint=connection.endpoint_url):
            identity = connection.sts.get_caller_identity()
    except OpsError as error:
        return Check(name="credentials", is_ok=False, finding=error.cause, remedy=error.remedy)
    return Check(name="credentials", is_ok=True, finding=identity["Arn"])


def _account(environment: EnvironmentConfig, connection: Connection) -> Iterator[Check]:
    for name, check in (("bootstrap", _bootstrap), ("concurrency quota", _quota)):
        try:
            with explained(local_endpoint=connection.endpoint_url):
                yield check(environment, connection)
        except OpsError as error:
            yield Check(name=name, is_ok=False, finding=error.cause, remedy=error.remedy)


def _bootstrap(environment: EnvironmentConfig, connection: Connection) -> Check:
    stack = describe_stack(connection, BOOTSTRAP_STACK)
    if stack.serves:
        return Check(name="bootstrap", is_ok=True, finding=f"{stack.name} is {stack.status}")
    return Check(
        name="bootstrap",
        is_ok=False,
        finding=f"stack {stack.name} is {stack.status}: the CDK cannot upload assets",
        remedy=f"Run `make bootstrap ENV={environment.name}` once per account and region",
    )


def reserved_concurrency(environment: EnvironmentConfig) -> int:
    """Return what an environment reserves: for each queue, what processes it and what archives."""
    queues = (environment.ingestion, environment.serving.log)
    return sum(
        each.max_concurrency + ARCHIVE_CONCURRENCY for each in queues if each.reserve_concurrency
    )


def _quota(environment: EnvironmentConfig, connection: Connection) -> Check:
    needed = reserved_concurrency(environment)
    if not needed:
        return Check(name="concurrency quota", is_ok=True, finding="nothing is reserved")
    limit = connection.functions.get_account_settings()["AccountLimit"]
    available = limit["UnreservedConcurrentExecutions"] + _reserved_already(environment, connection)
    if available - needed >= UNRESERVED_MINIMUM:
        return Check(
            name="concurrency quota",
            is_ok=True,
            finding=f"{needed:,} of {available:,} unreserved executions will be reserved",
        )
    return Check(
        name="concurrency quota",
        is_ok=False,
        finding=(
            f"the account has {available:,} unreserved concurrent executions of "
            f"{limit['ConcurrentExecutions']:,}; {environment.name} reserves {needed:,} and Lambda "
            f"keeps {UNRESERVED_MINIMUM:,} unreserved"
        ),
        remedy=(
            "Request more 'Concurrent executions' of Lambda in Service Quotas (L-B99A9384), or "
            "deploy an environment with reserve_concurrency=False"
        ),
    )


def _reserved_already(environment: EnvironmentConfig, connection: Connection) -> int:
    """Return what the environment's own functions hold: deploying again does not add to it."""
    return sum(
        connection.functions.get_function_concurrency(FunctionName=function).get(
            "ReservedConcurrentExecutions", 0
        )
        for name in RESERVING
        for stack in [describe_stack(connection, name.in_environment(environment.name))]
        if stack.exists
        for function in resources(connection, stack.name, "AWS::Lambda::Function")
    )
