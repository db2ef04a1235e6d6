"""What the grammar says of its files, held against the contracts that judge them."""

import io
from collections import Counter
from collections.abc import Callable

import pytest

from chaos.chance import generator_of
from chaos.grammar import Draft, draw_kind, good_file
from chaos.refused import misnamed_file, refused_file
from contracts.arrow import read_blocks
from contracts.errors import FileRejectedError, FileRejection, RowRejection
from contracts.files import check_share, format_of
from schemas.catalog import DATASETS

DRAWS = range(150)


def good(seed: int) -> Draft:
    generator = generator_of(seed)
    return good_file(generator, draw_kind(generator))


def refused(seed: int) -> Draft:
    generator = generator_of(seed)
    return refused_file(generator, draw_kind(generator))


def misnamed(seed: int) -> Draft:
    return misnamed_file(generator_of(seed))


def outcome(draft: Draft) -> tuple[str, int, dict[str, int]]:
    """Return what the contracts make of a file: rejection code, records, reasons."""
    rows, reasons = 0, Counter[str]()
    try:
        if draft.dataset not in DATASETS:
            return FileRejection.UNKNOWN_DATASET, 0, {}
        contract = DATASETS[draft.dataset]
        for block in read_blocks(io.BytesIO(draft.body), contract, format_of(f"a{draft.suffix}")):
            rows += block.accepted.num_rows + len(block.rejected)
            reasons.update(row.code.value for row in block.rejected)
        check_share(contract, rows, reasons.total(), reasons)
    except FileRejectedError as error:
        return error.code, 0, {}
    return "", rows, dict(reasons)


def test_a_good_file_is_curated_with_the_rows_and_reasons_foretold() -> None:
    for seed in DRAWS:
        draft = good(seed)
        assert draft.rejection == ""
        assert outcome(draft) == ("", draft.rows, dict(draft.quarantined)), seed


@pytest.mark.parametrize("draw", [refused, misnamed])
def test_a_damaged_file_is_rejected_with_the_code_foretold(draw: Callable[[int], Draft]) -> None:
    for seed in DRAWS:
        draft = draw(seed)
        assert outcome(draft) == (draft.rejection, 0, {}), seed


@pytest.mark.parametrize("draw", [good, refused, misnamed])
def test_the_same_seed_gives_the_same_file(draw: Callable[[int], Draft]) -> None:
    assert draw(7) == draw(7)
    assert len({draw(seed).body + draw(seed).suffix.encode() for seed in range(20)}) > 3


def test_every_damage_to_rows_occurs() -> None:
    drawn = Counter[str]()
    for seed in DRAWS:
        drawn.update(good(seed).quarantined)

    assert drawn.keys() == set(RowRejection)


def test_every_rejection_that_a_file_alone_can_cause_occurs() -> None:
    drawn = {draw(seed).rejection for draw in (refused, misnamed) for seed in DRAWS}

    # These two need a giant, and a file that is deleted before it is read.
    assert drawn == set(FileRejection) - {FileRejection.TOO_LARGE, FileRejection.OBJECT_MISSING}
