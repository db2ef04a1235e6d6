"""Turns a snapshot into labelled records, split by time: never by chance, never mixed."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml import data, records
from ml.errors import UserError
from ml.features import examples
from schemas.catalog import MODEL_DATASETS, MODEL_INPUT
from schemas.windows import Window

SUMMARY_FILE = "summary.json"

# A week has every weekday once. It decides when training stops, so it is kept from the trees, and
# more of it would keep the newest examples from them.
VALIDATION_DAYS = 7
_MAX_VALIDATION_SHARE = 0.25
_LABEL_SHARES = (0.001, 0.999)


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """Labelled records, in the order of their days.

    Attributes:
        train: What trees are grown from.
        validation: The last days of training, which say when to stop.
        holdout: Later months, by which the model is judged.
    """

    train: pd.DataFrame
    validation: pd.DataFrame
    holdout: pd.DataFrame

    @property
    def parts(self) -> dict[str, pd.DataFrame]:
        """Each by its name."""
        return {"train": self.train, "validation": self.validation, "holdout": self.holdout}


def read_examples(folder: Path, window: Window) -> pd.DataFrame:
    """Return the examples of a window from a snapshot, labelled or not, by rising day.

    Raises:
        UserError: data are missing, or nothing can be learnt from them.
    """
    found = examples(data.read_tables(folder, MODEL_DATASETS, window.months))
    expected = [*MODEL_INPUT.column_names, records.LABEL, records.DATE]
    if list(found.columns) != expected:
        raise ValueError(f"ml.features.examples must return the columns {expected}")
    found = found[found[records.DATE].notna()]
    found = found.sort_values(records.DATE, kind="stable", ignore_index=True)
    _check(found, window)
    return found


def split_by_time(found: pd.DataFrame, window: Window) -> Split:
    """Split the labelled ones of `found` by day."""
    labelled = found[found[records.LABEL].notna()]
    month = records.months(labelled)
    training = labelled[month.isin(window.training_months)]
    is_late = training[records.DATE] >= _first_validation_day(training)
    return Split(
        train=training[~is_late].reset_index(drop=True),
        validation=training[is_late].reset_index(drop=True),
        holdout=labelled[month.isin(window.holdout_months)].reset_index(drop=True),
    )


def _first_validation_day(training: pd.DataFrame) -> pd.Timestamp:
    """Return the first of the last days, of which there are more while they have one answer only.

    Where the rarer answer is rare, a week may be without it, and nothing can be judged by one.
    """
    days = pd.DatetimeIndex(np.unique(training[records.DATE]))
    most = max(1, int(len(days) * _MAX_VALIDATION_SHARE))
    last_of_both = training.groupby(records.LABEL)[records.DATE].max().min()
    return max(min(days[-min(VALIDATION_DAYS, most)], last_of_both), days[-most])


def run(folder: Path, window: Window, output: Path) -> None:
    """Write the records of each part, and what they are, below `output`.

    Raises:
        UserError: data are missing, or nothing can be learnt from them.
    """
    found = read_examples(folder, window)
    split = split_by_time(found, window)
    for name, part in split.parts.items():
        records.write(part, output / name)
    summary = summarize(found, split, window) | {"data_sha256": data.data_sha256(folder)}
    path = output / "summary" / SUMMARY_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(summary, sort_keys=True, indent=1))
    rows = ", ".join(f"{name} {count:,}" for name, count in summary["rows"].items())
    print(f"rows: {rows}; unlabelled {summary['unlabelled']:,}")  # noqa: T201


def summarize(found: pd.DataFrame, split: Split, window: Window) -> dict[str, Any]:
    """Return what the parts are made of; shares are those of true labels, 0 to 1."""
    counts = records.months(found).value_counts()
    return {
        "window": window.to_json(),
        "months": {month: int(counts.get(month, 0)) for month in window.months},
        "unlabelled": int(found[records.LABEL].isna().sum()),
        "rows": {name: len(part) for name, part in split.parts.items()},
        "label_share": {
            name: round(float(part[records.LABEL].mean()), 6) if len(part) else None
            for name, part in split.parts.items()
        },
    }


def _check(found: pd.DataFrame, window: Window) -> None:
    """Refuse examples that no model can be trained on."""
    month = records.months(found)
    labelled = found[records.LABEL].notna()
    present = set(month[labelled])
    if missing := [each for each in window.months if each not in present]:
        raise UserError(
            f"there are no labelled examples of {', '.join(missing)}; ingest these months, or "
            "choose another window"
        )
    training = found[labelled & month.isin(window.training_months)]
    share = float(training[records.LABEL].mean())
    low, high = _LABEL_SHARES
    if not low <= share <= high:
        raise UserError(
            f"{share:.2%} of the {len(training):,} training labels are true, where {low:.1%} to "
            f"{high:.1%} can be learnt from; check the label in ml/features.py and the data"
        )
    if training[records.DATE].nunique() < 2:  # noqa: PLR2004 - one to train, one to stop by
        raise UserError(
            f"all {len(training):,} training examples are of one day, so none are left to stop "
            "training by; choose a longer training window"
        )
