"""One run of a tuning job: training jobs with random hyperparameters, a few at a time."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any

from local.sagemaker.errors import ApiError
from local.sagemaker.kinds import TRAINING_JOB, TUNING_JOB
from local.sagemaker.records import Record, now
from local.sagemaker.script_mode import OBJECTIVE
from local.sagemaker.training_api import TrainingJobs
from local.sagemaker.world import Request, World

logger = logging.getLogger(__name__)

# How long after its limit, or the wish to stop it, a tuning job goes on waiting in vain.
_CHECK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Trial:
    """A training job of a tuning job, with the values that were drawn for it."""

    job: str
    values: Mapping[str, str]


class Tuning:
    """One run of a tuning job."""

    def __init__(
        self,
        world: World,
        training: TrainingJobs,
        record: Record,
        sample: Callable[[], dict[str, str]],
    ) -> None:
        self._world = world
        self._training = training
        self._sample = sample
        self.name: str = record["HyperParameterTuningJobName"]
        self._arn: str = record["HyperParameterTuningJobArn"]
        self._config = record["HyperParameterTuningJobConfig"]
        self._definition = record["TrainingJobDefinition"]
        self._limits = self._config["ResourceLimits"]
        self._deadline = time.monotonic() + self._limits.get("MaxRuntimeInSeconds", float("inf"))
        self._stopped = threading.Event()
        self._trials: list[Trial] = []

    def run(self) -> None:
        """Do all of it and record how it ended."""
        try:
            self._search()
            ending = self._ending()
        except ApiError as error:
            ending = {"HyperParameterTuningJobStatus": "Failed", "FailureReason": error.message}
        except Exception:
            if not self._world.closing.is_set():
                logger.exception("tuning job %s", self.name)
            ending = {
                "HyperParameterTuningJobStatus": "Failed",
                "FailureReason": "InternalServerError: We encountered an internal error.",
            }
        if self._world.closing.is_set():
            return
        self._world.change(
            TUNING_JOB,
            self.name,
            {**self._progress(), **ending, "HyperParameterTuningEndTime": now()},
        )

    def stop(self) -> None:
        """Stop its training jobs and start no further ones."""
        self._stopped.set()

    @property
    def _is_over(self) -> bool:
        return (
            self._stopped.is_set()
            or self._world.closing.is_set()
            or time.monotonic() >= self._deadline
        )

    def _search(self) -> None:
        most = self._limits.get("MaxNumberOfTrainingJobs", float("inf"))
        parallel = self._limits["MaxParallelTrainingJobs"]
        running: set[Future[None]] = set()
        while not self._is_over and (running or len(self._trials) < most):
            while len(running) < parallel and len(self._trials) < most:
                running.add(self._start_trial())
            ended, running = wait(running, _CHECK_SECONDS, FIRST_COMPLETED)
            if ended:
                self._world.change(TUNING_JOB, self.name, self._progress())
        for trial in self._trials:
            self._stop_trial(trial)
        # When the service ends, trainings that wait for their turn never do.
        while running and not self._world.closing.is_set():
            _, running = wait(running, _CHECK_SECONDS)

    def _start_trial(self) -> "Future[None]":
        values = self._sample()
        number = len(self._trials) + 1
        name = f"{self.name}-{number:03d}-{uuid.uuid4().hex[:8]}"
        definition = self._definition
        params = {
            member: definition[member]
            for member in definition
            if member not in ("DefinitionName", "StaticHyperParameters", "HyperParameterRanges")
        }
        hyperparameters = {
            **definition.get("StaticHyperParameters", {}),
            **values,
            OBJECTIVE: self._objective["MetricName"],
        }
        future = self._training.begin(
            {**params, "TrainingJobName": name, "HyperParameters": hyperparameters},
            self._remarks(),
            TuningJobArn=self._arn,
            _TunedHyperParameters=values,
        )
        self._trials.append(Trial(name, values))
        self._world.change(TUNING_JOB, self.name, self._progress())
        return future

    def _remarks(self) -> list[str]:
        strategy = self._config["Strategy"]
        if strategy == "Random":
            return []
        return [f"local SageMaker: the strategy {strategy} runs as a random search"]

    def _stop_trial(self, trial: Trial) -> None:
        record = self._world.records.get(TRAINING_JOB, trial.job)
        if record["TrainingJobStatus"] == "InProgress" and not self._world.closing.is_set():
            try:
                self._training.stop(Request("StopTrainingJob", {"TrainingJobName": trial.job}))
            except ApiError:
                logger.debug("%s ended by itself", trial.job)

    @property
    def _objective(self) -> Mapping[str, str]:
        objective: Mapping[str, str] = self._config["HyperParameterTuningJobObjective"]
        return objective

    def _summaries(self) -> list[dict[str, Any]]:
        records = (self._world.records.get(TRAINING_JOB, trial.job) for trial in self._trials)
        return [summary(record, self._objective) for record in records]

    def _progress(self) -> dict[str, Any]:
        """Return counters and best job as they are now."""
        summaries = self._summaries()
        scored = [each for each in summaries if each["ObjectiveStatus"] == "Succeeded"]
        sign = 1 if self._objective["Type"] == "Maximize" else -1
        best = max(scored, key=lambda each: sign * value_of(each), default=None)
        return {
            **counters(summaries),
            "BestTrainingJob": best,
        }

    def _ending(self) -> dict[str, Any]:
        if self._stopped.is_set():
            return {"HyperParameterTuningJobStatus": "Stopped"}
        if any(each["TrainingJobStatus"] == "Completed" for each in self._summaries()):
            return {"HyperParameterTuningJobStatus": "Completed"}
        return {
            "HyperParameterTuningJobStatus": "Failed",
            "FailureReason": "All training jobs failed. Please take a look at the training jobs "
            "failures to get more details.",
        }


def summary(record: Record, objective: Mapping[str, str]) -> dict[str, Any]:
    """Return what a tuning job tells of one of its training jobs."""
    metrics = {each["MetricName"]: each for each in record.get("FinalMetricDataList", ())}
    found = metrics.get(objective["MetricName"])
    status = record["TrainingJobStatus"]
    objective_status = "Pending"
    if status not in ("InProgress", "Stopping"):
        objective_status = "Succeeded" if status == "Completed" and found else "Failed"
    final = (
        {
            "FinalHyperParameterTuningJobObjectiveMetric": {
                "Type": objective["Type"],
                "MetricName": objective["MetricName"],
                "Value": found["Value"],
            }
        }
        if found
        else {}
    )
    return {
        **{
            member: record[member]
            for member in (
                "TrainingJobName",
                "TrainingJobArn",
                "CreationTime",
                "TrainingStartTime",
                "TrainingEndTime",
                "TrainingJobStatus",
                "FailureReason",
            )
            if member in record
        },
        "TunedHyperParameters": record["_TunedHyperParameters"],
        "ObjectiveStatus": objective_status,
        **final,
    }


def value_of(job: Mapping[str, Any]) -> float:
    """Return the objective that a training job reached."""
    return float(job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


def counters(summaries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how many training jobs are in each state."""
    statuses = [each["TrainingJobStatus"] for each in summaries]
    objectives = [each["ObjectiveStatus"] for each in summaries]
    return {
        "TrainingJobStatusCounters": {
            "Completed": statuses.count("Completed"),
            "InProgress": statuses.count("InProgress") + statuses.count("Stopping"),
            "RetryableError": 0,
            "NonRetryableError": statuses.count("Failed"),
            "Stopped": statuses.count("Stopped"),
        },
        "ObjectiveStatusCounters": {
            name: objectives.count(name) for name in ("Succeeded", "Pending", "Failed")
        },
    }
