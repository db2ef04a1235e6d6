"""The whole platform on the local cloud, with months of real flights, and models that serve."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench import flights
from local import LocalCloud
from ops import conclusions, following, queues, releases, training
from ops.aws import connect
from ops.conclusions import Conclusion
from ops.deployment import Deployment, find_environment
from ops.executions import Execution
from ops.pacing import Poll
from schemas.names import LANDING_PREFIX, Output
from schemas.releases import ReleaseStatus
from schemas.runs import Mode
from schemas.windows import Window

ENVIRONMENT = "local"
LONGEST_SECONDS = 1_800
POLL_SECONDS = 0.5


def deploy(cloud: LocalCloud, assembly: Path) -> Deployment:
    """Deploy the templates of the environment `local` with the real CDK CLI."""
    cloud.deploy(assembly)
    connection = connect(find_environment(ENVIRONMENT), cloud.environment)
    return Deployment.find(ENVIRONMENT, connection)


def ingest(deployment: Deployment, months: range) -> None:
    """Let some months of flights, counted from 1, and the year's weather be curated.

    Raises:
        RuntimeError: it takes too long.
    """
    for name, content in (*monthly(months), ("weather/bench/year.csv", flights.weather())):
        deployment.connection.s3.put_object(
            Bucket=deployment[Output.RAW_BUCKET_NAME],
            Key=f"{LANDING_PREFIX}{name}",
            Body=content,
        )
    if not queues.wait_until_idle(deployment, timeout_seconds=LONGEST_SECONDS):
        raise RuntimeError("ingestion does not come to rest")


def monthly(months: Iterable[int]) -> Iterator[tuple[str, bytes]]:
    """Yield key and content of each month's flights."""
    header, *rows = csv.reader(io.StringIO(flights.year().decode()))
    position = header.index("month")
    for month in months:
        file = io.StringIO()
        chosen = [row for row in rows if row[position] == str(month)]
        csv.writer(file, lineterminator="\n").writerows([header, *chosen])
        yield f"flights/bench/{month}.csv", file.getvalue().encode()


def train(deployment: Deployment, window: Window) -> str:
    """Train a model, and return its package's ARN; the environment approves it by itself.

    Raises:
        RuntimeError: it was not registered; the message says why.
    """
    months = (window.train_from, window.holdout_from, window.holdout_to)
    document = training.request(months=months, mode=Mode.TRAIN)
    started = following.begin(deployment, "bench", document)
    outcome = conclusions.conclude(deployment, follow(deployment, started.execution_arn))
    if outcome.conclusion is not Conclusion.REGISTERED:
        raise RuntimeError(f"no model came of {window}: {'; '.join(outcome.reasons)}")
    return outcome.model_package_arn


def await_release(deployment: Deployment, model_package_arn: str) -> Execution:
    """Wait until the release that an approval has begun has ended, and return it.

    Raises:
        RuntimeError: it did not succeed, or has not begun in time.
    """
    for _ in Poll(LONGEST_SECONDS, POLL_SECONDS):
        for release in releases.read(deployment):
            is_its = release.target.champion == model_package_arn
            if is_its and release.status is not ReleaseStatus.SKIPPED:
                return succeeded(deployment, release.execution_arn)
    raise RuntimeError(f"the approval of {model_package_arn} has begun no release in time")


def succeeded(deployment: Deployment, execution_arn: str) -> Execution:
    """Wait until a release has ended, and return it.

    Raises:
        RuntimeError: it did not succeed; the message says why.
    """
    execution = follow(deployment, execution_arn)
    release = releases.get(deployment, execution.name)
    if release is None or release.status is not ReleaseStatus.SUCCEEDED:
        reason = release.reason if release else execution.cause
        raise RuntimeError(f"the release {execution.name} has failed: {reason}")
    return execution


def follow(deployment: Deployment, execution_arn: str) -> Execution:
    """Wait until an execution has ended, and return it."""
    return following.follow(
        deployment,
        execution_arn,
        timeout_seconds=LONGEST_SECONDS,
        report=lambda _: None,
        poll_seconds=POLL_SECONDS,
    )
