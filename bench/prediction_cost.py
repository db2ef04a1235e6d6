"""What a million predictions cost, item by item, at loads that are stated."""

from collections.abc import Iterator

from bench.idle_cost import BILLED
from bench.measuring import run_in_twin
from bench.results import Line
from bench.workshop import Workshop
from costs.deployment import Serving, serving_of
from costs.items import read_templates, total, while_serving
from costs.predictions import Load, batch_size, items_per_million

LOADS_PER_SECOND = (1, 10, 100)
ITEMISED_PER_SECOND = 10


def prediction_cost(workshop: Workshop) -> Iterator[Line]:
    """Count it in the templates, with the model's time as it is here."""
    seconds = model_seconds(workshop)
    for environment in BILLED:
        workshop.say(f"cost of predictions, from the templates of {environment}")
        serving = serving_of(while_serving(read_templates(workshop.assembly(environment))))
        for rate in LOADS_PER_SECOND:
            yield from _lines(
                environment, serving, Load(requests_per_second=rate, model_seconds=seconds)
            )


def model_seconds(workshop: Workshop) -> float:
    """Return the processor time of the model's container for a request of one row."""
    trained = workshop.trained()
    workshop.say("a prediction in process")
    body = workshop.folder / "one-row.jsonl"
    body.write_bytes(trained.body(1))
    return float(run_in_twin("answering", str(trained.model), str(body))["cpu"]["container"])


def _lines(environment: str, serving: Serving, load: Load) -> Iterator[Line]:
    items = items_per_million(serving, load)
    what = f"a million predictions on {environment}, {load.requests_per_second:g} a second"
    if load.requests_per_second == ITEMISED_PER_SECOND:
        for item in items:
            yield Line(
                what=f"{what}: {item.name}", ours=item.quantity, figure=item.dollars, unit="USD"
            )
    assumed = (
        f"model {1000 * load.model_seconds:.1f} ms, batches of {batch_size(serving, load):.0f}"
    )
    yield Line(what=what, ours=assumed, figure=total(items), unit="USD")
