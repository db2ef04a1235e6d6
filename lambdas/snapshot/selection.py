"""Which curated files a snapshot is made of, and which months."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lambdas.shared.errors import PermanentError
from schemas.datasets import DatasetContract
from schemas.keys import month_of
from schemas.ledger import LedgerEntry
from schemas.windows import Window, month_name, month_number

_MONTH_COLUMNS = frozenset({"year", "month"})

Months = Mapping[str, frozenset[str]]
"""Dataset to the months that it has files of, for datasets that are kept by month."""


class TooLittleDataError(Exception):
    """There is no complete month with another one before it; the text says what there is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CuratedFile:
    """One curated object in force.

    Attributes:
        dataset: Dataset it belongs to.
        uri: Its address.
        rows: Rows of the raw file it came from.
        month: Month of its partition, `YYYY-MM`; empty when the dataset is not kept by month.
    """

    dataset: str
    uri: str
    rows: int
    month: str


def files_in_force(
    entries: Iterable[LedgerEntry], contracts: Iterable[DatasetContract]
) -> list[CuratedFile]:
    """Return the curated files of `contracts`' datasets.

    Of two curated versions of one raw file, the newer is in force: the older is about to be
    marked superseded.
    """
    by_month = {each.name: is_by_month(each) for each in contracts}
    newest: dict[str, LedgerEntry] = {}
    for entry in entries:
        known = newest.get(entry.object)
        if entry.dataset in by_month and (known is None or entry.version > known.version):
            newest[entry.object] = entry
    return [
        CuratedFile(
            dataset=entry.dataset,
            uri=uri,
            rows=entry.rows_accepted,
            month=month_of(uri) if by_month[entry.dataset] else "",
        )
        for entry in newest.values()
        for uri in entry.curated_uris
    ]


def is_by_month(contract: DatasetContract) -> bool:
    """Return whether a dataset's files are kept by year and month."""
    return set(contract.partition_by) >= _MONTH_COLUMNS


def months_of(files: Iterable[CuratedFile], contracts: Iterable[DatasetContract]) -> Months:
    """Return the months that each dataset kept by month has files of."""
    months: dict[str, set[str]] = {each.name: set() for each in contracts if is_by_month(each)}
    for file in files:
        if file.month:
            months[file.dataset].add(file.month)
    return {dataset: frozenset(each) for dataset, each in months.items()}


def newest_window(months: Months, main_dataset: str) -> Window:
    """Return the window whose holdout is the newest complete month, trained on all before it.

    A month is complete once every dataset that is kept by month has data of a later one.

    Raises:
        TooLittleDataError: there is no such month, or none before it.
    """
    last = min(max(each, default="") for each in months.values())
    complete = sorted(month for month in months[main_dataset] if month < last)
    if len(complete) < 2:  # noqa: PLR2004 - one to train on, one to judge by
        found = "; ".join(
            f"{dataset} has {_listed(each) if each else 'none'}" for dataset, each in months.items()
        )
        raise TooLittleDataError(
            "training needs two complete months, the later one to judge by, and a month is "
            f"complete once data of a later one has arrived; {found}. Upload more, or give a window"
        )
    holdout = complete[-1]
    return Window(
        train_from=complete[0],
        holdout_from=holdout,
        holdout_to=month_name(month_number(holdout) + 1),
    )


def files_of_window(
    files: Sequence[CuratedFile],
    months: Months,
    window: Window,
    contracts: Sequence[DatasetContract],
) -> list[CuratedFile]:
    """Return the files of the months of `window`, and all of datasets that are not kept by month.

    Raises:
        PermanentError: `missing-data`; a dataset has no files of some month, or none at all.
    """
    present: dict[str, int] = defaultdict(int)
    chosen = []
    for file in files:
        if not file.month or file.month in window.months:
            present[file.dataset] += 1
            chosen.append(file)
    missing = {
        dataset: sorted(set(window.months) - each)
        for dataset, each in months.items()
        if set(window.months) - each
    }
    gaps = [f"{dataset} lacks {_listed(each)}" for dataset, each in missing.items()]
    gaps += [
        f"{each.name} has no files" for each in contracts
        if each.name not in missing and not present[each.name]
    ]  # fmt: skip
    if gaps:
        raise PermanentError(
            "missing-data",
            f"no curated files for a part of {window.train_from} to {window.holdout_to} "
            f"(exclusive): {'; '.join(gaps)}. Upload them (see `ops status`), or give a window "
            "without these months",
        )
    return chosen


def _listed(months: Iterable[str]) -> str:
    """Return months for people: runs of consecutive ones as `first to last`."""
    runs: list[list[str]] = []
    for month in sorted(months):
        if runs and month_number(month) == month_number(runs[-1][-1]) + 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
