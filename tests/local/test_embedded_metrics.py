import json
from typing import Any

import pytest

from local.alarms.emf import EmbeddedMetric, parse


def document(**changes: Any) -> dict[str, Any]:
    directive = {
        "Namespace": "Ingestion",
        "Dimensions": [["service"], ["service", "dataset"], []],
        "Metrics": [{"Name": "Rows", "Unit": "Count"}],
    }
    return {
        "_aws": {"Timestamp": 1_700_000_000_500, "CloudWatchMetrics": [directive]},
        "service": "ingest",
        "dataset": "flights",
        "Rows": [3, 4.5],
        "a field that is no metric": "x",
    } | changes


def test_each_set_of_dimensions_is_a_metric_of_its_own() -> None:
    found = list(parse(json.dumps(document())))

    assert [metric.dimensions for metric in found] == [
        {"service": "ingest"},
        {"service": "ingest", "dataset": "flights"},
        {},
    ]
    assert found[0] == EmbeddedMetric(
        "Ingestion", "Rows", "Count", {"service": "ingest"}, (3.0, 4.5), 1_700_000_000.5
    )


def test_a_single_value_and_no_unit_are_fine() -> None:
    plain = document(Rows=7)
    plain["_aws"]["CloudWatchMetrics"][0]["Metrics"] = [{"Name": "Rows"}]

    (first, *_) = parse(json.dumps(plain))

    assert (first.values, first.unit) == ((7.0,), "None")


@pytest.mark.parametrize(
    "line",
    [
        "INFO nothing special",
        '{"level": "INFO", "message": "text"}',
        '{"_aws": 1}',
        '{"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "N"}]}}',
        '{"_aws": {"Timestamp": 1, "CloudWatchMetrics"',
        json.dumps(document(Rows="many")),
        json.dumps(document()).replace('"Rows": [', '"Other": ['),
    ],
)
def test_other_lines_are_ignored(line: str) -> None:
    assert list(parse(line)) == []
