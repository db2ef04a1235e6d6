"""Batch transform jobs as tasks of a state machine.

They run as the model's own role, with the model's isolation; the API takes no other.
Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
"""

from mlops_constructs.sagemaker_jobs import RETRIES, JobSettings, job_name, job_task
from mlops_constructs.states import State

JSON_LINES = "application/jsonlines"
# Of one request to the model: what scores fast, and fits a small machine's memory.
MAX_PAYLOAD_MB = 6


def transform_job(
    settings: JobSettings,
    step: str,
    *,
    model_name: str,
    input_uri: str,
    output_uri: str,
    failed: str,
    next_state: str,
) -> State:
    """Return the task that asks a model each line of some files.

    Args:
        settings: What all jobs have in common.
        step: Part of the job's name.
        model_name: Path of the model's name in the state.
        input_uri: Path or intrinsic function of the S3 prefix of the files, JSON Lines.
        output_uri: Likewise, of where a file of answers goes for each: `<name>.out`.
        failed: State that goes on when it failed.
        next_state: State that goes on.
    """
    parameters = {
        "TransformJobName.$": job_name(step),
        "ModelName.$": model_name,
        "BatchStrategy": "MultiRecord",
        "MaxPayloadInMB": MAX_PAYLOAD_MB,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri.$": input_uri}},
            "ContentType": JSON_LINES,
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath.$": output_uri,
            "Accept": JSON_LINES,
            "AssembleWith": "Line",
            "KmsKeyId": settings.key_arn,
        },
        "TransformResources": {
            "InstanceType": settings.instance_type,
            "InstanceCount": 1,
            "VolumeKmsKeyId": settings.key_arn,
        },
        "ModelClientConfig": {"InvocationsTimeoutInSeconds": 600, "InvocationsMaxRetries": 1},
        "Tags": settings.tag_list,
    }
    return job_task(
        settings,
        "createTransformJob",
        parameters,
        retries=RETRIES,
        failed=failed,
        result_path=None,
        next_state=next_state,
    )
