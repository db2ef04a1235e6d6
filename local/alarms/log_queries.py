"""Queries of CloudWatch Logs Insights: the part of the language that saved queries here need.

`fields`, `filter`, `stats`, `sort` and `limit`, over the fields of JSON lines. Anything else is
refused and named, so that no query seems to find nothing where AWS would find something.
Language: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

import json
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from local.alarms import statistics
from local.alarms.statistics import Sample

Row = dict[str, str]
_T = TypeVar("_T")
Query = Callable[[Iterable[Row]], list[Row]]
_Test = Callable[[Row], bool]
_Stage = Callable[[list[Row]], list[Row]]

_TOKEN = re.compile(
    r"""(?:\s|\#[^\n]*)*(?:
    (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<pattern>/(?:\\.|[^/\\])+/i?)
    |(?P<span>\d+[smhd]\b)|(?P<number>-?\d+(?:\.\d+)?)
    |(?P<word>[@A-Za-z_][\w.]*)|(?P<sign>!=|<=|>=|[=<>])|(?P<mark>[(),|*])
    |(?P<end>$)|(?P<unknown>.))""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_STATISTICS = {"sum": "Sum", "avg": "Average", "min": "Minimum", "max": "Maximum", "pct": "p"}
_TIME = "%Y-%m-%d %H:%M:%S.%f"


class MalformedQueryError(ValueError):
    """A query that cannot be run here; the message says why."""


def discover(message: str) -> Row:
    """Return the fields of a line of JSON, nested ones by dots, truths as 1 and 0."""
    try:
        document = json.loads(message)
    except ValueError:
        return {}
    return dict(_flattened("", document)) if isinstance(document, dict) else {}


