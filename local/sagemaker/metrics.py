"""Metrics that a program prints, found by regular expressions."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from local.sagemaker.errors import invalid
from local.sagemaker.records import now

Definitions = Sequence[Mapping[str, str]]


def check(definitions: Definitions) -> None:
    """Refuse expressions that cannot be read.

    Raises:
        ApiError: one cannot.
    """
    for definition in definitions:
        try:
            re.compile(definition["Regex"])
        except re.error as error:
            raise invalid(
                f"Invalid regular expression of metric {definition['Name']}: "
                f"{definition['Regex']} ({error})"
            ) from None


class Metrics:
    """The last value of each metric so far."""

    def __init__(self, definitions: Definitions) -> None:
        self._expressions = [(each["Name"], re.compile(each["Regex"])) for each in definitions]
        self._last: dict[str, dict[str, Any]] = {}

    def observe(self, lines: Iterable[str]) -> None:
        """Look for metrics in lines; the first group of an expression is the value."""
        for line in lines:
            for name, expression in self._expressions:
                for found in expression.finditer(line):
                    self._take(name, found.group(1) if expression.groups else found.group())

    def _take(self, name: str, text: str) -> None:
        with suppress(ValueError):  # matched, but no number
            value = float(text)
            if math.isfinite(value):
                self._last[name] = {"MetricName": name, "Value": value, "Timestamp": now()}

    @property
    def final(self) -> list[dict[str, Any]]:
        """The last values, as the API has them."""
        return list(self._last.values())
