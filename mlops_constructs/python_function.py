"""A Python function as every stack wants it: narrow role and log group of its own, encrypted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from mlops_constructs.acknowledgements import acknowledge
from mlops_constructs.assets import ARCHITECTURE, PYTHON
from mlops_constructs.encryption import READ
from mlops_constructs.grants import grant_key


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionSource:
    """What a function runs, and in how much space.

    Attributes:
        code: Asset with the handler.
        handler: Import path of the handler, `package.module.function`.
        description: Shown in the console.
        layers: Third-party packages.
        memory_mb: Memory, 128-10240; a full vCPU at 1,769.
        ephemeral_storage_mb: Size of /tmp, 512-10240.
        environment: Variables that the handler reads, beside those that its construct sets.
    """

    code: lambda_.Code
    handler: str
    description: str
    layers: Sequence[lambda_.ILayerVersion] = ()
    memory_mb: int = 512
    ephemeral_storage_mb: int = 512
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class PythonFunctionProps:
    """Inputs of `PythonFunction`.

    Attributes:
        source: What it runs.
        timeout: Longest run.
        service_name: Powertools' name of the service, in every log line.
        environment: Variables that the construct around it sets.
        key: Encrypts log group and variables; its policy admits CloudWatch Logs.
        log_retention: How long logs are kept.
        removal_policy: What becomes of the log group when the stack is deleted.
        reserved_concurrency: Concurrency set aside for this function; None reserves none.
    """

    source: FunctionSource
    timeout: cdk.Duration
    service_name: str
    key: kms.IKey
    log_retention: logs.RetentionDays
    removal_policy: cdk.RemovalPolicy
    environment: Mapping[str, str] = field(default_factory=dict)
    reserved_concurrency: int | None = None


class PythonFunction(Construct):
    """A Lambda function with a role of its own.

    The role holds no managed policy: it may write to its own log group, and what is granted.

    Attributes:
        function: The function.
        role: Its role, to grant to.
        log_group: Where it logs.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: PythonFunctionProps) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            retention=props.log_retention,
            encryption_key=props.key,
            removal_policy=props.removal_policy,
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"Runs {props.source.handler}",
        )
        self.log_group.grant_write(self.role)
        # Lambda decrypts the variables with the function's own permission.
        grant_key(props.key, self.role, actions=READ)
        self.function = lambda_.Function(
            self,
            "Function",
            code=props.source.code,
            handler=props.source.handler,
            description=props.source.description,
            runtime=PYTHON,
            architecture=ARCHITECTURE,
            layers=list(props.source.layers),
            memory_size=props.source.memory_mb,
            ephemeral_storage_size=cdk.Size.mebibytes(props.source.ephemeral_storage_mb),
            timeout=props.timeout,
            environment={
                "POWERTOOLS_SERVICE_NAME": props.service_name,
                **props.environment,
                **props.source.environment,
            },
            environment_encryption=props.key,
            role=self.role,
            log_group=self.log_group,
            tracing=lambda_.Tracing.ACTIVE,
            reserved_concurrent_executions=props.reserved_concurrency,
        )
        acknowledge(
            self.role,
            "AwsSolutions-IAM5",
            finding="Resource::*",
            reason="X-Ray's PutTraceSegments and PutTelemetryRecords support no resources.",
        )
