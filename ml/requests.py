"""Requests of a month's examples, as a client would send them: what batch scoring scores."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd

from contracts.rows import JsonJudge, RowRejectedError
from ml import data, records
from ml.errors import UserError
from ml.features import examples
from schemas.catalog import MODEL_DATASETS, MODEL_INPUT
from schemas.windows import month_number

FILE = "requests/requests.jsonl"
"""In a folder of its own, which a transform job is given whole."""
REJECTED_FILE = "rejected.jsonl"
SUMMARY_FILE = "summary.json"


def run(folder: Path, month: str, output: Path) -> None:
    """Write the requests of a month's examples, labelled or not, by rising primary key.

    What breaks the contract of requests is left out, as an endpoint would refuse it: key and reason
    go to `rejected.jsonl`, the numbers of both, `rows` and `rejected`, to `summary.json`.

    Args:
        folder: Curated files of `MODEL_DATASETS` at the paths that ingestion gave them below
            `curated/`: `<dataset>/year=YYYY/month=MM/*.parquet`. Of datasets that are partitioned
            by year and month the month is enough, so a job mounts
            `curated/<dataset>/year=YYYY/month=MM/` there; of others, `curated/<dataset>/` whole.
        month: `YYYY-MM`.
        output: Where to write; made.

    Raises:
        WindowError: `month` is none.
        UserError: there are no data of the month, or none that could be asked for.
    """
    month_number(month)
    found = _examples(folder, month)
    output.joinpath(FILE).parent.mkdir(parents=True, exist_ok=True)
    counts = _write(found, output)
    output.joinpath(SUMMARY_FILE).write_text(json.dumps(counts, sort_keys=True, indent=1))
    print(f"{month}: {counts['rows']:,} requests, {counts['rejected']:,} rejected")  # noqa: T201


def judged(examples: pd.DataFrame) -> Iterator[tuple[records.Request, RowRejectedError | None]]:
    """Yield each as a request, and what the contract of requests has against it."""
    judge = JsonJudge(MODEL_INPUT)
    for request in records.to_requests(examples):
        try:
            judge.judge_object(request)
        except RowRejectedError as error:
            yield request, error
        else:
            yield request, None


def nobody_could_ask(fault: RowRejectedError | None) -> UserError:
    """Return the error that all examples break the contract of requests, one of them by `fault`."""
    reason = f", column {fault.column!r}: {fault.message}" if fault else ""
    return UserError(
        f"every example breaks the contract of {MODEL_INPUT.name!r}, so nobody could ask for it"
        f"{reason}; correct the contract, or the examples in ml/features.py"
    )


def _examples(folder: Path, month: str) -> pd.DataFrame:
    found = examples(data.read_tables(folder, MODEL_DATASETS, [month]))
    if found.empty:
        raise UserError(
            f"there are no examples of {month}: its {MODEL_DATASETS[0]} have no rows; ingest the "
            "month, or choose another"
        )
    return found.sort_values(list(MODEL_INPUT.primary_key), kind="stable", ignore_index=True)


def _write(found: pd.DataFrame, output: Path) -> dict[str, int]:
    """Write requests and rejections, and return how many there are of each."""
    counts = {"rows": 0, "rejected": 0}
    fault = None
    with ExitStack() as stack:
        accepted, rejected = (
            stack.enter_context(output.joinpath(name).open("w", encoding="utf-8"))
            for name in (FILE, REJECTED_FILE)
        )
        for request, fault in judged(found):
            if fault is None:
                accepted.write(f"{json.dumps(request)}\n")
            else:
                rejected.write(f"{json.dumps(_rejection(request, fault))}\n")
            counts["rows" if fault is None else "rejected"] += 1
    if not counts["rows"]:
        raise nobody_could_ask(fault)
    return counts


def _rejection(request: records.Request, fault: RowRejectedError) -> dict[str, Any]:
    return {
        "key": {name: request[name] for name in MODEL_INPUT.primary_key},
        "column": fault.column,
        "code": fault.code,
        "message": fault.message,
    }
