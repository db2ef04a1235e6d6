"""How files are ingested in one environment."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestionConfig:
    """Size and speed of ingestion in one environment.

    Attributes:
        timeout_seconds: Longest run of one batch of files.
        memory_mb: Memory of the ingest function; a full vCPU at 1,769 MB.
        ephemeral_storage_mb: Space for the Parquet files of one object while it is read, 512-10240.
        max_concurrency: Most batches at a time, 2-1000.
        reserve_concurrency: Whether the function reserves that concurrency. Accounts with the
            initial quota of 10 cannot reserve any.
        batch_size: Most files in a batch, 1-10.
        ride_out_seconds: Starvation that no valid message may die of.
        expected_burst: Files that may arrive at once.
        seconds_per_file: Time to process a typical file.
        max_drain_seconds: Longest acceptable time to work off `expected_burst`.
        max_file_bytes: Largest file that is read; a larger one is rejected. A batch of such files
            should fit the timeout, or messages lose receives while they wait for their turn.
    """

    timeout_seconds: int
    memory_mb: int
    ephemeral_storage_mb: int
    max_concurrency: int
    reserve_concurrency: bool
    batch_size: int
    ride_out_seconds: int
    expected_burst: int
    seconds_per_file: float
    max_drain_seconds: int
    max_file_bytes: int
