import pytest

from local.alarms.expressions import ExpressionError, evaluate, names_in

SERIES = {"a": (1.0, None, 3.0), "b": (2.0, 4.0, 0.0), "none": (None, None, None)}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a + b", (3.0, None, 3.0)),
        ("a - b * 2", (-3.0, None, 3.0)),
        ("(a - b) * 2", (-2.0, None, 6.0)),
        ("100 * a / b", (50.0, None, None)),  # what is divided by zero is missing
        ("-a", (-1.0, None, -3.0)),
        ("FILL(a, 0)", (1.0, 0.0, 3.0)),
        ("FILL(a, b)", (1.0, 4.0, 3.0)),
        ("FILL(none, 7)", (7.0, 7.0, 7.0)),
        ("a > 1", (0.0, None, 1.0)),
        ("IF(a > 1, a, b)", (2.0, None, 3.0)),
        ("IF(b, 1, 0)", (1.0, 1.0, 0.0)),
        ("IF(b > 2, b)", (None, 4.0, None)),
        ("SUM([a, b])", (3.0, 4.0, 3.0)),
        ("MAX([a, b])", (2.0, 4.0, 3.0)),
        ("MIN([a, b])", (1.0, 4.0, 0.0)),
        ("AVG([a, b])", (1.5, 4.0, 1.5)),
        ("MAX(b)", (4.0, 4.0, 4.0)),
        ("b / SUM(b)", (2 / 6, 4 / 6, 0.0)),
        ("SUM([none, none])", (None, None, None)),
        ("CEIL(b / 4) + FLOOR(b / 4) + ABS(0 - b)", (3.0, 6.0, 0.0)),
        ("5", (5.0, 5.0, 5.0)),
        ("1 / 0", (None, None, None)),
    ],
)
def test_values_per_period(expression: str, expected: tuple[float | None, ...]) -> None:
    assert evaluate(expression, SERIES, 3) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "ANOMALY_DETECTION_BAND(a)",
        "SEARCH('{x}', 'Sum')",
        "a ** b",
        "a if b else a",
        "a +",
        "[a, b]",
        "[a] + 1",
        "__import__('os')",
        "a.real",
    ],
)
def test_what_is_not_supported_is_refused_and_named(expression: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(expression, SERIES, 3)


def test_a_missing_id_is_named() -> None:
    with pytest.raises(ExpressionError, match="'c'"):
        evaluate("a + c", SERIES, 3)


def test_names_are_the_series_not_the_functions() -> None:
    assert names_in("IF(FILL(total, 0) > 0, bad / total, 0)") == {"total", "bad"}
