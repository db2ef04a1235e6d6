"""The `Metrics` of an alarm: what its threshold is compared with, as far as a reader can tell.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from queue_rules.values import Properties, Unknown

QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
ID = re.compile(r"(?<![\w.])[a-z]\w*")
"""Functions are in upper case."""
FILLED = re.compile(r"FILL\(\s*([a-z]\w*)\s*,\s*\w+\s*\)")
ADDING = re.compile(r"(?:[a-z]\w*|SUM|MAX|METRICS\(\)|[+()\[\],\s])*")
COMPUTING = re.compile(r"(?:[a-z]\w*|[\d.]+|SUM|MAX|AVG|METRICS\(\)|[-+*/()\[\],\s])*")
QUERY = re.compile(
    r"\s*SELECT\s+\w+\(\s*\"?(?P<metric>[\w.:-]+)\"?\s*\)"
    r"\s+FROM\s+(?:SCHEMA\(\s*)?\"?(?P<namespace>[\w./-]+)\"?",
    re.IGNORECASE,
)


class Math(IntEnum):
    """What an expression does with its metrics, the plainest first."""

    ADDS = 0
    """Its value is at least that of each metric."""
    COMPUTES = 1
    """Basic arithmetic."""
    UNCLEAR = 2


@dataclass(frozen=True, slots=True)
class Term:
    """What a query of an alarm comes to.

    Attributes:
        ids: Ids of the metrics that its value depends on.
        math: What it does with them.
        text: Its expression; empty for a metric.
    """

    ids: frozenset[str]
    math: Math
    text: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """What an alarm compares with its threshold.

    Attributes:
        term: That; None when the template does not tell.
        unknown: Why it does not.
    """

    term: Term | None
    unknown: Unknown | None = None

    @property
    def ids(self) -> frozenset[str]:
        """Ids of the metrics that have a part in it."""
        return self.term.ids if self.term else frozenset()

    def uses(self, id_: str) -> bool | Unknown:
        """Return whether a metric has a part in it; basic arithmetic is taken to give it one."""
        if self.term is None:
            return self.unknown or False
        if self.term.math is Math.UNCLEAR and id_ in self.term.ids:
            return self._unclear(self.term)
        return id_ in self.term.ids

    def counts(self, id_: str) -> bool | Unknown:
        """Return whether it is at least a metric's value."""
        if self.term is None:
            return self.unknown or False
        if self.term.math is not Math.ADDS and id_ in self.term.ids:
            return self._unclear(self.term)
        return id_ in self.term.ids

    @staticmethod
    def _unclear(term: Term) -> Unknown:
        return Unknown(
            f"it depends on what the expression {term.text!r} makes of the metric",
            remedy="compare the metric itself, or a sum of metrics, or accept this with a reason",
        )


def queries_of(alarm: Properties) -> Mapping[str, Properties]:
    """Return the queries of an alarm by their ids; those that are unknown are left out."""
    queries = [each for each in alarm.mappings("Metrics") if isinstance(each, Properties)]
    return {str(each.raw("Id")): each for each in queries}


def value_of(alarm: Properties) -> Value:
    """Return what an alarm with `Metrics` compares."""
    queries = queries_of(alarm)
    band = alarm.raw("ThresholdMetricId")
    returned: list[Term] = []
    for id_, query in queries.items():
        is_returned = query.flag("ReturnData", default=True)
        if isinstance(is_returned, Unknown):
            return Value(None, is_returned)
        if is_returned and id_ != band:
            returned.append(_term(id_, queries, frozenset()))
    unknown = next((each for each in alarm.mappings("Metrics") if isinstance(each, Unknown)), None)
    if not returned:
        return Value(None, unknown)
    return Value(_joined("", returned, Math.ADDS))


def _term(id_: str, queries: Mapping[str, Properties], outer: frozenset[str]) -> Term:
    """Follow a query down to its metrics."""
    query = queries.get(id_)
    if query is None or id_ in outer:
        return Term(frozenset(), Math.UNCLEAR)
    if "Expression" not in query:
        return Term(frozenset({id_}), Math.ADDS)
    text = query.text("Expression")
    if not isinstance(text, str):
        return Term(frozenset(queries), Math.UNCLEAR, "(unknown)")
    parts = [_term(each, queries, outer | {id_}) for each in _ids(text, queries)]
    return _joined(text, parts, _math(text))


def _joined(text: str, parts: list[Term], math: Math) -> Term:
    return Term(
        ids=frozenset(id_ for part in parts for id_ in part.ids),
        math=max([math, *(part.math for part in parts)]),
        text=text or next((part.text for part in parts), ""),
    )


def _ids(text: str, queries: Mapping[str, Properties]) -> Iterator[str]:
    if "METRICS(" in text:
        yield from (id_ for id_, query in queries.items() if "Expression" not in query)
    yield from dict.fromkeys(ID.findall(QUOTED.sub("", text)))


def _math(text: str) -> Math:
    plain = FILLED.sub(r"\1", text)
    if ADDING.fullmatch(plain):
        return Math.ADDS
    return Math.COMPUTES if COMPUTING.fullmatch(plain) else Math.UNCLEAR


def insights(query: Properties) -> tuple[str, str] | None:
    """Return namespace and metric that an expression asks Metrics Insights for.

    None if it asks it for nothing; empty where the query is of a form that is not read here.
    """
    text = query.raw("Expression")
    if not isinstance(text, str) or not text.lstrip().upper().startswith("SELECT"):
        return None
    found = QUERY.match(text)
    return (found["namespace"], found["metric"]) if found else ("", "")
