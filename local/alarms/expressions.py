"""CloudWatch metric math, as far as alarms here use it.

Syntax: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
Metric math reads like Python, so Python's parser does the reading; only what is listed here is
evaluated. A name is a series: one value per period, oldest first, None where data is missing.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence

Series = tuple[float | None, ...]
Value = float | Series | list[Series]
# A number that is missing in every period, such as 1 / 0.
_MISSING = math.nan


class ExpressionError(ValueError):
    """An expression that cannot be evaluated here; the message names the part."""


def names_in(expression: str) -> set[str]:
    """Return the ids of the series that an expression uses.

    Raises:
        ExpressionError: the expression uses what is not supported.
    """
    tree = _parse(expression)
    calls = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in calls
    }
    # Evaluating it once with no data finds everything that is not supported.
    _evaluate(tree, dict.fromkeys(names, (None,)), 1)
    return names


def evaluate(expression: str, series: Mapping[str, Series], length: int) -> Series:
    """Return the expression's value in each period.

    Args:
        expression: For example `100 * FILL(bad, 0) / total`.
        series: Values by id, each `length` long.
        length: Number of periods.

    Raises:
        ExpressionError: the expression is not supported, or an id is missing.
    """
    value = _evaluate(_parse(expression), series, length)
    if isinstance(value, list):
        raise ExpressionError(f"{expression!r} gives several series where an alarm needs one")
    return _as_series(value, length)


def _parse(expression: str) -> ast.expr:
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"cannot read {expression!r}: {error.msg}") from None


def _evaluate(node: ast.expr, series: Mapping[str, Series], length: int) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            if name not in series:
                raise ExpressionError(f"no metric has the id {name!r}")
            return series[name]
        case ast.List(elts=elements):
            members = (_evaluate(element, series, length) for element in elements)
            return [_as_series(member, length) for member in members]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _combine(operator.neg, _evaluate(operand, series, length))
        case (
            ast.BinOp(left=left, op=operation, right=right)
            | ast.Compare(left=left, ops=[operation], comparators=[right])
        ) if type(operation) in _OPERATORS:
            sides = (_evaluate(side, series, length) for side in (left, right))
            return _combine(_OPERATORS[type(operation)], *sides)
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in _FUNCTIONS:
            return _FUNCTIONS[name]([_evaluate(item, series, length) for item in arguments])
    raise ExpressionError(
        f"metric math {ast.unparse(node)!r} is not supported by the local cloud: "
        f"it knows + - * /, comparisons, [lists] and {', '.join(sorted(_FUNCTIONS))}"
    )


def _as_series(value: Value, length: int) -> Series:
    if isinstance(value, list):
        raise ExpressionError("a list stands where one series is needed")
    return value if isinstance(value, tuple) else (_known(value),) * length


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number


def _combine(function: Callable[..., float], *values: Value) -> Value:
    """Apply a function period by period; missing in, or no finite number out, is missing."""

    def apply(*items: float | None) -> float | None:
        if any(item is None for item in items):
            return None
        try:
            result = float(function(*items))
        except ZeroDivisionError:
            return None
        return result if math.isfinite(result) else None

    return _per_period(apply, values)


def _per_period(function: Callable[..., float | None], values: Sequence[Value]) -> Value:
    if any(isinstance(value, list) for value in values):
        raise ExpressionError("a list stands where one series is needed")
    length = max((len(value) for value in values if isinstance(value, tuple)), default=0)
    if length:
        rows = zip(*(_as_series(value, length) for value in values), strict=True)
        return tuple(function(*row) for row in rows)
    result = function(*(_as_series(value, 1)[0] for value in values))
    return _MISSING if result is None else result


def _choose(arguments: list[Value]) -> Value:
    """IF(condition, then, else): without an else, a false condition leaves data missing."""
    condition, then, *rest = arguments
    otherwise = rest[0] if rest else _MISSING

    def choose(test: float | None, yes: float | None, no: float | None) -> float | None:
        if test is None:
            return None
        return yes if test else no

    return _per_period(choose, [condition, then, otherwise])


def _fill(arguments: list[Value]) -> Value:
    values, filler = arguments
    return _per_period(lambda value, other: other if value is None else value, [values, filler])


def _over(function: Callable[[Sequence[float]], float]) -> Callable[[list[Value]], Value]:
    """Make a function that reduces a list of series per period, and one series to a number."""

    def reduce(arguments: list[Value]) -> Value:
        (value,) = arguments
        if isinstance(value, list):
            return tuple(_reduced(function, row) for row in zip(*value, strict=True))
        if isinstance(value, tuple):
            result = _reduced(function, value)
            return _MISSING if result is None else result
        return value

    return reduce


def _reduced(
    function: Callable[[Sequence[float]], float], row: Sequence[float | None]
) -> float | None:
    present = [item for item in row if item is not None]
    return float(function(present)) if present else None


_OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_FUNCTIONS: dict[str, Callable[[list[Value]], Value]] = {
    "IF": _choose,
    "FILL": _fill,
    "SUM": _over(sum),
    "MAX": _over(max),
    "MIN": _over(min),
    "AVG": _over(lambda values: sum(values) / len(values)),
    "ABS": lambda arguments: _combine(abs, *arguments),
    "CEIL": lambda arguments: _combine(math.ceil, *arguments),
    "FLOOR": lambda arguments: _combine(math.floor, *arguments),
}
