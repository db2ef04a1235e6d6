"""The kinds of resources, and how AWS spells what is wrong with their names.

Which error a kind gives was observed on AWS by those who must tell the cases apart: the service
model promises ResourceNotFound where the service answers ValidationException. See the exceptions
in `generator.yaml` of https://github.com/aws-controllers-k8s/sagemaker-controller.
"""

from dataclasses import dataclass

from local.sagemaker.errors import ApiError, invalid


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource.

    Attributes:
        name: As in the names of its operations, such as `TrainingJob`.
        path: As in its ARNs, such as `training-job`.
        missing: Message about a name that nothing has; may hold `{name}` and `{arn}`.
        taken: Message about a name that something has already, likewise.
        missing_code: Code of that error.
        taken_code: Code of that error.
    """

    name: str
    path: str
    missing: str
    taken: str
    missing_code: str = "ValidationException"
    taken_code: str = "ValidationException"

    @property
    def name_member(self) -> str:
        """The member of requests and answers that holds the name."""
        return f"{self.name}Name"

    @property
    def arn_member(self) -> str:
        """The member of answers that holds the ARN."""
        return f"{self.name}Arn"

    @property
    def status_member(self) -> str:
        """The member of answers that holds the status."""
        return f"{self.name}Status"

    def missing_error(self, name: str, arn: str) -> ApiError:
        """Return the error of a name that nothing has."""
        return ApiError(self.missing_code, self.missing.format(name=name, arn=arn))

    def taken_error(self, name: str, arn: str) -> ApiError:
        """Return the error of a name that something has already."""
        return ApiError(self.taken_code, self.taken.format(name=name, arn=arn))


TRAINING_JOB = Kind(
    "TrainingJob",
    "training-job",
    missing="Requested resource not found.",
    taken="Training job names must be unique within an AWS account and region, "
    "and a training job with this name already exists ({arn})",
    taken_code="ResourceInUse",
)
PROCESSING_JOB = Kind(
    "ProcessingJob",
    "processing-job",
    missing="Could not find requested job with name: {name}",
    taken="Job name must be unique within an AWS account and region, "
    "and a job with this name already exists ({arn})",
    taken_code="ResourceInUse",
)
TRANSFORM_JOB = Kind(
    "TransformJob",
    "transform-job",
    missing="Could not find requested job with name: {name}",
    taken="Job name must be unique within an AWS account and region, "
    "and a job with this name already exists ({arn})",
    taken_code="ResourceInUse",
)
TUNING_JOB = Kind(
    "HyperParameterTuningJob",
    "hyper-parameter-tuning-job",
    missing="Amazon SageMaker can't find a tuning job with the name {name}",
    missing_code="ResourceNotFound",
    taken="Tuning job names must be unique within an AWS account and region, "
    "and a tuning job with this name already exists ({arn})",
    taken_code="ResourceInUse",
)
MODEL = Kind(
    "Model",
    "model",
    missing='Could not find model "{arn}".',
    taken='Cannot create already existing model "{arn}".',
)
MODEL_PACKAGE_GROUP = Kind(
    "ModelPackageGroup",
    "model-package-group",
    missing="ModelPackageGroup {arn} does not exist.",
    taken="Model Package Group already exists.",
)
MODEL_PACKAGE = Kind(
    "ModelPackage",
    "model-package",
    missing="ModelPackage {arn} does not exist.",
    taken="Model Package already exists.",
)
ENDPOINT_CONFIG = Kind(
    "EndpointConfig",
    "endpoint-config",
    missing='Could not find endpoint configuration "{arn}".',
    taken='Cannot create already existing endpoint configuration "{arn}".',
)
ENDPOINT = Kind(
    "Endpoint",
    "endpoint",
    missing='Could not find endpoint "{arn}".',
    taken='Cannot create already existing endpoint "{arn}".',
)

ALL = (
    TRAINING_JOB,
    PROCESSING_JOB,
    TRANSFORM_JOB,
    TUNING_JOB,
    MODEL,
    MODEL_PACKAGE_GROUP,
    MODEL_PACKAGE,
    ENDPOINT_CONFIG,
    ENDPOINT,
)


def kind_of_arn(arn: str) -> Kind:
    """Return the kind of resource that an ARN names.

    Raises:
        ApiError: no kind that is known here has such ARNs.
    """
    path = arn.split(":", 5)[-1].partition("/")[0]
    for kind in ALL:
        if kind.path == path:
            return kind
    raise invalid(f"Invalid ARN: {arn}")