def _flattened(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for key, member in members:
            yield from _flattened(f"{name}.{key}" if name else str(key), member)
    elif value is not None:
        text = str(int(value)) if isinstance(value, bool) else json.dumps(value)
        yield name, value if isinstance(value, str) else text


def parse(text: str) -> Query:
    """Read a query.

    Returns:
        From events with `@timestamp` (UTC), `@message` and `@ptr`, in the order that the answer
        has where the query does not sort, to its rows. A field that a row lacks is absent.

    Raises:
        MalformedQueryError: it is wrong, or needs what is not supported.
    """
    return _Parser(text).query()


class _Parser:
    """Reads a query, token by token."""

    def __init__(self, text: str) -> None:
        matches = _TOKEN.finditer(text)
        self._tokens = [(str(each.lastgroup), each[str(each.lastgroup)]) for each in matches]
        self._shown: tuple[str, ...] = ()
        self._pointer: tuple[str, ...] = ("@ptr",)

    def query(self) -> Query:
        commands: dict[str, Callable[[], _Stage]] = {
            "fields": self._fields, "filter": self._filter, "stats": self._stats,
            "sort": self._sort, "limit": self._limit,
        }  # fmt: skip
        stages = [self._choice(commands)()]
        while self._take("|"):
            stages.append(self._choice(commands)())
        self._expect("end")
        shown = dict.fromkeys((*(self._shown or ("@timestamp", "@message")), *self._pointer))

        def run(events: Iterable[Row]) -> list[Row]:
            rows = [discover(event["@message"]) | event for event in events]
            for stage in stages:
                rows = stage(rows)
            return [{name: row[name] for name in shown if name in row} for row in rows]

        return run

    def _fields(self) -> _Stage:
        self._shown += tuple(self._list(lambda: self._expect("word")))
        return lambda rows: rows

    def _filter(self) -> _Stage:
        test = self._any_of()
        return lambda rows: [row for row in rows if test(row)]

    def _limit(self) -> _Stage:
        count = int(self._expect("number"))
        return lambda rows: rows[:count]

    def _sort(self) -> _Stage:
        name, is_reversed = self._expect("word"), self._choice({"asc": False, "desc": True})
        return lambda rows: sorted(
            rows, key=lambda row: _rank(row.get(name, "")), reverse=is_reversed
        )

    def _stats(self) -> _Stage:
        results = self._list(self._aggregate)
        keys = self._list(self._group_key) if self._take("by") else []
        self._shown, self._pointer = tuple(name for name, _ in (*keys, *results)), ()

        def aggregate(rows: list[Row]) -> list[Row]:
            groups: dict[tuple[str | None, ...], list[Row]] = {}
            for row in rows:
                groups.setdefault(tuple(key(row) for _, key in keys), []).append(row)
            found = []
            for values, members in groups.items():
                pairs = [(name, compute(members)) for name, compute in results]
                pairs += zip((name for name, _ in keys), values, strict=True)
                found.append({name: value for name, value in pairs if value is not None})
            return found

        return aggregate

    def _aggregate(self) -> tuple[str, Callable[[list[Row]], str | None]]:
        function = self._choice({name: name for name in ("count", *_STATISTICS)})
        self._expect("(")
        name = "*" if function == "count" and self._take("*") else self._expect("word")
        percent = self._expect("number") if function == "pct" and self._expect(",") else ""
        self._expect(")")

        def compute(rows: list[Row]) -> str | None:
            values = [row[name] for row in rows if name in row]
            if function == "count":
                return str(len(rows) if name == "*" else len(values))
            samples = [Sample.of(0, float(value)) for value in values if _NUMBER.fullmatch(value)]
            result = statistics.compute(_STATISTICS[function] + percent, samples)
            return None if result is None else f"{result:.10g}"

        return self._alias(f"{function}({', '.join(filter(None, (name, percent)))})"), compute

    def _group_key(self) -> tuple[str, Callable[[Row], str | None]]:
        name = self._expect("word")
        if name != "bin":
            return self._alias(name), lambda row: row.get(name)
        self._expect("(")
        span = self._expect("span")
        self._expect(")")
        seconds = int(span[:-1]) * _SECONDS[span[-1]]
        return self._alias(f"bin({span})"), lambda row: _bin(row["@timestamp"], seconds)

    def _any_of(self) -> _Test:
        return self._joined("or", any, lambda: self._joined("and", all, self._condition))

    def _joined(self, word: str, join: Callable[..., bool], read: Callable[[], _Test]) -> _Test:
        tests = self._list(read, word)
        return lambda row: join(test(row) for test in tests)

    def _condition(self) -> _Test:
        if self._take("not"):
            test = self._condition()
            return lambda row: not test(row)
        if self._take("("):
            test = self._any_of()
            self._expect(")")
            return test
        name, is_wanted = self._expect("word"), not self._take("not")
        if self._take("like"):
            pattern = self._pattern()
            return lambda row: bool(pattern.search(row.get(name, ""))) == is_wanted
        if not is_wanted:
            raise MalformedQueryError("write not before a comparison, or before like")
        sign, literal = self._expect("sign"), self._literal()
        return lambda row: _is(row.get(name), sign, literal)

    def _literal(self) -> str:
        found = self._expect("text", "number")
        return re.sub(r"\\(.)", r"\1", found[1:-1]) if found[0] in "\"'" else found

    def _pattern(self) -> re.Pattern[str]:
        if self._tokens[0][0] == "text":
            return re.compile(re.escape(self._literal()))
        body, _, flag = self._expect("pattern")[1:].rpartition("/")
        try:
            return re.compile(body, re.IGNORECASE if flag else 0)
        except re.error as error:
            raise MalformedQueryError(f"/{body}/: {error}") from None

    def _alias(self, name: str) -> str:
        return self._expect("word") if self._take("as") else name

    def _list(self, read: Callable[[], _T], between: str = ",") -> list[_T]:
        items = [read()]
        while self._take(between):
            items.append(read())
        return items

    def _choice(self, options: Mapping[str, _T]) -> _T:
        word = self._expect("word")
        if word.lower() not in options:
            raise MalformedQueryError(f"{word!r} is not supported; use one of {list(options)}")
        return options[word.lower()]

    def _take(self, wanted: str) -> bool:
        kind, text = self._tokens[0]
        is_there = kind in ("word", "mark") and text.lower() == wanted
        if is_there:
            del self._tokens[0]
        return is_there

    def _expect(self, *wanted: str) -> str:
        kind, text = self._tokens[0]
        if (text if kind == "mark" else kind) not in wanted:
            raise MalformedQueryError(f"expected {' or '.join(wanted)}, got {text or 'the end'!r}")
        return self._tokens.pop(0)[1]


def _is(value: str | None, sign: str, literal: str) -> bool:
    """Compare as numbers where both are; what is absent is never anything."""
    if value is None:
        return False
    if _NUMBER.fullmatch(value) and _NUMBER.fullmatch(literal):
        return _COMPARE[sign](float(value), float(literal))
    return _COMPARE[sign](value, literal)


def _rank(text: str) -> tuple[bool, float, str]:
    """Put what is no number before numbers, as the language's documentation does."""
    is_number = _NUMBER.fullmatch(text) is not None
    return is_number, float(text) if is_number else 0.0, text


def _bin(time: str, seconds: int) -> str:
    moment = datetime.strptime(time, _TIME).replace(tzinfo=UTC).timestamp()
    return datetime.fromtimestamp(moment // seconds * seconds, UTC).strftime(_TIME)[:-3]
