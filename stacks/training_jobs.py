"""What SageMaker runs in an environment, and the role that it moves data with."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from config import MODEL, EnvironmentConfig, VpcConfig
from mlops_constructs.container_image import RegionalImage
from mlops_constructs.grants import grant_objects
from mlops_constructs.sagemaker_jobs import JobSettings
from mlops_constructs.sagemaker_training import TrainingSpecification, TunedRange
from mlops_constructs.states import filled
from mlops_constructs.training_states import TRAINING_METRICS
from schemas.names import CODE_PREFIX, RUNS_PREFIX, SNAPSHOT_PREFIX
from stacks.data_lake import DataLakeStack
from stacks.sagemaker_role import sagemaker_role

# Where SageMaker logs; one group per kind of job and account, which it makes itself.
TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
LOG_GROUPS = ("/aws/sagemaker/ProcessingJobs", TRAINING_LOGS)


def job_settings(environment: EnvironmentConfig, *, role: iam.Role, key: kms.IKey) -> JobSettings:
    """Return what all jobs of `environment` have in common."""
    training = environment.training
    return JobSettings(
        role_arn=role.role_arn,
        key_arn=key.key_arn,
        instance_type=training.instance_type,
        volume_gb=training.volume_gb,
        timeout_seconds=training.job_timeout_seconds,
        subnet_ids=training.vpc.subnet_ids if training.vpc else (),
        security_group_ids=training.vpc.security_group_ids if training.vpc else (),
        tags={"application": "mlops", "environment": environment.name},
    )


def training_specification(environment: EnvironmentConfig) -> TrainingSpecification:
    """Return what is trained in `environment`, and what tuning tries."""
    training = environment.training
    return TrainingSpecification(
        channels={
            split: filled(f"{{}}prepared/{split}/", "$.run.prefix_uri")
            for split in ("train", "validation")
        },
        output_uri=filled("{}models", "$.run.prefix_uri"),
        metrics=TRAINING_METRICS,
        objective=MODEL.objective,
        tuned={
            name: TunedRange(minimum=each.minimum, maximum=each.maximum, is_integer=each.is_integer)
            for name, each in MODEL.tuned.items()
        },
        tuning_jobs=training.tuning_jobs,
        parallel_tuning_jobs=training.parallel_tuning_jobs,
    )


def job_role(
    scope: Construct,
    construct_id: str,
    *,
    data_lake: DataLakeStack,
    image: RegionalImage,
    vpc: VpcConfig | None,
) -> iam.Role:
    """Create the role of all jobs: it reads snapshots and code, and writes what runs make."""
    role = sagemaker_role(
        scope,
        construct_id,
        description="Moves the data of training jobs; the containers have no network",
        data_lake=data_lake,
        image=image,
        log_groups=LOG_GROUPS,
        vpc=vpc,
    )
    for prefix, actions in (
        (SNAPSHOT_PREFIX, ("s3:GetObject",)),
        (CODE_PREFIX, ("s3:GetObject",)),
        (RUNS_PREFIX, ("s3:GetObject", "s3:PutObject")),
    ):
        grant_objects(data_lake.artifacts_bucket, role, prefix=prefix, actions=actions)
    return role
