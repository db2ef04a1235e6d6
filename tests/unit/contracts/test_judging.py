import pytest

from contracts.errors import RowRejection
from contracts.judging import RowFault, RowsRejectedError, judge_rows
from contracts.rows import JsonJudge
from tests.unit.contracts.samples import SAMPLE

JUDGE = JsonJudge(SAMPLE).judge_object
GOOD = {"id": 7, "colour": "red"}


def test_rows_have_the_contracts_order() -> None:
    rows = judge_rows([GOOD, GOOD | {"amount": 1}], JUDGE, SAMPLE)

    assert rows == [[7, None, "red", None, None, None, None], [7, 1, "red", None, None, None, None]]


def test_no_rows_are_no_fault() -> None:
    assert judge_rows([], JUDGE, SAMPLE) == []


def test_every_fault_is_told_and_the_first_in_words() -> None:
    bad = [GOOD | {"colour": "green"}, GOOD, GOOD | {"id": 1_000}]

    with pytest.raises(RowsRejectedError) as raised:
        judge_rows([*bad, *[GOOD] * 1_000], JUDGE, SAMPLE)

    first = RowFault(
        row=1,
        column="colour",
        code=RowRejection.DOMAIN,
        message="'green' is not one of the 2 accepted values",
    )
    assert raised.value.faults[0] == first
    assert [each.row for each in raised.value.faults] == [1, 3]
    assert raised.value.message == (
        "2 of 1,003 rows break the contract of 'sample', so none is answered; the first is row 1, "
        "column 'colour': 'green' is not one of the 2 accepted values"
    )


def test_a_row_that_is_none_names_no_column() -> None:
    with pytest.raises(RowsRejectedError, match="the first is row 2: not JSON") as raised:
        judge_rows([b'{"id": 7, "colour": "red"}', b"{"], JsonJudge(SAMPLE).judge, SAMPLE)

    assert raised.value.faults[0].column is None
