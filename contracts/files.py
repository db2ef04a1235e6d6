"""What holds for a file as a whole: its format, and how many bad rows are too many."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePosixPath

from contracts.errors import FileRejectedError, FileRejection
from schemas.datasets import DatasetContract

_REASONS_IN_MESSAGE = 3


class FileFormat(StrEnum):
    """Formats that are read, each named by the suffix of its files."""

    CSV = "csv"
    JSON_LINES = "jsonl"


def format_of(key: str) -> FileFormat:
    """Return the format that the suffix of `key` names, in upper or lower case.

    Raises:
        FileRejectedError: `unsupported-format`.
    """
    suffix = PurePosixPath(key.rpartition("/")[2]).suffix.lower()
    try:
        return FileFormat(suffix.removeprefix("."))
    except ValueError:
        supported = " or ".join(f".{known}" for known in FileFormat)
        raise FileRejectedError(
            FileRejection.UNSUPPORTED_FORMAT,
            f"the file's name must end in {supported}; convert it and upload it under such a name",
        ) from None


def most_good_rows(contract: DatasetContract, file_format: FileFormat, file_bytes: int) -> int:
    """Return how many rows that `contract` accepts fit in `file_bytes` at most.

    In CSV such a row has a comma or line end per column; in JSON Lines it has braces, and for each
    required column a name, a value and a comma or line end. The last line end may be missing.
    """
    if file_format is FileFormat.CSV:
        smallest = len(contract.columns)
    else:
        required = [column.name for column in contract.columns if not column.nullable]
        smallest = len("{}") + sum(len(f'"{name}":0,') for name in required)
    return (file_bytes + 1) // smallest


def check_share_so_far(
    contract: DatasetContract, most_good_rows: int, reasons: Mapping[str, int]
) -> None:
    """Refuse a file half way that has more bad rows than what follows could make up for.

    Read to its end, a large file of bad rows alone would take the disk or the time that there is,
    and end as a failure that looks transient.

    Args:
        contract: The dataset's contract.
        most_good_rows: Good rows that the whole file can have at most.
        reasons: Rejected rows so far, by reason code.

    Raises:
        FileRejectedError: `too-many-bad-rows`.
    """
    rows_rejected = sum(reasons.values())
    if rows_rejected <= _tolerated(contract, rows_rejected + most_good_rows):
        return
    raise _too_many_bad_rows(
        contract, f"{rows_rejected:,} rows, at which reading was stopped,", reasons
    )


def check_share(
    contract: DatasetContract,
    rows_in: int,
    rows_rejected: int,
    reasons: Mapping[str, int] | None = None,
) -> None:
    """Refuse a file that has more bad rows than `contract` accepts.

    Call it at the end of the file, before anything is curated.

    Args:
        contract: The dataset's contract.
        rows_in: All rows of the file.
        rows_rejected: Those of them that were rejected.
        reasons: Rejected rows by reason code, to name the commonest ones in the message.

    Raises:
        FileRejectedError: `too-many-bad-rows`.
    """
    tolerated = _tolerated(contract, rows_in)
    if rows_rejected == 0 or (rows_rejected <= tolerated and rows_rejected < rows_in):
        return
    raise _too_many_bad_rows(contract, f"{rows_rejected:,} of {rows_in:,} rows", reasons or {})


def _tolerated(contract: DatasetContract, rows_in: int) -> float:
    return max(contract.tolerated_rejected_rows, contract.max_rejected_share * rows_in)


def _too_many_bad_rows(
    contract: DatasetContract, what: str, reasons: Mapping[str, int]
) -> FileRejectedError:
    commonest = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    listed = ", ".join(f"{code} {count:,}" for code, count in commonest[:_REASONS_IN_MESSAGE])
    return FileRejectedError(
        FileRejection.TOO_MANY_BAD_ROWS,
        f"{what} break the contract of {contract.name!r}"
        + (f" ({listed})" if listed else "")
        + f"; it accepts {contract.max_rejected_share:.1%}, or {contract.tolerated_rejected_rows} "
        "rows of a small file as long as one row is good. Nothing was curated: correct the file "
        "and upload it again under the same key, or correct the contract and replay the message",
    )
