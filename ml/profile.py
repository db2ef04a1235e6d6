"""The baseline: what training data look like, in Model Monitor's documented file formats.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-statistics.html
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml import records
from ml.preprocess import read_examples
from schemas.catalog import MODEL_INPUT
from schemas.datasets import Column, ColumnType
from schemas.windows import Window

STATISTICS_FILE = "statistics.json"
CONSTRAINTS_FILE = "constraints.json"

_BUCKETS = 10  # as many as Model Monitor makes
_MAX_DOMAIN = 50
_INTEGRAL, _FRACTIONAL, _STRING = "Integral", "Fractional", "String"
_INFERRED = {
    ColumnType.INT64: _INTEGRAL,
    ColumnType.BOOL: _INTEGRAL,
    ColumnType.FLOAT64: _FRACTIONAL,
}
# Nearly every value is another one, so neither their frequencies nor their set says anything.
_MOMENTS = {ColumnType.DATE, ColumnType.TIMESTAMP}
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
    return {
        "version": 0,
        "dataset": {"item_count": len(frame)},
        "features": [_statistics(column, frame[column.name]) for column in MODEL_INPUT.columns],
    }


def constraints(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what each column is to look like from now on."""
    return {
        "version": 0,
        "features": [_constraints(column, frame[column.name]) for column in MODEL_INPUT.columns],
        "monitoring_config": _MONITORING,
    }


def _statistics(column: Column, values: pd.Series) -> dict[str, Any]:
    present = values.dropna()
    common = {"num_present": len(present), "num_missing": len(values) - len(present)}
    kind = _INFERRED.get(column.type, _STRING)
    head = {"name": column.name, "inferred_type": kind}
    if column.type in _MOMENTS:
        distinct = {"distinct_count": int(present.nunique())}
        return head | {"string_statistics": {"common": common, **distinct}}
    if kind == _STRING:
        return head | {"string_statistics": {"common": common, **_of_texts(present.astype(str))}}
    return head | {"numerical_statistics": {"common": common, **_of_numbers(present)}}


def _of_texts(present: pd.Series) -> dict[str, Any]:
    counts = sorted(present.value_counts().items(), key=lambda item: (-item[1], item[0]))
    buckets = [{"value": value, "count": int(count)} for value, count in counts]
    return {
        "distinct_count": len(buckets),
        "distribution": {"categorical": {"buckets": buckets}},
    }


def _of_numbers(present: pd.Series) -> dict[str, Any]:
    """Return nothing of a column without any value: neither mean nor range exists."""
    if present.empty:
        return {"distribution": {"kll": {"buckets": []}}}
    numbers = present.to_numpy(dtype=np.float64)
    counts, edges = np.histogram(numbers, bins=_BUCKETS)
    buckets = [
        {"lower_bound": float(low), "upper_bound": float(high), "count": int(count)}
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    ]
    return {
        "mean": float(numbers.mean()),
        "sum": float(numbers.sum()),
        "std_dev": float(numbers.std()),
        "min": float(numbers.min()),
        "max": float(numbers.max()),
        "distribution": {"kll": {"buckets": buckets}},
    }


def _constraints(column: Column, values: pd.Series) -> dict[str, Any]:
    present = values.dropna()
    kind = _INFERRED.get(column.type, _STRING)
    head = {
        "name": column.name,
        "inferred_type": kind,
        "completeness": len(present) / len(values),
    }
    if kind != _STRING:
        return head | {"num_constraints": {"is_non_negative": bool((present >= 0).all())}}
    if column.type in _MOMENTS:
        return head
    domain = sorted(present.astype(str).unique())
    return head | (
        {"string_constraints": {"domains": domain}} if len(domain) <= _MAX_DOMAIN else {}
    )
