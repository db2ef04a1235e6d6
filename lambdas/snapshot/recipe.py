"""Everything that decides a model, and the run that begins with it."""

import json
from dataclasses import dataclass

from lambdas.shared.errors import PermanentError
from lambdas.shared.objects import MissingObjectError, Objects
from schemas.manifests import Manifest
from schemas.registry import ModelMetadata
from schemas.runs import RunStatus, TrainingRun, Trigger, run_id, run_prefix
from schemas.training import (
    CHAMPION_ARCHIVE,
    CHAMPION_FILE,
    PARAMETERS_FILE,
    Parameters,
    PlannedRun,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Code:
    """The code that trains.

    Attributes:
        uri: One zip file.
        sha256: Its version.
    """

    uri: str
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Champion:
    """A registered model that another is compared with.

    Attributes:
        arn: Its model package.
        metadata: Where it comes from.
    """

    arn: str
    metadata: ModelMetadata


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """What a model is made from.

    Attributes:
        trigger: Why it is made.
        execution_arn: Execution that makes it.
        manifest: Its data.
        code: What trains it.
        parameters: What training is told.
        image_uri: Container image of all jobs.
        job_name_prefix: First part of the names of all jobs of the deployment.
        reproduces: ARN of the model package that is trained again; empty for a new model.
    """

    trigger: Trigger
    execution_arn: str
    manifest: Manifest
    code: Code
    parameters: Parameters
    image_uri: str
    job_name_prefix: str
    reproduces: str = ""

    def run(self, artifacts: Objects, *, rows: int, began_at: str) -> TrainingRun:
        """Return the run that makes the model; each execution reproduces in a run of its own."""
        window = self.manifest.window
        parts = [self.manifest.sha256, self.code.sha256, self.parameters.sha256]
        if self.reproduces:
            parts.append(self.execution_arn)
        return TrainingRun(
            run_id=run_id(window.holdout_from, *parts),
            status=RunStatus.RUNNING,
            trigger=self.trigger,
            execution_arn=self.execution_arn,
            train_from=window.train_from,
            holdout_from=window.holdout_from,
            holdout_to=window.holdout_to,
            manifest_uri=artifacts.uri(self.manifest.key),
            rows=rows,
            model_package_arn=self.reproduces,
            began_at=began_at,
        )


def begin(
    recipe: Recipe, run: TrainingRun, champion: Champion | None, artifacts: Objects
) -> PlannedRun:
    """Write the files that a claimed run begins with; return what the state machine goes on with.

    Only who holds the claim may: jobs of the run read these files.

    Raises:
        PermanentError: `champion-missing`; the archive of the model in force is gone.
    """
    prefix = run_prefix(run.run_id)
    parameters_uri = artifacts.write(f"{prefix}{PARAMETERS_FILE}", recipe.parameters.text)
    if champion is not None:
        _copy_archive(champion, f"{prefix}{CHAMPION_ARCHIVE}", artifacts)
    # Last: it says which model the archive beside it is.
    arn = champion.arn if champion else ""
    artifacts.write(f"{prefix}{CHAMPION_FILE}", json.dumps({"model_package_arn": arn}))
    return PlannedRun(
        run_id=run.run_id,
        attempt=run.attempt,
        job_prefix=f"{recipe.job_name_prefix}-{run.run_id}-{run.attempt}",
        trigger=run.trigger,
        mode=recipe.parameters.mode,
        window=recipe.manifest.window,
        manifest_uri=run.manifest_uri,
        manifest_sha256=recipe.manifest.sha256,
        input_uri=artifacts.uri(recipe.manifest.input_key),
        code_uri=recipe.code.uri,
        code_sha256=recipe.code.sha256,
        image_uri=recipe.image_uri,
        prefix_uri=artifacts.uri(prefix),
        parameters_uri=parameters_uri,
        parameters_sha256=recipe.parameters.sha256,
        hyperparameters=recipe.parameters.hyperparameters,
        champion_package_arn=arn,
        champion_artifact_sha256=champion.metadata.artifact_sha256 if champion else "",
        champion_holdout_from=champion.metadata.holdout_from if champion else "",
        reproduces=recipe.reproduces,
    )


def _copy_archive(champion: Champion, key: str, artifacts: Objects) -> None:
    try:
        artifacts.copy(champion.metadata.artifact_uri, key)
    except MissingObjectError as error:
        raise PermanentError(
            "champion-missing",
            f"{error.uri}, the archive of {champion.arn}, is gone, so nothing can be compared with "
            "it; bring the object back from its older versions, or reject the model package",
            error.uri,
        ) from error
