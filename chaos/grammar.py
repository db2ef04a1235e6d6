"""Files by a grammar: real rows, spelled in some legal way, with damage whose outcome is known.

file    = style, rows [, bad rows] | a file that must be refused whole
style   = order of columns, quotes, line ends, byte order mark, blank lines, last line end
bad row = a spoiled value, or fields or keys too many or too few, or no record at all
"""

import csv
import io
import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from chaos.damage import SPOILERS, spoilers_for
from chaos.rows import Row, draw_rows
from contracts.errors import RowRejection
from contracts.files import FileFormat
from schemas.catalog import DATASETS
from schemas.datasets import ColumnType, DatasetContract

DATASET_NAMES = ("flights", "weather")
FEWEST_ROWS, MOST_ROWS = 5, 40

_LINE_ENDS = ("\n", "\n", "\r\n", "\r")
_BOM = "\ufeff"
_NUMBERS = {ColumnType.INT64: int, ColumnType.FLOAT64: float}


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A file, and what must become of it.

    Attributes:
        dataset: Folder it is uploaded to.
        suffix: End of its name, the dot included.
        body: Its bytes.
        rows: Records in it; 0 when it must be rejected.
        quarantined: Reason code to number of records that must be quarantined.
        rejection: Code with which the whole file must be rejected; empty when it is curated.
    """

    dataset: str
    suffix: str
    body: bytes
    rows: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)
    rejection: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """What files have in common that may follow each other under one key."""

    dataset: str
    file_format: FileFormat


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """Rows and how to spell them, before they are bytes.

    Attributes:
        contract: The dataset's contract.
        file_format: CSV or JSON Lines.
        names: Columns in the file's order.
        records: One text per row, without line end.
        reasons: Code to number of rows that break the contract.
        line_end: What ends a record.
    """

    contract: DatasetContract
    file_format: FileFormat
    names: tuple[str, ...]
    records: tuple[str, ...]
    reasons: Mapping[str, int]
    line_end: str

    @property
    def lines(self) -> tuple[str, ...]:
        """All records, a CSV file's header first."""
        return ((",".join(self.names),) if self.is_csv else ()) + self.records

    @property
    def is_csv(self) -> bool:
        """Whether the sheet becomes CSV."""
        return self.file_format is FileFormat.CSV


def draw_kind(generator: random.Random) -> Kind:
    """Choose dataset and format."""
    return Kind(generator.choice(DATASET_NAMES), generator.choice(list(FileFormat)))


def draw_sheet(
    generator: random.Random, kind: Kind, *, bad_rows: int = 0, fewest_rows: int = FEWEST_ROWS
) -> Sheet:
    """Choose rows, columns' order and line ends; spoil `bad_rows` rows, never the last."""
    contract, file_format = DATASETS[kind.dataset], kind.file_format
    names = list(contract.column_names)
    if generator.random() < 0.3:  # noqa: PLR2004
        generator.shuffle(names)
    rows = draw_rows(contract.name, generator.randint(fewest_rows, MOST_ROWS), generator)
    chosen = set(generator.sample(range(len(rows) - 1), bad_rows))
    quoting = generator.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    records, reasons = [], Counter[str]()
    for number, row in enumerate(rows):
        if number in chosen:
            text, code = _bad_record(row, names, contract, file_format, generator)
            reasons[code.value] += 1
        else:
            text = _spell(row, names, contract, file_format, quoting)
        records.append(text)
    return Sheet(
        contract=contract,
        file_format=file_format,
        names=tuple(names),
        records=tuple(records),
        reasons=reasons,
        line_end=generator.choice(_LINE_ENDS),
    )


def good_file(generator: random.Random, kind: Kind) -> Draft:
    """Draw a file that must be curated, some of its rows perhaps quarantined."""
    if kind.file_format is FileFormat.CSV and generator.random() < 0.05:  # noqa: PLR2004
        return _header_only(generator, kind)
    sheet = draw_sheet(generator, kind, bad_rows=generator.choice([0, 0, 0, 1, 2, 3]))
    separator = sheet.line_end
    if generator.random() < 0.1:  # noqa: PLR2004
        separator *= 2  # blank lines are no records
    text = separator.join(sheet.lines) + generator.choice([sheet.line_end, sheet.line_end, ""])
    if generator.random() < 0.15:  # noqa: PLR2004
        text = _BOM + text
    return Draft(
        dataset=sheet.contract.name,
        suffix=f".{sheet.file_format}",
        body=encoded(text),
        rows=len(sheet.records),
        quarantined=sheet.reasons,
    )


def encoded(text: str) -> bytes:
    """Return the bytes of a text whose lone surrogates stand for bytes that are not UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def _header_only(generator: random.Random, kind: Kind) -> Draft:
    contract = DATASETS[kind.dataset]
    return Draft(
        dataset=contract.name,
        suffix=f".{FileFormat.CSV}",
        body=encoded(",".join(contract.column_names) + generator.choice(["", *_LINE_ENDS])),
    )


def _spell(
    row: Row,
    names: list[str],
    contract: DatasetContract,
    file_format: FileFormat,
    quoting: int = csv.QUOTE_MINIMAL,
) -> str:
    if file_format is FileFormat.CSV:
        text = io.StringIO()
        writer = csv.writer(text, quoting=quoting, lineterminator="")  # type: ignore[arg-type]
        writer.writerow([row[name] for name in names])
        return text.getvalue()
    typed = {name: _typed(row[name], contract, name) for name in names}
    return json.dumps(typed, ensure_ascii=False)


def _typed(text: str, contract: DatasetContract, name: str) -> object:
    if text in contract.null_values:
        return None
    try:
        return _NUMBERS[contract.column(name).type](text)
    except (KeyError, ValueError):
        return text  # a text, a time, or a value that was spoiled


def _bad_record(
    row: Row,
    names: list[str],
    contract: DatasetContract,
    file_format: FileFormat,
    generator: random.Random,
) -> tuple[str, RowRejection]:
    """Spell `row` so that it must be quarantined; return the code to expect, too."""
    whole = [RowRejection.RAGGED]
    if file_format is FileFormat.JSON_LINES:
        whole.append(RowRejection.MALFORMED)
    code = generator.choice([*whole, *spoilers_for(contract)])
    if code in SPOILERS:
        SPOILERS[code](row, contract, generator)
        return _spell(row, names, contract, file_format), code
    good = _spell(row, names, contract, file_format)
    if code is RowRejection.MALFORMED:
        return generator.choice(
            [good[:-1], good[1:], "null", "true", "5", good + "}", "'a': 1"]
        ), code
    if file_format is FileFormat.CSV:
        return generator.choice([good + ",surplus", good + ",", good.rpartition(",")[0]]), code
    return good[:-1] + ', "surplus": 1}', code
