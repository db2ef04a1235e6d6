"""Bills of templates that are small enough to add up by hand."""

from dataclasses import replace
from typing import Any

import pytest

from costs.deployment import Serving, serving_of
from costs.fleets import Instances, Serverless, fleets
from costs.idle import idle_items
from costs.items import total, while_serving
from costs.kinds import unpriced
from costs.predictions import Load, batch_size, instances, items_per_million
from costs.prices import INSTANCES, instance
from tests.unit.costs import billed

LOAD = Load(requests_per_second=10, model_seconds=0.010)
SERVING = Serving(
    fleet=Serverless(memory_gb=2),
    predict_gb=1,
    log_gb=2,
    batch_size=20,
    batch_window_seconds=30,
    is_traced=True,
)


def idle(templates: dict[str, Any]) -> dict[str, Any]:
    """Return count and dollars by name."""
    items = idle_items(while_serving(templates))
    return {item.name.partition(" (")[0]: (item.count, item.dollars) for item in items}


def by_name(serving: Serving, load: Load = LOAD) -> dict[str, float]:
    return {item.name: item.dollars for item in items_per_million(serving, load)}


def test_a_serverless_endpoint_costs_nothing_while_idle() -> None:
    assert idle(billed.serverless()) == {
        "customer-managed keys": (1, 1.00),
        # One alarm on a metric, one on an expression of two.
        "metrics watched by alarms": (3, pytest.approx(0.30)),
        "dashboards": (1, 3.00),
        # Two mappings, five pollers, three polls a minute.
        "long polls of idle mappings": (2 * 5 * 3 * 60 * 730, pytest.approx(0.5256)),
    }


def test_instances_cost_every_hour_and_scaling_makes_two_alarms() -> None:
    found = idle(billed.instances())

    assert found["2 instances of the endpoint"] == (1460, pytest.approx(167.90))
    # The challenger, and so its scaling, does not exist.
    assert found["alarms of scaling"] == (2, pytest.approx(0.20))


def test_nothing_serves_before_the_first_model() -> None:
    templates = billed.instances()
    del templates["inference"]["Resources"]["Config"]
    assert fleets(while_serving(templates)) == []


def test_a_disabled_mapping_does_not_poll() -> None:
    templates = billed.serverless()
    resources = templates["prediction"]["Resources"]
    resources["ArchiveMapping"]["Properties"]["Enabled"] = False

    count, _ = idle(templates)["long polls of idle mappings"]

    assert count == 5 * 3 * 60 * 730


def test_kinds_without_a_price_are_named() -> None:
    templates = billed.instances()
    assert unpriced(while_serving(templates)) == set()

    templates["inference"]["Resources"]["Gateway"] = billed.resource("AWS::EC2::NatGateway")
    assert unpriced(while_serving(templates)) == {"AWS::EC2::NatGateway"}


def test_an_instance_without_a_price_says_where_to_add_it() -> None:
    with pytest.raises(KeyError, match=r"ml\.p9\.huge.*costs/prices\.py"):
        instance("ml.p9.huge")


def test_the_templates_say_how_predictions_are_answered_and_logged() -> None:
    assert serving_of(while_serving(billed.serverless())) == SERVING
    expected = Instances(kind="ml.m5.large", fewest=2, requests_per_minute=600, captured_share=0.5)
    assert serving_of(while_serving(billed.instances())) == replace(SERVING, fleet=expected)


def test_a_function_on_another_processor_has_no_price() -> None:
    templates = billed.serverless()
    function = templates["prediction"]["Resources"]["Log"]
    function["Properties"]["Architectures"] = ["x86_64"]
    with pytest.raises(ValueError, match="Log runs on"):
        serving_of(while_serving(templates))


def test_a_million_predictions_of_a_serverless_endpoint() -> None:
    load = replace(LOAD, around_seconds=0.040, log_seconds=0.5, logged_bytes=0)
    load = replace(load, request_bytes=2**29 // 1_000_000, answer_bytes=2**29 // 1_000_000)

    assert by_name(SERVING, load) == {
        "endpoint": pytest.approx(2 * 10_000 * 0.00002),
        "data in and out of the endpoint": pytest.approx(0.016, rel=1e-2),
        "predict function, requests": pytest.approx(0.20),
        "predict function, time": pytest.approx(50_000 * 0.0000133334),
        # Each is sent; 50,000 batches are received and deleted.
        "log queue": pytest.approx(1.1 * 0.40),
        "log function, requests": pytest.approx(0.01),
        "log function, time": pytest.approx(2 * 25_000 * 0.0000133334),
        "index of predictions": pytest.approx(0.625),
        "dead letters of predictions": pytest.approx(0.625),
        "files of predictions": pytest.approx(0.25),
        # Of the requests one a second, 100,000, and a twentieth of the rest; of the batches, which
        # are fewer than one a second, all.
        "traces of the functions": pytest.approx((100_000 + 45_000 + 50_000) * 5e-6),
        "metrics of predictions, by the hour": pytest.approx(2 * 27.778 / 730 * 0.30, rel=1e-3),
    }


def test_instances_are_paid_for_as_long_as_a_million_predictions_take() -> None:
    fleet = Instances(kind="ml.m5.large", fewest=2, requests_per_minute=600, captured_share=0.5)
    serving = replace(SERVING, fleet=fleet)

    dollars = {rate: by_name(serving, replace(LOAD, requests_per_second=rate)) for rate in (1, 50)}

    hourly = INSTANCES["ml.m5.large"].dollars
    assert dollars[1]["endpoint"] == pytest.approx(2 * hourly * 1_000_000 / 3600)
    # 3,000 requests a minute need five instances.
    assert instances(fleet, replace(LOAD, requests_per_second=50)) == 5
    assert dollars[50]["endpoint"] == pytest.approx(5 * hourly * 20_000 / 3600)
    assert dollars[1]["captured records, for a month"] > 0
    assert "captured records, for a month" not in by_name(SERVING)


@pytest.mark.parametrize(("rate", "size"), [(0.1, 1), (1, 6), (10, 20)])
def test_batches_hold_what_a_poller_finds_while_it_waits(rate: float, size: float) -> None:
    assert batch_size(SERVING, replace(LOAD, requests_per_second=rate)) == pytest.approx(size)


def test_an_untraced_function_has_no_traces() -> None:
    untraced = replace(SERVING, is_traced=False)
    assert "traces of the functions" not in by_name(untraced)
    assert total(items_per_million(untraced, LOAD)) < total(items_per_million(SERVING, LOAD))
