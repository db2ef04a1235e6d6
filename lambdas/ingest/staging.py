"""A file becomes temporary files: Parquet for accepted rows, JSON Lines for the others."""

import errno
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from contracts.arrow import Block, RejectedRow
from contracts.errors import FileRejectedError, FileRejection
from contracts.files import check_share, check_share_so_far
from contracts.partitions import PartitionedWriter
from lambdas.shared.deadline import Deadline
from lambdas.shared.errors import TransientError
from schemas.datasets import DatasetContract

# The ledger lists every file of a version, of the run in force and of the next one, in one item
# of at most 400 KB; an address has some 200 bytes.
MAX_PARTITIONS = 800


@dataclass(frozen=True, kw_only=True, slots=True)
class StagedFiles:
    """What a raw file has become, on the local disk.

    Attributes:
        rows_in: Records of the file.
        rows_accepted: Records in the Parquet files.
        quarantined_by_reason: Reason code to number of records.
        partitions: Parquet file of each Hive partition path.
        quarantine: File of the refused records; None when there are none.
    """

    rows_in: int
    rows_accepted: int
    quarantined_by_reason: dict[str, int]
    partitions: dict[str, Path]
    quarantine: Path | None


def stage_file(
    blocks: Iterable[Block],
    contract: DatasetContract,
    folder: Path,
    deadline: Deadline,
    *,
    most_good_rows: int,
) -> StagedFiles:
    """Write `blocks` to `folder`; memory stays that of a block and of the writer's row groups.

    Args:
        blocks: The file's rows.
        contract: What the rows were checked against.
        folder: Where to write; it exists.
        deadline: When to stop.
        most_good_rows: Good rows that a file of this size can have at most.

    Raises:
        FileRejectedError: the blocks raised it, or the file as a whole breaks its contract.
        TransientError: the time is nearly up, or the disk is full.
    """
    reasons: Counter[str] = Counter()
    rows_accepted = 0
    quarantine = folder / "quarantine.jsonl"
    with (
        _disk_errors(),
        quarantine.open("w", encoding="utf-8") as refused,
        PartitionedWriter(contract, folder / "curated") as writer,
    ):
        for block in blocks:
            deadline.check()
            # Before the next block, so that a file of one block gets the verdict on all its rows.
            check_share_so_far(contract, most_good_rows, reasons)
            writer.write(block.accepted)
            rows_accepted += block.accepted.num_rows
            for row in block.rejected:
                _write_row(refused, row)
                reasons[row.code.value] += 1
    rows_rejected = reasons.total()
    check_share(contract, rows_accepted + rows_rejected, rows_rejected, reasons)
    _check_partitions(len(writer.files))
    return StagedFiles(
        rows_in=rows_accepted + rows_rejected,
        rows_accepted=rows_accepted,
        quarantined_by_reason=dict(reasons),
        partitions=writer.files,
        quarantine=quarantine if rows_rejected else None,
    )


def _write_row(refused: TextIO, row: RejectedRow) -> None:
    line = {
        "line": row.line,
        "reason": row.code,
        "column": row.column,
        "message": row.message,
        "text": row.text,
    }
    refused.write(f"{json.dumps(line)}\n")


def _check_partitions(partitions: int) -> None:
    if partitions > MAX_PARTITIONS:
        raise FileRejectedError(
            FileRejection.TOO_LARGE,
            f"the file's rows belong to {partitions:,} partitions, of which one file may have at "
            f"most {MAX_PARTITIONS:,}; split it by time and upload the parts",
        )


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise TransientError(
            "storage-full",
            "the function's temporary storage is full; if it keeps happening, raise "
            "ephemeral_storage_mb, or split the file",
        ) from error
