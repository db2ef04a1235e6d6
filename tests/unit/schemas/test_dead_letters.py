from decimal import Decimal

import pytest

from schemas.dead_letters import SETTLED, DeadLetter, DeadLetterStatus


def test_item_is_read_with_plain_numbers() -> None:
    letter = DeadLetter.from_item(
        {
            "message_key": "k",
            "status": "open",
            "deaths": Decimal(2),
            "message_ids": {"m1", "m2"},
        }
    )

    assert (letter.status, letter.deaths, letter.replays) == (DeadLetterStatus.OPEN, 2, 0)
    assert type(letter.deaths) is int


@pytest.mark.parametrize("status", DeadLetterStatus)
def test_settled_is_what_asks_nothing_of_an_operator(status: DeadLetterStatus) -> None:
    waiting = {DeadLetterStatus.OPEN, DeadLetterStatus.REPLAYING, DeadLetterStatus.REPLAYED}

    assert (status in SETTLED) == (status not in waiting)
