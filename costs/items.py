"""Lines of a bill, and the templates that they are counted in."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from costs.prices import Price
from queue_rules.application import Application
from queue_rules.sources import Document
from queue_rules.templates import read_documents
from schemas.releases import Parameter

Templates = Mapping[str, Mapping[str, Any]]
"""Stack name to template."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a bill.

    Attributes:
        name: What is paid for.
        count: How much of it, in the price's unit.
        price: Of one unit.
    """

    name: str
    count: float
    price: Price

    @property
    def dollars(self) -> float:
        """US dollars."""
        return self.count * self.price.dollars

    @property
    def quantity(self) -> str:
        """The count with its unit, such as `1,000,000 request`."""
        digits = 0 if self.count == int(self.count) else max(0, 3 - len(f"{self.count:.0f}"))
        return f"{self.count:,.{digits}f} × {self.price.unit}"


def read_templates(folder: Path) -> Templates:
    """Return the templates that were synthesized into `folder`."""
    return {
        path.name.removesuffix(".template.json"): json.loads(path.read_text())
        for path in sorted(folder.glob("*.template.json"))
    }


def total(items: Iterable[Item]) -> float:
    """Return what `items` cost together, in US dollars."""
    return sum(item.dollars for item in items)


def while_serving(templates: Templates) -> Application:
    """Return what `templates` deploy while one model serves: a champion, and no challenger."""
    documents = [Document(name=name, path=None, body=body) for name, body in templates.items()]
    return read_documents([documents], {Parameter.CHAMPION_PACKAGE_ARN: "any"})
