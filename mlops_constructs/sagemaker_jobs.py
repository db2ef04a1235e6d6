"""SageMaker jobs as tasks of a state machine: isolated, encrypted, limited in time.

CDK has no class for processing and tuning jobs, and its class for training jobs has no entry point;
all three are written the same way here.

Jobs have no network and no credentials: SageMaker brings their input from S3 and takes their output
there with the job's role. All code comes as one zip that Python imports from, and arguments choose
the step, so the same command runs everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_constructs.states import State, array, filled, integration, retry, task

PROCESSING = "/opt/ml/processing"
CODE_CHANNEL = "code"
CODE_FILE = "code.zip"
_CODE = f"{PROCESSING}/{CODE_CHANNEL}"
_OUTPUT = f"{PROCESSING}/output"
ENTRYPOINT = ("python3", "-m", "ml")

# Beside the run of the job itself: waiting for machines, starting them, moving data.
OVERHEAD_SECONDS = 3600

RETRIES = (
    # A quota is freed when another job ends.
    retry(["SageMaker.ResourceLimitExceededException"], seconds=60, attempts=9, most_seconds=900),
    # A name is taken when an answer was lost, or a redrive counts anew: the next number is free.
    retry(
        ["SageMaker.AmazonSageMakerException", "SageMaker.ResourceInUseException",
         "SageMaker.SdkClientException", "SageMaker.ThrottlingException"],
        seconds=10, attempts=5,
    ),
)  # fmt: skip
# SageMaker repeats trainings that failed by its own fault, but not processing jobs; their failures
# have one name, whoever's fault they were.
PROCESSING_RETRIES = (*RETRIES, retry(["States.TaskFailed"], seconds=10, attempts=1))


@dataclass(frozen=True, kw_only=True, slots=True)
class JobSettings:
    """What all jobs of a pipeline have in common.

    Attributes:
        role_arn: Role that SageMaker moves data with.
        key_arn: Key that encrypts volumes and outputs.
        instance_type: Machine of each job, such as `ml.m5.large`.
        volume_gb: Its disk.
        timeout_seconds: Longest run.
        subnet_ids: Network of the jobs; empty for SageMaker's own.
        security_group_ids: Of that network.
        tags: Key to value.
    """

    role_arn: str
    key_arn: str
    instance_type: str
    volume_gb: int
    timeout_seconds: int
    subnet_ids: Sequence[str] = ()
    security_group_ids: Sequence[str] = ()
    tags: Mapping[str, str]

    @property
    def network(self) -> dict[str, Any]:
        """Isolation, and the VPC where there is one."""
        vpc = {"Subnets": list(self.subnet_ids), "SecurityGroupIds": list(self.security_group_ids)}
        return {
            "EnableNetworkIsolation": True,
            "EnableInterContainerTrafficEncryption": True,
            **({"VpcConfig": vpc} if self.subnet_ids else {}),
        }

    @property
    def cluster(self) -> dict[str, Any]:
        """One machine with an encrypted disk."""
        return {
            "InstanceCount": 1,
            "InstanceType": self.instance_type,
            "VolumeSizeInGB": self.volume_gb,
            "VolumeKmsKeyId": self.key_arn,
        }

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """Tags as the API takes them."""
        return [{"Key": key, "Value": value} for key, value in self.tags.items()]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mount:
    """Objects that a job finds in a folder.

    Attributes:
        name: Of the input.
        uri: Path or intrinsic function of their S3 prefix.
        folder: Path or intrinsic function of the folder, below `PROCESSING`.
        listed: Whether `uri` is a list of objects instead.
    """

    name: str
    uri: str
    folder: str
    listed: bool = False


def job_name(step: str) -> str:
    """Return the name of a job; SageMaker never takes one twice, so attempts are numbered."""
    return filled(f"{{}}-{step}-{{}}", "$.run.job_prefix", "$$.State.RetryCount")


def processing_job(
    settings: JobSettings,
    step: str,
    *,
    arguments: Mapping[str, str],
    inputs: Mapping[str, str],
    output_uri: str,
    manifest_inputs: Sequence[str] = (),
    mounts: Sequence[Mount] = (),
    failed: str,
    next_state: str,
) -> State:
    """Return the task that runs `python3 -m ml <step>` as a processing job.

    Args:
        settings: What all jobs have in common.
        step: What the code calls it; also part of the job's name.
        arguments: Further arguments, `--name` to a path in the state.
        inputs: Name to the path of its S3 URI in the state; passed as `--<name> <folder>`.
        output_uri: Path or intrinsic function of the S3 URI that the output folder goes to.
        manifest_inputs: Those of `inputs` whose URI is a list of objects.
        mounts: What else the job finds, in folders that `arguments` tell it.
        failed: State that goes on when it failed.
        next_state: State that goes on.
    """
    given = [
        Mount(
            name=name,
            uri=uri,
            folder=f"{PROCESSING}/input/{name}",
            listed=name in manifest_inputs,
        )
        for name, uri in inputs.items()
    ]
    code = Mount(name=CODE_CHANNEL, uri="$.run.code_prefix_uri", folder=_CODE)
    parameters = {
        "ProcessingJobName.$": job_name(step),
        "RoleArn": settings.role_arn,
        "AppSpecification": {
            "ImageUri.$": "$.run.image_uri",
            "ContainerEntrypoint": list(ENTRYPOINT),
            "ContainerArguments.$": _arguments(step, given, arguments),
        },
        "Environment": {"PYTHONPATH": f"{_CODE}/{CODE_FILE}"},
        "ProcessingInputs": [_processing_input(each) for each in (code, *given, *mounts)],
        "ProcessingOutputConfig": _processing_output(settings, output_uri),
        "ProcessingResources": {"ClusterConfig": settings.cluster},
        "StoppingCondition": {"MaxRuntimeInSeconds": settings.timeout_seconds},
        "NetworkConfig": settings.network,
        "Tags": settings.tag_list,
    }
    return job_task(
        settings,
        "createProcessingJob",
        parameters,
        retries=PROCESSING_RETRIES,
        failed=failed,
        result_path=None,
        next_state=next_state,
    )


def _arguments(step: str, given: Sequence[Mount], further: Mapping[str, str]) -> str:
    options = {f"--{each.name}": each.folder for each in given}
    options |= {**further, "--output": _OUTPUT}
    return array(step, *(word for option in options.items() for word in option))


def _processing_output(settings: JobSettings, uri: str) -> dict[str, Any]:
    target = {"S3Uri.$": uri, "LocalPath": _OUTPUT, "S3UploadMode": "EndOfJob"}
    return {
        "KmsKeyId": settings.key_arn,
        "Outputs": [{"OutputName": "output", "S3Output": target}],
    }


def _processing_input(mount: Mount) -> dict[str, Any]:
    is_computed = not mount.folder.startswith("/")
    return {
        "InputName": mount.name,
        "S3Input": {
            "S3Uri.$": mount.uri,
            "LocalPath.$" if is_computed else "LocalPath": mount.folder,
            "S3DataType": "ManifestFile" if mount.listed else "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
        },
    }


def job_task(
    settings: JobSettings, action: str, parameters: Mapping[str, Any], **options: Any
) -> State:
    """Return the task that creates a job and waits for its end; `options` are those of `task`."""
    return task(
        integration(f"sagemaker:{action}.sync"),
        parameters,
        timeout_seconds=settings.timeout_seconds + OVERHEAD_SECONDS,
        **options,
    )
