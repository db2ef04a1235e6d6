"""What a training begins with: immutable data, code and parameters, and the claim on the run.

Everything is written in an order that can be cut anywhere: what has its content in its name comes
first and is written again without harm, then the claim, which the same execution finds again, then
the run's own files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.shared.clock import Clock, timestamp
from lambdas.shared.code import code_key, keep_code
from lambdas.shared.deadline import Deadline
from lambdas.shared.errors import PermanentError
from lambdas.shared.objects import MissingObjectError, Objects
from lambdas.shared.registry import Registry
from lambdas.shared.releases import ReleaseTable
from lambdas.shared.runs import RunTable
from lambdas.snapshot.champions import champion_in_force
from lambdas.snapshot.claims import Claims
from lambdas.snapshot.copies import copy_objects
from lambdas.snapshot.curated import CuratedLake
from lambdas.snapshot.recipe import Code, Recipe, begin
from lambdas.snapshot.reproduction import recipe_of
from lambdas.snapshot.request import Request
from lambdas.snapshot.selection import (
    CuratedFile,
    Months,
    TooLittleDataError,
    files_in_force,
    files_of_window,
    is_by_month,
    months_of,
    newest_window,
)
from schemas.datasets import DatasetContract
from schemas.keys import split_uri
from schemas.manifests import Manifest
from schemas.runs import Mode, RunStatus, TrainingRun, Trigger
from schemas.training import Parameters, PlannedRun
from schemas.windows import Window


class NothingToDoError(Exception):
    """The execution need not train; the text says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Defaults:
    """What the deployment says of every run.

    Attributes:
        group_name: Model package group of the models.
        code: What trains them, where the deployment has put it.
        image_uri: Container image of all jobs.
        job_name_prefix: First part of the names of all jobs.
        tuning: What a tuning is told.
        min_new_rows: Rows that make new data worth a training.
    """

    group_name: str
    code: Code
    image_uri: str
    job_name_prefix: str
    tuning: Mapping[str, Any]
    min_new_rows: int


