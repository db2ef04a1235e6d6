"""The norm that a run compares with: the model's baseline, with the thresholds in force."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from lambdas.shared.errors import PermanentError
from lambdas.shared.objects import MissingObjectError, Objects
from lambdas.shared.registry import Registry, UnknownPackageError
from schemas.constraints import ConstraintsError, Document, patched, quality_patch
from schemas.keys import split_uri
from schemas.monitoring import (
    CONSTRAINTS_FILE,
    EVALUATION_FILE,
    OVERRIDES_KEY,
    SCORES_FILE,
    STATISTICS_FILE,
)
from schemas.registry import IncompleteMetadataError, ModelMetadata, version_of

_REMEDY = "bring its older version back, or train and release another model"


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What a run compares with.

    Attributes:
        arn: The model package.
        metadata: Where it comes from.
        constraints: Thresholds in force.
    """

    arn: str
    metadata: ModelMetadata
    constraints: Document

    @cached_property
    def constraints_text(self) -> str:
        """The thresholds as JSON; the same ones give the same bytes."""
        return json.dumps(self.constraints, sort_keys=True, indent=1)

    def write(self, prefix: str, artifacts: Objects) -> None:
        """Write everything below `prefix`, except what an old model does not have.

        Raises:
            PermanentError: `baseline-missing`.
        """
        sources = {
            STATISTICS_FILE: f"{self.metadata.baseline_uri}{STATISTICS_FILE}",
            EVALUATION_FILE: self.metadata.evaluation_uri,
        }
        for name, uri in sources.items():
            try:
                artifacts.copy(uri, f"{prefix}{name}")
            except MissingObjectError as error:
                _refuse_missing(self.arn, error)
        scores = f"{self.metadata.evaluation_uri.rpartition('/')[0]}/{SCORES_FILE}"
        # Models that were trained before scores were kept have none.
        if artifacts.exists(split_uri(scores)[1]):
            artifacts.copy(scores, f"{prefix}{SCORES_FILE}")
        artifacts.write(f"{prefix}{CONSTRAINTS_FILE}", self.constraints_text)


class Baselines:
    """Reads baselines.

    Args:
        registry: The models.
        artifacts: Where their baselines lie, and what people have changed of the thresholds.
        deployment: What the deployment asks of any model; a patch.
        max_auc_loss: By how much AUC may fall below that on the holdout.
    """

    def __init__(
        self,
        registry: Registry,
        artifacts: Objects,
        *,
        deployment: Mapping[str, Any],
        max_auc_loss: float,
    ) -> None:
        self._registry = registry
        self._artifacts = artifacts
        self._deployment = deployment
        self._max_auc_loss = max_auc_loss

    def read(self, arn: str) -> Baseline:
        """Return the baseline of a model.

        Raises:
            PermanentError: `model-unusable`, `baseline-missing`, `baseline-unusable`,
                `thresholds-unusable`; the text says what to mend.
        """
        metadata = self._metadata(arn)
        deployed = self._deployed(arn, metadata)
        try:
            constraints = patched(deployed, self._people())
        except ConstraintsError as error:
            raise self._unusable_overrides(
                f"does not fit model {version_of(arn)}: {error}"
            ) from error
        return Baseline(arn=arn, metadata=metadata, constraints=constraints)

    def _metadata(self, arn: str) -> ModelMetadata:
        try:
            return self._registry.describe(arn).metadata
        except (UnknownPackageError, IncompleteMetadataError) as error:
            raise PermanentError(
                "model-unusable",
                f"{arn} serves, but the registry does not say where its baseline is: {error}. "
                "Release a model that the training pipeline has registered",
                arn,
            ) from error

    def _deployed(self, arn: str, metadata: ModelMetadata) -> Document:
        """Return the model's own thresholds, with what the deployment asks."""
        uri = f"{metadata.baseline_uri}{CONSTRAINTS_FILE}"
        try:
            document = json.loads(self._artifacts.read(split_uri(uri)[1]))
            quality = quality_patch(float(metadata.auc), self._max_auc_loss)
        except MissingObjectError as error:
            _refuse_missing(arn, error)
        except ValueError as error:
            raise PermanentError(
                "baseline-unusable", f"{uri} is no JSON, or AUC no number: {error}; {_REMEDY}", uri
            ) from error
        try:
            return patched(patched(document, self._deployment), quality)
        except (ConstraintsError, TypeError, ValueError) as error:
            raise PermanentError(
                "baseline-unusable",
                f"the deployment's thresholds do not fit {uri}: {error}. Correct `monitoring` in "
                f"config/model.py and deploy, or {_REMEDY}",
                uri,
            ) from error

    def _people(self) -> Document:
        """Return what people have changed; nothing when they have changed nothing."""
        try:
            text = self._artifacts.read(OVERRIDES_KEY)
        except MissingObjectError:
            return {}
        try:
            document = json.loads(text, parse_constant=_refuse_constant)
        except ValueError as error:
            raise self._unusable_overrides(f"is no JSON: {error}") from error
        if not isinstance(document, dict):
            raise self._unusable_overrides("is no JSON object")
        return document

    def _unusable_overrides(self, why: str) -> PermanentError:
        uri = self._artifacts.uri(OVERRIDES_KEY)
        return PermanentError(
            "thresholds-unusable",
            f"{uri}, what people have changed of the thresholds, {why}. Mend it with `python -m "
            "ops monitor baseline edit`, or undo it with `python -m ops monitor baseline reset`",
            uri,
        )


def _refuse_missing(arn: str, error: MissingObjectError) -> NoReturn:
    raise PermanentError(
        "baseline-missing",
        f"{error.uri}, a part of the baseline of {arn}, is gone; {_REMEDY}",
        error.uri,
    ) from error


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
