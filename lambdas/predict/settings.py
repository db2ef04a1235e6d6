import os
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the predict function's environment variables say.

    Attributes:
        endpoint_name: Endpoint that is asked.
        log_queue_url: Queue that every answer is logged through.
        spill_bucket_name: Bucket of the records that are too large for the queue.
        max_message_bytes: Largest record that goes through the queue.
        latency_budget_seconds: Longest time that an endpoint may take to answer, all attempts
            included. A serverless endpoint that starts may take a minute.
    """

    endpoint_name: str
    log_queue_url: str
    spill_bucket_name: str
    max_message_bytes: int
    latency_budget_seconds: float

    @classmethod
    @cache
    def from_environ(cls) -> "Settings":
        """Read the environment, once.

        Raises:
            KeyError: a variable is missing.
            ValueError: one is not the number that it should be.
        """
        return cls(
            endpoint_name=os.environ["ENDPOINT_NAME"],
            log_queue_url=os.environ["LOG_QUEUE_URL"],
            spill_bucket_name=os.environ["SPILL_BUCKET_NAME"],
            max_message_bytes=int(os.environ["MAX_MESSAGE_BYTES"]),
            latency_budget_seconds=float(os.environ["LATENCY_BUDGET_SECONDS"]),
        )
