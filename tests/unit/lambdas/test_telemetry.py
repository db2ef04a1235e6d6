import json

import pytest

from lambdas.shared.telemetry import count
from schemas.names import DATASET_DIMENSION, METRICS_NAMESPACE, Metric


def test_metrics_have_the_dimension_dataset_and_no_other(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", METRICS_NAMESPACE)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "ingest")

    count("flights", {Metric.ROWS_IN: 7})
    count("weather", {Metric.ROWS_IN: 8})

    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line[DATASET_DIMENSION], line[Metric.ROWS_IN]) for line in logged] == [
        ("flights", [7.0]),
        ("weather", [8.0]),
    ]
    for line in logged:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Dimensions"] == [[DATASET_DIMENSION]]
        assert directive["Namespace"] == METRICS_NAMESPACE
