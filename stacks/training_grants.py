"""What the functions of the training pipeline may do: each action, and where."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets

from mlops_constructs.encryption import READ, WRITE
from mlops_constructs.grants import grant_items, grant_key, grant_listing, grant_objects
from mlops_constructs.training_pipeline import TrainingPipeline
from schemas.names import CODE_PREFIX, CURATED_PREFIX, RUNS_PREFIX, SNAPSHOT_PREFIX
from schemas.runs import STATUS_INDEX
from stacks.data_lake import DataLakeStack
from stacks.grants import allow, allow_on_executions, read_models
from stacks.model_registry import ModelRegistryStack

PENDING = "PendingManualApproval"
APPROVAL_STATUS = "sagemaker:ModelApprovalStatus"


def grant_training(
    pipeline: TrainingPipeline,
    *,
    data_lake: DataLakeStack,
    registry: ModelRegistryStack,
    code: s3_assets.Asset,
) -> None:
    """Grant each function what it needs, and no more."""
    roles = {each: function.role for each, function in pipeline.functions.items()}
    for role in roles.values():
        grant_key(registry.key, role, actions=READ)
    _grant_snapshot(roles["Snapshot"], data_lake, registry, code, pipeline.name)
    _grant_gate(roles["Gate"], data_lake)
    _grant_register(roles["Register"], data_lake, registry)
    _grant_settle(roles["Settle"], registry, pipeline.name)
    for role in (*roles.values(), pipeline.role):
        _forbid_approving(role)


def _grant_snapshot(
    role: iam.Role,
    data_lake: DataLakeStack,
    registry: ModelRegistryStack,
    code: s3_assets.Asset,
    name: str,
) -> None:
    grant_items(data_lake.ledger_table, role, actions=("dynamodb:Query",), index="by-status")
    allow(role, ("s3:ListBucketVersions",), data_lake.curated_bucket.bucket_arn)
    grant_objects(
        data_lake.curated_bucket, role, prefix=CURATED_PREFIX, actions=("s3:GetObjectVersion",)
    )
    grant_listing(data_lake.artifacts_bucket, role)
    for prefix, actions in (
        (SNAPSHOT_PREFIX, ("s3:GetObject", "s3:PutObject")),
        (CODE_PREFIX, ("s3:PutObject",)),
        (RUNS_PREFIX, ("s3:GetObject", "s3:PutObject")),
    ):
        grant_objects(data_lake.artifacts_bucket, role, prefix=prefix, actions=actions)
    grant_key(data_lake.key, role, actions=READ + WRITE)
    allow(role, ("s3:GetObject",), code.bucket.arn_for_objects(code.s3_object_key))
    grant_items(registry.runs_table, role, actions=("dynamodb:GetItem", "dynamodb:PutItem"))
    grant_items(registry.runs_table, role, actions=("dynamodb:Query",), index=STATUS_INDEX)
    allow_on_executions(role, "states:DescribeExecution", name)
    # The model that serves is what a new one is compared with.
    grant_items(registry.releases_table, role, actions=("dynamodb:GetItem",))
    read_models(role, registry)


def _grant_gate(role: iam.Role, data_lake: DataLakeStack) -> None:
    # Listing, so that a missing evaluation is told from a refusal.
    grant_listing(data_lake.artifacts_bucket, role)
    grant_objects(data_lake.artifacts_bucket, role, prefix=RUNS_PREFIX, actions=("s3:GetObject",))
    grant_key(data_lake.key, role, actions=READ)


def _grant_register(role: iam.Role, data_lake: DataLakeStack, registry: ModelRegistryStack) -> None:
    grant_listing(data_lake.artifacts_bucket, role)
    grant_objects(
        data_lake.artifacts_bucket,
        role,
        prefix=RUNS_PREFIX,
        actions=("s3:GetObject", "s3:PutObject"),
    )
    grant_key(data_lake.key, role, actions=READ + WRITE)
    read_models(role, registry)
    for resource in (registry.group_arn, registry.packages_arn):
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["sagemaker:CreateModelPackage"],
                resources=[resource],
                conditions={"StringEquals": {APPROVAL_STATUS: PENDING}},
            )
        )


def _grant_settle(role: iam.Role, registry: ModelRegistryStack, name: str) -> None:
    # It says which state failed, and where the log is.
    allow_on_executions(role, "states:GetExecutionHistory", name)
    grant_items(registry.runs_table, role, actions=("dynamodb:GetItem", "dynamodb:PutItem"))
    grant_items(registry.runs_table, role, actions=("dynamodb:Query",), index=STATUS_INDEX)


def _forbid_approving(role: iam.Role) -> None:
    """Whoever trains never approves, whatever else the role is granted one day.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
    """
    role.add_to_principal_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY, actions=["sagemaker:UpdateModelPackage"], resources=["*"]
        )
    )
    role.add_to_principal_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=["sagemaker:CreateModelPackage"],
            resources=["*"],
            conditions={"StringNotEquals": {APPROVAL_STATUS: PENDING}},
        )
    )
