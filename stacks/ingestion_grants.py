"""What the ingest function may do in the data lake: each action, and where."""

from mlops_constructs.encryption import READ, WRITE
from mlops_constructs.grants import grant_items, grant_key, grant_listing, grant_objects
from mlops_constructs.queue_processing_function import QueueProcessingFunction
from schemas.names import CURATED_PREFIX, LANDING_PREFIX, QUARANTINE_PREFIX
from stacks.data_lake import DataLakeStack

# Messages name the version, and reading a version takes no `s3:GetObject`.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
READ_OBJECT = ("s3:GetObjectVersion",)
# Deleting removes what a newer version of the raw file replaced; it can be brought back a while.
WRITE_OBJECT = ("s3:DeleteObject", "s3:PutObject")


def grant_ingestion(processing: QueueProcessingFunction, data_lake: DataLakeStack) -> None:
    """Grant the ingest function what it needs, and no more."""
    role = processing.processor.role
    # Without it S3 answers "forbidden" for an object that is gone, which has an outcome of its own.
    grant_listing(data_lake.raw_bucket, role)
    grant_objects(data_lake.raw_bucket, role, prefix=LANDING_PREFIX, actions=READ_OBJECT)
    grant_objects(data_lake.curated_bucket, role, prefix=CURATED_PREFIX, actions=WRITE_OBJECT)
    grant_objects(data_lake.quarantine_bucket, role, prefix=QUARANTINE_PREFIX, actions=WRITE_OBJECT)
    grant_key(data_lake.key, role, actions=READ + WRITE)
    grant_items(
        data_lake.ledger_table,
        role,
        actions=("dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"),
    )
    # It settles the dead letters of files that got curated or superseded after all.
    grant_items(processing.dead_letter_table, role, actions=("dynamodb:UpdateItem",))
