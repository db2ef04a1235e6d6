"""What a registered model carries: everything needed to train it again, and to tell tampering.

It is stored as `CustomerMetadataProperties` of the model package: 1 to 50 texts of at most 256
characters each.
Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

from schemas.windows import Window, WindowError

MAX_ENTRIES = 50
MAX_CHARACTERS = 256

SERVING_VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    }
)
"""What a container is told: its archive carries the serving code, which its own stack loads."""

# A first model has no parent; a clone without git has no commit.
_MAY_BE_EMPTY = frozenset({"parent_package_arn", "git_commit", "champion_auc"})
NOTHING = "none"
"""How an empty value is written, so that every entry is there and a missing one is a mistake."""


def version_of(arn: str) -> int:
    """Return the version of a model package, which counts up within its group, from its ARN.

    Raises:
        ValueError: the ARN has none: it is not that of a package of a group.
    """
    return int(arn.rpartition("/")[2])


class IncompleteMetadataError(ValueError):
    """A model package does not say where it comes from; the text names what is missing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelMetadata:
    """Where a model comes from.

    Attributes:
        run_id: The run that trained it.
        training_job_arn: The job that trained it.
        artifact_uri: `model.tar.gz`.
        artifact_sha256: Its hash; another one means that somebody changed it.
        model_sha256: Hash of the model file in it; the same for every reproduction.
        code_uri: The code that trained it, one zip.
        code_sha256: Its version: the hash of its content.
        git_commit: Commit that it was delivered from; empty when the delivery gave none.
        image_uri: Container image of all of its jobs.
        lock_sha256: Hash of the lock file of the image's twin, which local jobs run in.
        platform: Where it was trained, for example `linux-x86_64`.
        parameters_uri: JSON with mode, hyperparameters and seed.
        parameters_sha256: Its hash.
        manifest_uri: The snapshot that it was trained on.
        manifest_sha256: Its hash.
        data_sha256: Hash over the content of every file of the snapshot.
        train_from: First month of training, `YYYY-MM`.
        holdout_from: First month of the holdout.
        holdout_to: First month after it.
        evaluation_uri: `evaluation.json`.
        auc: On the holdout, as text with six digits; `log_loss`, `brier` alike.
        log_loss: On the holdout.
        brier: On the holdout.
        champion_auc: Of the model then in force, on the same holdout; empty without one.
        baseline_uri: Folder with `statistics.json` and `constraints.json`.
        parent_package_arn: The model then in force; empty without one.
    """

    run_id: str
    training_job_arn: str
    artifact_uri: str
    artifact_sha256: str
    model_sha256: str
    code_uri: str
    code_sha256: str
    git_commit: str
    image_uri: str
    lock_sha256: str
    platform: str
    parameters_uri: str
    parameters_sha256: str
    manifest_uri: str
    manifest_sha256: str
    data_sha256: str
    train_from: str
    holdout_from: str
    holdout_to: str
    evaluation_uri: str
    auc: str
    log_loss: str
    brier: str
    champion_auc: str
    baseline_uri: str
    parent_package_arn: str

    def to_properties(self) -> dict[str, str]:
        """Return what is stored with the package.

        Raises:
            IncompleteMetadataError: a value is missing or longer than SageMaker stores.
        """
        properties = {name: value or NOTHING for name, value in asdict(self).items()}
        _check(properties)
        return properties

    @classmethod
    def from_properties(cls, properties: Mapping[str, str]) -> "ModelMetadata":
        """Read what `to_properties` wrote; entries that others added are ignored.

        Raises:
            IncompleteMetadataError: an entry is missing.
        """
        known = {name: properties.get(name, "") for name in cls.__dataclass_fields__}
        missing = sorted(name for name, value in known.items() if not value)
        if missing:
            raise IncompleteMetadataError(
                f"the model package lacks {', '.join(missing)}: it was not registered by the "
                "training pipeline, or somebody removed them"
            )
        _check(known)
        return cls(**{name: "" if value == NOTHING else value for name, value in known.items()})

    @property
    def window(self) -> Window:
        """The months it was trained on and judged by."""
        return Window(
            train_from=self.train_from, holdout_from=self.holdout_from, holdout_to=self.holdout_to
        )


def _check(properties: Mapping[str, str]) -> None:
    for name, value in properties.items():
        if value == NOTHING and name not in _MAY_BE_EMPTY:
            raise IncompleteMetadataError(f"the model's metadata must say {name}")
        if len(value) > MAX_CHARACTERS:
            raise IncompleteMetadataError(
                f"{name} has {len(value)} characters; a model package holds {MAX_CHARACTERS}"
            )
    try:
        Window.from_json(properties)
    except WindowError as error:
        raise IncompleteMetadataError(str(error)) from error
