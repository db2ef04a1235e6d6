"""Where the models that answered come from."""

from dataclasses import dataclass

from lambdas.shared.registry import Registry, UnknownPackageError
from lambdas.shared.telemetry import logger
from schemas.registry import IncompleteMetadataError

UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a model comes from, as far as the registry tells.

    Attributes:
        training_job_arn: Job that trained it.
        code_sha256: Code that trained it.
        manifest_uri: Data that it was trained on.
    """

    training_job_arn: str = UNKNOWN
    code_sha256: str = UNKNOWN
    manifest_uri: str = UNKNOWN

    @property
    def is_known(self) -> bool:
        """Whether the registry tells."""
        return UNKNOWN not in (self.training_job_arn, self.code_sha256, self.manifest_uri)


class Provenances:
    """Asks the registry once for each model: what a package carries never changes.

    What is not known is asked for again, because somebody may restore it.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[str, Provenance] = {}

    def of(self, model_package_arn: str) -> Provenance:
        """Return where a model comes from; the prediction is logged whether that is known or not.

        Raises:
            ClientError: the registry did not answer.
        """
        if not model_package_arn:
            return Provenance()
        if model_package_arn not in self._known:
            found = self._ask(model_package_arn)
            if not found.is_known:
                return found
            self._known[model_package_arn] = found
        return self._known[model_package_arn]

    def _ask(self, model_package_arn: str) -> Provenance:
        try:
            metadata = self._registry.describe(model_package_arn).metadata
        except (UnknownPackageError, IncompleteMetadataError) as error:
            logger.warning("model of unknown origin", arn=model_package_arn, error=str(error))
            return Provenance()
        return Provenance(
            training_job_arn=metadata.training_job_arn,
            code_sha256=metadata.code_sha256,
            manifest_uri=metadata.manifest_uri,
        )
