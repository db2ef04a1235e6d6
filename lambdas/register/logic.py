"""Registers the model of a run, once."""

from collections.abc import Mapping
from typing import Any

from lambdas.register.package import (
    Delivery,
    TrainingJob,
    metadata_of,
    package_of,
    trained_parameters,
)
from lambdas.shared.errors import PermanentError
from lambdas.shared.evaluations import read_evaluation
from lambdas.shared.objects import Objects
from lambdas.shared.registry import Registry
from schemas.keys import split_uri
from schemas.training import GateResult, PlannedRun, Verdict


class Registration:
    """Registers models.

    Args:
        registry: Where to.
        group_name: Model package group that they belong to.
        artifacts: The runs' files.
        delivery: What the deployment says of the code.
    """

    def __init__(
        self, *, registry: Registry, group_name: str, artifacts: Objects, delivery: Delivery
    ) -> None:
        self._registry = registry
        self._group_name = group_name
        self._artifacts = artifacts
        self._delivery = delivery

    def register(self, run: PlannedRun, gate: GateResult, training_job: Mapping[str, Any]) -> str:
        """Return the ARN of the run's model package, which is created once, for all attempts.

        Raises:
            PermanentError: `not-to-be-registered`, `incomplete-metadata`, or the evaluation is
                missing or unusable.
        """
        if run.reproduces or gate.decision is not Verdict.REGISTER:
            raise PermanentError(
                "not-to-be-registered",
                f"the gate's decision on run {run.run_id} is {gate.decision.value!r}; only new "
                "models that pass it are registered",
                run.run_id,
            )
        known = self._registry.of_run(self._group_name, run.run_id)
        return known or self._create(run, TrainingJob.from_description(training_job))

    def _create(self, run: PlannedRun, job: TrainingJob) -> str:
        found = read_evaluation(run, self._artifacts)
        parameters = trained_parameters(run, job)
        metadata = metadata_of(run, job, parameters, found, self._delivery)
        package = package_of(run, metadata, found, group_name=self._group_name)
        if parameters.new_text:
            _, key = split_uri(parameters.uri)
            self._artifacts.write(key, parameters.new_text)
        return self._registry.create(package)
