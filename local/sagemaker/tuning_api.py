"""The operations on tuning jobs."""

import threading
from collections.abc import Mapping
from typing import Any

from local.sagemaker import listing
from local.sagemaker.constraints import missing
from local.sagemaker.errors import ApiError, invalid, not_implemented
from local.sagemaker.kinds import TRAINING_JOB, TUNING_JOB
from local.sagemaker.records import Record
from local.sagemaker.sampling import sampler
from local.sagemaker.training_api import TrainingJobs, refuse_what_is_unsupported
from local.sagemaker.tuning import Tuning, counters, summary, value_of
from local.sagemaker.world import Handlers, Request, World

_UNSUPPORTED = ("TrainingJobDefinitions", "WarmStartConfig", "Autotune")
_RUNNING = ("InProgress", "Stopping")


class TuningJobs:
    """The operations on tuning jobs. They wait in no queue; their training jobs do."""

    def __init__(self, world: World, training: TrainingJobs) -> None:
        self._world = world
        self._training = training
        self._threads: dict[str, tuple[Tuning, threading.Thread]] = {}

    def handlers(self) -> Handlers:
        """Return what answers each operation."""
        return {
            "CreateHyperParameterTuningJob": self.create,
            "DescribeHyperParameterTuningJob": self.describe,
            "ListHyperParameterTuningJobs": self.list,
            "StopHyperParameterTuningJob": self.stop,
            "DeleteHyperParameterTuningJob": self.delete,
            "ListTrainingJobsForHyperParameterTuningJob": self.list_training_jobs,
        }

    def create(self, request: Request) -> dict[str, Any]:
        """Create a job and let it run."""
        name, config = request["HyperParameterTuningJobName"], request[_CONFIG]
        _refuse_what_is_unsupported(request.params)
        sample = sampler(config.get("ParameterRanges", {}), config.get("RandomSeed", name))
        record = self._world.create(
            TUNING_JOB,
            name,
            {
                **request.params,
                "HyperParameterTuningJobStatus": "InProgress",
                "Strategy": config["Strategy"],
                "ResourceLimits": config["ResourceLimits"],
                **counters([]),
            },
        )
        tuning = Tuning(self._world, self._training, record, sample)
        thread = threading.Thread(target=tuning.run, name=f"tuning-{name}", daemon=True)
        self._threads[name] = tuning, thread
        thread.start()
        return {"HyperParameterTuningJobArn": record["HyperParameterTuningJobArn"]}

    def describe(self, request: Request) -> Record:
        """Return a job's record."""
        return self._world.records.get(TUNING_JOB, request["HyperParameterTuningJobName"])

    def list(self, request: Request) -> dict[str, Any]:
        """Return a page of jobs."""
        records = self._world.records.all_of(TUNING_JOB)
        page = listing.page_of(TUNING_JOB, records, request.params, sort_by="Name")
        return page.answer("HyperParameterTuningJobSummaries")

    def stop(self, request: Request) -> None:
        """Ask a running job to stop."""
        name, records = request["HyperParameterTuningJobName"], self._world.records
        with records.lock:
            status = records.get(TUNING_JOB, name)["HyperParameterTuningJobStatus"]
            if status not in _RUNNING:
                raise invalid(
                    f"The request was rejected because the tuning job is in status {status}."
                )
            if status == "InProgress":
                changes = {"HyperParameterTuningJobStatus": "Stopping"}
                record = records.update(TUNING_JOB, name, changes)
        if status == "InProgress":
            self._world.telemetry.changed(TUNING_JOB, record)
        self._threads[name][0].stop()

    def delete(self, request: Request) -> None:
        """Forget a job that has ended."""
        name, records = request["HyperParameterTuningJobName"], self._world.records
        with records.lock:
            status = records.get(TUNING_JOB, name)["HyperParameterTuningJobStatus"]
            if status in _RUNNING:
                raise ApiError("ResourceInUse", f"The tuning job {name} is in status {status}.")
            records.remove(TUNING_JOB, name)
        self._threads.pop(name, None)

    def list_training_jobs(self, request: Request) -> dict[str, Any]:
        """Return a page of the training jobs that a job has started."""
        job = self._world.records.get(TUNING_JOB, request["HyperParameterTuningJobName"])
        objective = job[_CONFIG][_OBJECTIVE]
        found = [
            summary(record, objective)
            for record in self._world.records.all_of(TRAINING_JOB)
            if record.get("TuningJobArn") == job["HyperParameterTuningJobArn"]
        ]
        params, handled = request.params, ("HyperParameterTuningJobName",)
        if params.get("SortBy") != "FinalObjectiveMetricValue":
            page = listing.page_of(TRAINING_JOB, found, params, sort_by="Name", handled=handled)
            return page.answer("TrainingJobSummaries")
        status = params.get("StatusEquals")
        scored = [
            each
            for each in found
            if "FinalHyperParameterTuningJobObjectiveMetric" in each
            and status in (None, each["TrainingJobStatus"])
        ]
        descending = params.get("SortOrder") == "Descending"
        page = listing.cut(TRAINING_JOB, scored, params, value_of, descending)
        return page.answer("TrainingJobSummaries")

    def close(self) -> None:
        """Return when no job starts further training jobs."""
        for _, thread in self._threads.values():
            thread.join()


_CONFIG = "HyperParameterTuningJobConfig"
_OBJECTIVE = "HyperParameterTuningJobObjective"


def _refuse_what_is_unsupported(params: Mapping[str, Any]) -> None:
    """Refuse what AWS would refuse, and what only AWS can do.

    Raises:
        ApiError: the request holds such a thing.
    """
    config = params[_CONFIG]
    if unsupported := [member for member in _UNSUPPORTED if params.get(member)]:
        raise not_implemented(f"{', '.join(unsupported)} of tuning jobs")
    if config.get("TuningJobCompletionCriteria"):
        raise not_implemented("TuningJobCompletionCriteria of tuning jobs")
    for member in (_OBJECTIVE, "ParameterRanges"):
        if not config.get(member):
            raise missing(f"hyperParameterTuningJobConfig.{member[0].lower()}{member[1:]}")
    definition = params.get("TrainingJobDefinition")
    if not definition:
        raise missing("trainingJobDefinition")
    metric = config[_OBJECTIVE]["MetricName"]
    defined = definition["AlgorithmSpecification"].get("MetricDefinitions", ())
    if metric not in {each["Name"] for each in defined}:
        raise invalid(
            f"The objective metric {metric} should be one of the MetricDefinitions of the "
            "AlgorithmSpecification."
        )
    refuse_what_is_unsupported(
        {**definition, "HyperParameters": definition.get("StaticHyperParameters", {})}
    )
