"""Runs a few jobs at a time and lets the others wait."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

from local.sagemaker.errors import ApiError
from local.sagemaker.jobs import Ending, Job
from local.sagemaker.kinds import Kind
from local.sagemaker.settings import Settings

_Key = tuple[Kind, str]


class JobQueue:
    """The jobs that run or wait, in the order in which they came."""

    def __init__(self, settings: Settings) -> None:
        self._concurrency = settings.concurrency
        self._limit = settings.queue_limit
        self._threads = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="job")
        self._lock = threading.Lock()
        self._jobs: dict[_Key, tuple[Job, Future[None]]] = {}
        self._is_closed = False

    def refuse_when_full(self) -> None:
        """Refuse a further job when as many as may wait already do.

        Raises:
            ApiError: they do; the error is that of an exhausted quota.
        """
        if len(self._jobs) >= self._limit:
            raise ApiError(
                "ResourceLimitExceeded",
                "The account-level service limit 'Number of instances across all jobs' is "
                f"{self._limit} Instances, with current utilization of {self._limit} Instances "
                "and a request delta of 1 Instances.",
            )

    def start(self, job: Job) -> "Future[None]":
        """Run a job as soon as its turn comes; the result is there when it has ended."""
        key = job.kind, job.name
        if len(self._jobs) >= self._concurrency:
            job.enter("Pending")
        with self._lock:
            if self._is_closed:
                return Future()  # it counts as interrupted, like those that ran
            future = self._threads.submit(job.run)
            self._jobs[key] = job, future
        future.add_done_callback(lambda _: self._forget(key))
        return future

    def stop(self, kind: Kind, name: str) -> None:
        """Stop a job, whether it runs or waits; one that has ended is left alone."""
        with self._lock:
            job, future = self._jobs.get((kind, name), (None, None))
        if job is None or future is None:
            return
        if future.cancel():
            job.end(Ending("Stopped"))
        else:
            job.stop()

    def close(self) -> None:
        """Kill all jobs and return when they have ended."""
        with self._lock:
            self._is_closed = True
            jobs = [job for job, _ in self._jobs.values()]
        self._threads.shutdown(wait=False, cancel_futures=True)
        for job in jobs:
            job.kill()
        self._threads.shutdown(wait=True)

    def _forget(self, key: _Key) -> None:
        with self._lock:
            self._jobs.pop(key, None)
