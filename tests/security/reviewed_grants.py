"""Grants that no recorded call needs, each with the reason why it stays. Reviewed by people."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explained:
    """A grant that stays although nothing was seen to use it.

    Attributes:
        role: Beginning of the role's logical id.
        action: As the policy has it.
        resource: Beginning of the logical id of what it is granted on.
        reason: Why it stays; somebody else can check it.
    """

    role: str
    action: str
    resource: str
    reason: str


CONSUMING = (
    "CDK's event source grants what consumers of a queue may need as one set "
    "(`grant_consume_messages`); it allows nothing that receiving and deleting does not."
)
LISTING = (
    "Never called: with it S3 answers that an object does not exist, which is an outcome, "
    "without it that access is denied, which is not. "
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"
)
TABLE_KEY = (
    "DynamoDB lists it among the least that whoever uses a table needs with the table's key; no "
    "emulator shows whether it asks for it. "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html"
)
REGISTRY = (
    "Whether it is granted on a group or on its packages is documented differently in different "
    "places; both are of the same models. "
    "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html"
)
INTERRUPTED = (
    "Only a registration that was cut off after SageMaker had created the package looks it up "
    "again; unit tests interrupt it there."
)
AGED = (
    "What former releases left is removed when it is a day old, which no run of tests is; unit "
    "tests turn the clock."
)
TAKEN_OVER = (
    "Only a claim whose writer died before it wrote its file is moved; unit tests kill the writer."
)
TOO_SHORT = (
    "Records that long take another way, so that its queue holds no message that its table cannot; "
    "the construct grants it for queues that do."
)
KEPT = (
    "The first training of a deployment has brought the code to where jobs find it; a monitor that "
    "runs before any does the same, as unit tests let it."
)
HELD = (
    "Only a run whose predecessor ended without a word asks whether it still runs; unit tests let "
    "one end so."
)
EXPLAINED = (
    Explained("LogArchiverRole", "s3:PutObject", "QuarantineBucket", TOO_SHORT),
    Explained("LogArchiverRole", "kms:GenerateDataKey", "DataKey", TOO_SHORT),
    Explained("LogProcessorRole", "sqs:GetQueueUrl", "LogSourceQueue", CONSUMING),
    Explained("LogArchiverRole", "sqs:GetQueueUrl", "LogDeadLetterQueue", CONSUMING),
    Explained("LogArchiverRole", "sqs:ChangeMessageVisibility", "LogDeadLetterQueue", CONSUMING),
    Explained("LogProcessorRole", "kms:GenerateDataKey", "LogKey", TABLE_KEY),
    Explained("LogArchiverRole", "kms:GenerateDataKey", "LogKey", TABLE_KEY),
    Explained("LogProcessorRole", "s3:ListBucket", "CuratedBucket", LISTING),
    Explained("LogProcessorRole", "s3:ListBucket", "QuarantineBucket", LISTING),
    Explained("LogProcessorRole", "dynamodb:UpdateItem", "Index", TAKEN_OVER),
    Explained("ReleaseRole7", "s3:ListBucket", "ArtifactsBucket", LISTING),
    Explained("ReleaseSmokeTestRole", "s3:ListBucket", "ArtifactsBucket", LISTING),
    Explained("ReleaseRole7", "sagemaker:ListModelPackages", "", REGISTRY),
    Explained("ReleaseRole7", "sagemaker:DeleteModel", "", AGED),
    Explained("ReleaseRole7", "sagemaker:DeleteEndpointConfig", "", AGED),
    Explained("ReleaseRole7", "sagemaker:ListTags", "", AGED),
    Explained("MonitorRole7", "s3:GetObject", "", KEPT),
    Explained("MonitorRole7", "s3:PutObject", "ArtifactsBucket", KEPT),
    Explained("MonitorRole7", "states:DescribeExecution", "", HELD),
    Explained("MonitorJobRole", "s3:ListBucket", "CuratedBucket", LISTING),
    Explained("MonitorRespondRole", "s3:ListBucket", "ArtifactsBucket", LISTING),
    Explained("IngestionProcessorRole", "sqs:GetQueueUrl", "IngestionSourceQueue", CONSUMING),
    Explained("IngestionArchiverRole", "sqs:GetQueueUrl", "IngestionDeadLetterQueue", CONSUMING),
    Explained(
        "IngestionArchiverRole",
        "sqs:ChangeMessageVisibility",
        "IngestionDeadLetterQueue",
        CONSUMING,
    ),
    Explained("IngestionProcessorRole", "s3:ListBucket", "RawBucket", LISTING),
    Explained("IngestionProcessorRole", "kms:GenerateDataKey", "IngestionKey", TABLE_KEY),
    Explained("IngestionArchiverRole", "kms:GenerateDataKey", "IngestionKey", TABLE_KEY),
    Explained("TrainingGateRole", "s3:ListBucket", "ArtifactsBucket", LISTING),
    Explained("TrainingRegisterRole", "s3:ListBucket", "ArtifactsBucket", LISTING),
    Explained("TrainingSnapshotRole", "sagemaker:ListModelPackages", "", REGISTRY),
    Explained("TrainingRegisterRole", "sagemaker:ListModelPackages", "", REGISTRY),
    Explained("TrainingRegisterRole", "sagemaker:CreateModelPackage", "", REGISTRY),
    Explained("TrainingRegisterRole", "sagemaker:DescribeModelPackage", "", INTERRUPTED),
)
