"""What the ingest function does with a file, without AWS around it."""

from pathlib import Path

from contracts.arrow import read_blocks
from contracts.files import format_of, most_good_rows
from lambdas.ingest.staging import StagedFiles, stage_file
from lambdas.shared.deadline import Deadline
from schemas.datasets import DatasetContract
from schemas.flights import FLIGHTS

_AN_HOUR_MS = 3_600_000


def ingest(source: Path, folder: Path, contract: DatasetContract = FLIGHTS) -> StagedFiles:
    """Check `source` against its contract; write Parquet and quarantine files to `folder`."""
    file_format = format_of(source.name)
    most = most_good_rows(contract, file_format, source.stat().st_size)
    deadline = Deadline(lambda: _AN_HOUR_MS)
    with source.open("rb") as file:
        blocks = read_blocks(file, contract, file_format)
        return stage_file(blocks, contract, folder, deadline, most_good_rows=most)