class Preparation:
    """Prepares runs.

    Args:
        lake: Curated files.
        artifacts: Where snapshots, code and runs lie.
        runs: Training runs.
        claims: Decides who may run what.
        registry: Registered models.
        releases: What serves.
        contracts: Contracts of the snapshot's datasets, the main one first.
        defaults: What the deployment says.
        clock: Tells the time.
    """

    def __init__(
        self,
        *,
        lake: CuratedLake,
        artifacts: Objects,
        runs: RunTable,
        claims: Claims,
        registry: Registry,
        releases: ReleaseTable,
        contracts: Sequence[DatasetContract],
        defaults: Defaults,
        clock: Clock,
    ) -> None:
        self._lake = lake
        self._artifacts = artifacts
        self._runs = runs
        self._claims = claims
        self._registry = registry
        self._releases = releases
        self._contracts = contracts
        self._main = contracts[0]
        self._defaults = defaults
        self._clock = clock

    def prepare(self, request: Request, execution_arn: str, deadline: Deadline) -> PlannedRun:
        """Prepare the run that an execution asks for, however often it asks.

        Raises:
            NothingToDoError: it need not, or must not, run.
            InvalidInputError: the model package that it reproduces cannot be reproduced.
            PermanentError: `missing-data`, or something else that no retry brings.
            TransientError: it is to be tried again.
        """
        if request.reproduces:
            return self._reproduce(request, execution_arn)
        return self._train(request, execution_arn, deadline)

    def _train(self, request: Request, execution_arn: str, deadline: Deadline) -> PlannedRun:
        manifest, code = self._manifest(request), self._defaults.code
        recipe = Recipe(
            trigger=request.trigger,
            execution_arn=execution_arn,
            manifest=manifest,
            code=Code(uri=self._artifacts.uri(code_key(code.sha256)), sha256=code.sha256),
            parameters=Parameters(
                mode=request.mode,
                hyperparameters=dict(request.hyperparameters),
                tuning=dict(self._defaults.tuning) if request.mode is Mode.TUNE else {},
            ),
            image_uri=self._defaults.image_uri,
            job_name_prefix=self._defaults.job_name_prefix,
        )
        run = self._run(recipe)
        # Before the copies: most runs on a schedule end here.
        if reason := self._claims.why_not(run):
            raise NothingToDoError(reason)
        if request.trigger is Trigger.NEW_DATA:
            self._check_news(manifest)
        copy_objects(manifest.objects, self._artifacts, deadline)
        self._write_manifest(manifest)
        keep_code(code.uri, code.sha256, self._artifacts)
        claimed = self._claim(run)
        champion = champion_in_force(self._releases, self._registry, self._defaults.group_name)
        return begin(recipe, claimed, champion, self._artifacts)

    def _reproduce(self, request: Request, execution_arn: str) -> PlannedRun:
        recipe, original = recipe_of(
            request.reproduces,
            execution_arn,
            job_name_prefix=self._defaults.job_name_prefix,
            group_name=self._defaults.group_name,
            registry=self._registry,
            artifacts=self._artifacts,
        )
        claimed = self._claim(self._run(recipe))
        self._write_manifest(recipe.manifest)
        return begin(recipe, claimed, original, self._artifacts)

    def _run(self, recipe: Recipe) -> TrainingRun:
        return recipe.run(
            self._artifacts,
            rows=recipe.manifest.rows(self._main.name),
            began_at=timestamp(self._clock()),
        )

    def _claim(self, run: TrainingRun) -> TrainingRun:
        claimed, reason = self._claims.claim(run)
        if claimed is None:
            raise NothingToDoError(reason)
        return claimed

    def _manifest(self, request: Request) -> Manifest:
        """Return the snapshot of what is curated now; nothing of it is copied yet."""
        names = [each.name for each in self._contracts]
        files = files_in_force(self._lake.entries(names), self._contracts)
        months = months_of(files, self._contracts)
        window = request.window or self._newest_window(months, request.trigger)
        chosen: list[CuratedFile] = files_of_window(files, months, window, self._contracts)
        contracts = {each.name: each.content_hash for each in self._contracts}
        return Manifest.of(window, contracts, self._lake.objects(chosen))

    def _newest_window(self, months: Months, trigger: Trigger) -> Window:
        if not is_by_month(self._main):
            raise PermanentError(
                "not-by-month",
                f"the contract of {self._main.name} has no partitions by year and month, so there "
                "are no months to train on and to judge by; partition it, or make another dataset "
                "the first",
            )
        try:
            return newest_window(months, self._main.name)
        except TooLittleDataError as error:
            if trigger is Trigger.MANUAL:
                raise PermanentError("too-little-data", str(error)) from error
            raise NothingToDoError(str(error)) from error

    def _check_news(self, manifest: Manifest) -> None:
        last = self._runs.newest(RunStatus.REGISTERED)
        rows = manifest.rows(self._main.name, since=self._manifest_of(last))
        if rows < self._defaults.min_new_rows:
            since = f"since run {last.run_id} " if last else ""
            raise NothingToDoError(
                f"{rows:,} rows of {self._main.name} have come {since}in complete months, of "
                f"{self._defaults.min_new_rows:,} that are worth a training"
            )

    def _manifest_of(self, run: TrainingRun | None) -> Manifest | None:
        if run is None:
            return None
        _, key = split_uri(run.manifest_uri)
        try:
            return Manifest.from_text(self._artifacts.read(key))
        except MissingObjectError:
            return None  # removed with its snapshot: everything is new

    def _write_manifest(self, manifest: Manifest) -> None:
        self._artifacts.write(manifest.input_key, manifest.input_text(self._artifacts.bucket))
        self._artifacts.write(manifest.key, manifest.text)
