"""What an environment costs while nothing happens, item by item."""

from collections.abc import Iterator

from bench.results import Line
from bench.workshop import Workshop
from costs.idle import idle_items
from costs.items import read_templates, total, while_serving

BILLED = ("dev", "prod")
"""Environments on AWS; the third is on a laptop."""


def idle(workshop: Workshop) -> Iterator[Line]:
    """Count it in the templates, at list prices and before free tiers."""
    for environment in BILLED:
        workshop.say(f"idle cost, from the templates of {environment}")
        templates = read_templates(workshop.assembly(environment))
        items = idle_items(while_serving(templates))
        what = f"idle cost of {environment} a month"
        for item in items:
            yield Line(
                what=f"{what}: {item.name}", ours=item.quantity, figure=item.dollars, unit="USD"
            )
        yield Line(what=what, ours=f"{len(items)} items", figure=total(items), unit="USD")
