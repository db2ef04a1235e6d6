"""The baseline: what training data look like, in Model Monitor's documented file formats.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-statistics.html
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ml import records
from ml.model import Predictions
from ml.monitor import distributions, values
from ml.monitor.values import Moments, Names, Numbers, Values
from ml.preprocess import read_examples
from schemas.catalog import MODEL_INPUT
from schemas.datasets import Column, ColumnType
from schemas.predictions import PREDICTIONS
from schemas.windows import Window

STATISTICS_FILE = "statistics.json"
CONSTRAINTS_FILE = "constraints.json"

_MAX_DOMAIN = 50
# A column that lacks values lacks more or fewer of them from month to month; one that is complete
# is so for a reason.
_COMPLETENESS_SLACK = 0.05
_INTEGRAL, _FRACTIONAL, _STRING = "Integral", "Fractional", "String"
_INFERRED = {
    ColumnType.INT64: _INTEGRAL,
    ColumnType.BOOL: _INTEGRAL,
    ColumnType.FLOAT64: _FRACTIONAL,
}
_MONITORING = {
    "evaluate_constraints": "Enabled",
    "emit_metrics": "Enabled",
    "datatype_check_threshold": 1.0,
    "domain_content_threshold": 1.0,
    "distribution_constraints": {
        "perform_comparison": "Enabled",
        "comparison_threshold": 0.1,
        "comparison_method": "Robust",
        "categorical_comparison_threshold": 0.1,
        "categorical_drift_method": "LInfinity",
    },
}


def run(folder: Path, window: Window, output: Path) -> None:
    """Write the baseline of a snapshot's training months to `output`.

    Raises:
        UserError: data are missing, or nothing can be learnt from them.
    """
    found = read_examples(folder, window)
    training = found[records.months(found).isin(window.training_months)]
    output.mkdir(parents=True, exist_ok=True)
    for name, content in (
        (STATISTICS_FILE, statistics(training)),
        (CONSTRAINTS_FILE, constraints(training)),
    ):
        output.joinpath(name).write_text(json.dumps(content, indent=1, allow_nan=False))
    print(f"profiled {len(training):,} records of {window.training_months}")  # noqa: T201


def statistics(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what each column of a prediction request looks like in `frame`."""
    return document(len(frame), _columns(frame))


def of_scores(scores: Predictions) -> dict[str, Any]:
    """Return what a model's scores look like: a document with the one feature `score`."""
    column = PREDICTIONS.column("score")
    numbers = values.numbers(scores.astype(np.float64))
    return _document(len(scores), [_statistics(column, numbers)])


def document(rows: int, columns: Mapping[str, Values]) -> dict[str, Any]:
    """Return statistics of rows from the values of each column of a prediction request."""
    return _document(rows, [_statistics(each, columns[each.name]) for each in MODEL_INPUT.columns])


def constraints(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what each column is to look like from now on."""
    columns = _columns(frame)
    return {
        "version": 0,
        "features": [_constraints(each, columns[each.name]) for each in MODEL_INPUT.columns],
        "monitoring_config": _MONITORING,
    }


def inferred_type(column: Column) -> str:
    """Return the type that Model Monitor would infer from a column's values."""
    return _INFERRED.get(column.type, _STRING)


def _columns(frame: pd.DataFrame) -> dict[str, Values]:
    return {
        each.name: values.of_column(each, pa.array(frame[each.name], from_pandas=True))
        for each in MODEL_INPUT.columns
    }


def _document(rows: int, features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"version": 0, "dataset": {"item_count": rows}, "features": features}


def _statistics(column: Column, found: Values) -> dict[str, Any]:
    common = {"num_present": found.present, "num_missing": found.missing}
    head = {"name": column.name, "inferred_type": inferred_type(column)}
    match found:
        case Moments():
            distinct = {"distinct_count": found.distinct}
            return head | {"string_statistics": {"common": common, **distinct}}
        case Names():
            return head | {"string_statistics": {"common": common, **_of_names(found)}}
        case Numbers():
            return head | {"numerical_statistics": {"common": common, **_of_numbers(found)}}


def _of_names(found: Names) -> dict[str, Any]:
    buckets = [{"value": value, "count": count} for value, count in found.counts.items()]
    return {
        "distinct_count": len(buckets),
        "distribution": {"categorical": {"buckets": buckets}},
    }


def _of_numbers(found: Numbers) -> dict[str, Any]:
    """Return what finite numbers look like; of none, neither mean nor range exists."""
    numbers = found.finite
    kll = {"buckets": distributions.buckets(numbers), "sketch": distributions.sketch(numbers)}
    if not len(numbers):
        return {"distribution": {"kll": kll}}
    return {
        "mean": float(numbers.mean()),
        "sum": float(numbers.sum()),
        "std_dev": float(numbers.std()),
        "min": float(numbers[0]),
        "max": float(numbers[-1]),
        "distribution": {"kll": kll},
    }


def _constraints(column: Column, found: Values) -> dict[str, Any]:
    head = {
        "name": column.name,
        "inferred_type": inferred_type(column),
        "completeness": _completeness(found),
    }
    match found:
        case Numbers():
            is_non_negative = not found.present or bool(found.ordered[0] >= 0)
            return head | {"num_constraints": {"is_non_negative": is_non_negative}}
        case Names() if len(found.counts) <= _MAX_DOMAIN:
            return head | {"string_constraints": {"domains": sorted(found.counts)}}
        case _:
            return head


def _completeness(found: Values) -> float:
    """Return the least share of values that are to be there, 0 to 1."""
    if not found.missing:
        return 1.0
    share = found.present / (found.present + found.missing)
    return max(0.0, round(share - _COMPLETENESS_SLACK, 6))
