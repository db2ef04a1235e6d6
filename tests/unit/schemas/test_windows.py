from typing import Any

import pytest

from schemas.windows import Window, WindowError, month_name, month_number

YEAR_END = Window(train_from="2012-11", holdout_from="2013-01", holdout_to="2013-03")


def test_months_are_counted_across_years() -> None:
    assert YEAR_END.months == ("2012-11", "2012-12", "2013-01", "2013-02")
    assert YEAR_END.training_months == ("2012-11", "2012-12")
    assert YEAR_END.holdout_months == ("2013-01", "2013-02")


@pytest.mark.parametrize("month", ["2012-12", "2013-01", "0001-01", "9999-12"])
def test_a_month_is_its_number(month: str) -> None:
    assert month_name(month_number(month)) == month


def test_numbers_of_months_are_consecutive() -> None:
    assert month_number("2013-01") - month_number("2012-12") == 1


@pytest.mark.parametrize(
    "month", ["", "2013", "2013-1", "2013-00", "2013-13", "2013-01-01", " 2013-01"]
)
def test_what_is_no_month_is_named(month: str) -> None:
    with pytest.raises(WindowError, match="written YYYY-MM"):
        month_number(month)


@pytest.mark.parametrize(
    ("train_from", "holdout_from", "holdout_to"),
    [
        ("2013-02", "2013-02", "2013-03"),
        ("2013-01", "2013-02", "2013-02"),
        ("2013-03", "2013-02", "2013-04"),
        ("2013-01", "2013-04", "2013-03"),
    ],
)
def test_training_comes_before_the_holdout(
    train_from: str, holdout_from: str, holdout_to: str
) -> None:
    with pytest.raises(WindowError, match=f"got {train_from}, {holdout_from}, {holdout_to}"):
        Window(train_from=train_from, holdout_from=holdout_from, holdout_to=holdout_to)


def test_json_is_read_as_it_was_written() -> None:
    document: dict[str, Any] = {**YEAR_END.to_json(), "of_a_later_release": 1}

    assert Window.from_json(document) == YEAR_END
