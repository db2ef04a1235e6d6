"""Writes docs/reference.md from configuration, contracts, constructs and templates.

`python -m docs.reference` (or `make reference`) writes it; a test fails while it is out of date.
"""

import dataclasses
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app import build_app
from config import ENVIRONMENTS
from costs.idle import idle_items
from costs.items import Templates, read_templates, total, while_serving
from mlops_constructs.queue_processing_props import QueueProcessingFunctionProps
from schemas.catalog import DATASETS

PAGE = Path(__file__).with_name("reference.md")


def reference(templates: Templates) -> str:
    """Return the page.

    Args:
        templates: The stacks of the environment `dev`.
    """
    parts = [
        "# Reference",
        "Written by `make reference`; do not edit. A test fails while it is out of date.",
        *_environments(),
        *_stacks(templates),
        *_idle_cost(templates),
        *_construct(),
        *_datasets(),
    ]
    return "\n\n".join(parts) + "\n"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )


def _environments() -> Iterator[str]:
    yield "## Environments"
    yield "From `config/environments.py`. Times are in seconds where the name says no unit."
    flat = {name: dict(_fields(each)) for name, each in ENVIRONMENTS.items()}
    # Endpoints of different modes have different settings.
    settings = dict.fromkeys(key for each in flat.values() for key in each)
    rows = [[f"`{key}`", *(str(flat[name].get(key, "")) for name in flat)] for key in settings]
    yield _table(["setting", *flat], rows)


def _fields(config: Any, prefix: str = "") -> Iterator[tuple[str, object]]:
    for each in dataclasses.fields(config):
        value = getattr(config, each.name)
        if dataclasses.is_dataclass(value):
            yield from _fields(value, f"{each.name}.")
        else:
            yield f"{prefix}{each.name}", value


def _stacks(templates: Templates) -> Iterator[str]:
    yield "## Stacks"
    yield "As in `dev`; the other environments have the same resources with other settings."
    for name, template in templates.items():
        yield f"### {name}"
        yield f"{template.get('Description', '')}."
        kinds = Counter(resource["Type"] for resource in template["Resources"].values())
        yield _table(["resource", "count"], [[f"`{k}`", str(kinds[k])] for k in sorted(kinds)])
        outputs = {
            key: output["Description"]
            for key, output in template.get("Outputs", {}).items()
            if "Description" in output
        }
        if outputs:
            yield _table(["output", "meaning"], [[f"`{k}`", v] for k, v in outputs.items()])


def _idle_cost(templates: Templates) -> Iterator[str]:
    items = idle_items(while_serving(templates))
    yield "## Idle cost of `dev`"
    yield (
        "Per month of 730 hours, counted in the templates, at list prices of US East (N. Virginia) "
        "before free tiers (`costs/prices.py`). Buckets, tables, functions, queues, logs and "
        "jobs cost by use; what predictions cost is in [Benchmarks](benchmarks.md#what-it-costs)."
    )
    rows = [[item.name, item.quantity, f"{item.dollars:.2f}"] for item in items]
    yield _table(["item", "count", "USD"], [*rows, ["total", "", f"{total(items):.2f}"]])


def _construct() -> Iterator[str]:
    yield "## QueueProcessingFunction"
    doc = QueueProcessingFunctionProps.__doc__ or ""
    yield "`QueueProcessingFunction(scope, construct_id, props=QueueProcessingFunctionProps(...))`."
    meanings = {
        name: re.sub(r"\s+", " ", text).strip()
        for name, text in re.findall(
            r"^        (\w+): (.*?)(?=^        \w+: |^\s*$)", doc, re.M | re.S
        )
    }
    rows = []
    for each in dataclasses.fields(QueueProcessingFunctionProps):
        kind = each.type if isinstance(each.type, str) else each.type.__name__
        rows.append([f"`{each.name}`", kind, _default(each), meanings[each.name]])
    yield _table(["property", "type", "default", "meaning"], rows)


def _default(each: "dataclasses.Field[Any]") -> str:
    if each.default is not dataclasses.MISSING:
        return str(getattr(each.default, "name", each.default))
    if each.default_factory is dataclasses.MISSING:
        return "required"
    return str(each.default_factory().to_human_string() or "none")


def _datasets() -> Iterator[str]:
    yield "## Datasets"
    for contract in DATASETS.values():
        yield f"### {contract.name}"
        yield contract.description
        yield (
            f"Key: {', '.join(contract.primary_key)}. Partitions: "
            f"{', '.join(contract.partition_by) or 'none'}. Accepted share of bad rows: "
            f"{contract.max_rejected_share:.0%}. Stale after {contract.freshness_hours} hours."
        )
        rows = [
            [
                f"`{column.name}`",
                column.type.value,
                "yes" if column.nullable else "",
                _accepted(column.minimum, column.maximum, column.domain, column.max_length),
                column.description,
            ]
            for column in contract.columns
        ]
        yield _table(["column", "type", "nullable", "accepted", "meaning"], rows)


def _accepted(minimum: object, maximum: object, domain: frozenset[str], length: int | None) -> str:
    if domain:
        return ", ".join(sorted(domain))
    if minimum is not None or maximum is not None:
        return f"{minimum} to {maximum}"
    return f"at most {length} characters" if length else ""


def main() -> None:
    """Synthesize `dev` and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        build_app("dev", outdir=folder).synth()
        PAGE.write_text(reference(read_templates(Path(folder))))


if __name__ == "__main__":
    main()
