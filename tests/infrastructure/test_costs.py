"""The price table knows what the templates make: a new kind of resource needs a price first."""

import pytest

from costs.deployment import serving_of
from costs.idle import idle_items
from costs.items import while_serving
from costs.kinds import unpriced
from costs.predictions import Load, items_per_million
from costs.prices import instance
from tests.infrastructure.assembly import Assembly


def test_every_kind_of_resource_has_a_price_or_is_free(assembly: Assembly) -> None:
    assert unpriced(while_serving(assembly.templates)) == set(), "add them to costs/kinds.py"


def test_jobs_run_on_instances_with_a_price(assembly: Assembly) -> None:
    assert instance(assembly.environment.training.instance_type).dollars > 0


@pytest.mark.parametrize("assembly", ["dev", "prod"], indirect=True)
def test_a_bill_can_be_made(assembly: Assembly) -> None:
    application = while_serving(assembly.templates)
    load = Load(requests_per_second=10, model_seconds=0.01)

    items = {item.name for item in items_per_million(serving_of(application), load)}

    assert {"endpoint", "log queue", "index of predictions"} <= items
    assert idle_items(application)
