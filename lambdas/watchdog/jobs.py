"""Training jobs, and what they log."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code
from lambdas.shared.explanations import TRAINING_LOGS

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sagemaker import SageMakerClient


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A training job as it is now.

    Attributes:
        name: Its name.
        status: Such as `InProgress`.
        stage: What it is doing, such as `Uploading`.
        started_at: Since when its machine is paid for; None before that.
    """

    name: str
    status: str
    stage: str
    started_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether it has ended, or somebody is ending it already."""
        return self.status != "InProgress"

    @property
    def has_ended_by_itself(self) -> bool:
        """Whether it has ended, and not because somebody has stopped it."""
        return self.status in ("Completed", "Failed")

    @property
    def is_trained(self) -> bool:
        """Whether there is nothing left to stop: its model is on the way, for the gate to judge."""
        return self.stage == "Uploading"


class Jobs:
    """Looks at training jobs, and stops them."""

    def __init__(self, sagemaker: "SageMakerClient", logs: "CloudWatchLogsClient") -> None:
        self._sagemaker = sagemaker
        self._logs = logs

    def get(self, name: str) -> Job:
        """Return a job as it is now."""
        found = self._sagemaker.describe_training_job(TrainingJobName=name)
        return Job(
            name=name,
            status=found["TrainingJobStatus"],
            stage=found["SecondaryStatus"],
            started_at=found.get("TrainingStartTime"),
        )

    def messages(self, job: Job) -> Iterator[str]:
        """Yield all that a job has logged so far, oldest first."""
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=TRAINING_LOGS, logStreamNamePrefix=f"{job.name}/"
        )
        try:
            for page in pages:
                for event in page["events"]:
                    yield event["message"]
        except self._logs.exceptions.ResourceNotFoundException:
            return  # SageMaker makes the group when the first job of an account logs

    def stop(self, job: Job) -> bool:
        """Ask a job to stop; return False if it is refused, as of one that is stopping already."""
        try:
            self._sagemaker.stop_training_job(TrainingJobName=job.name)
        except ClientError as error:
            # "The request was rejected because the training job is in status Completed."
            if error_code(error) == "ValidationException":
                return False
            raise
        return True
