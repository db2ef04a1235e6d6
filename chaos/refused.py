"""Files that must be refused whole, each for a reason that is known before."""

import gzip
import random
from collections.abc import Callable

from chaos.grammar import DATASET_NAMES, Draft, Kind, Sheet, draw_sheet, encoded
from contracts.errors import FileRejection
from contracts.files import FileFormat
from contracts.records import MAX_RECORD_BYTES

# Above the rows that every contract tolerates, and above its share of the longest file.
_TOO_MANY_ROWS = 8

_Bodies = Callable[[Sheet, random.Random], bytes]


def misnamed_file(generator: random.Random) -> Draft:
    """Draw a file that must be rejected for its key, before it is read."""
    code = generator.choice(list(_NAMES))
    dataset, suffix = _NAMES[code](generator)
    return Draft(dataset=dataset, suffix=suffix, body=b"any\n", rejection=code.value)


def refused_file(generator: random.Random, kind: Kind) -> Draft:
    """Draw a file that must be rejected for its content."""
    code = generator.choice(list(_BODIES))
    is_crowded = code is FileRejection.TOO_MANY_BAD_ROWS
    sheet = draw_sheet(
        generator,
        kind,
        bad_rows=_TOO_MANY_ROWS if is_crowded else 0,
        fewest_rows=_TOO_MANY_ROWS + 1 if is_crowded else 5,
    )
    if code is FileRejection.WRONG_COLUMNS and not sheet.is_csv:
        code = FileRejection.EMPTY  # JSON Lines have no header that could be wrong
    return Draft(
        dataset=sheet.contract.name,
        suffix=f".{sheet.file_format}",
        body=_BODIES[code](sheet, generator),
        rejection=code.value,
    )


def _whole(sheet: Sheet) -> str:
    return "".join(f"{line}{sheet.line_end}" for line in sheet.lines)


def _empty(_: Sheet, generator: random.Random) -> bytes:
    return generator.choice([b"", b"\n\n", b"\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])


def _truncated(sheet: Sheet, generator: random.Random) -> bytes:
    *complete, last = sheet.lines
    if sheet.is_csv and generator.random() < 0.5:  # noqa: PLR2004
        first, _, rest = last.partition(",")
        return _joined(sheet, [*complete, f'"{first.strip(chr(34))},{rest.replace(chr(34), "")}'])
    # Before the last comma fields are missing, or the object does not end.
    return _joined(sheet, [*complete, last[: generator.randint(1, last.rindex(","))]])


def _joined(sheet: Sheet, lines: list[str]) -> bytes:
    return encoded(sheet.line_end.join(lines))


def _undecodable(sheet: Sheet, generator: random.Random) -> bytes:
    text = _whole(sheet)
    candidates = [
        gzip.compress(encoded(text), mtime=0),
        text.encode("utf-16"),
        text.encode("utf-16-le"),
        text.encode("utf-32"),
        b"PAR1" + generator.randbytes(300),
        b"PK\x03\x04" + generator.randbytes(300),
        b"\0\x01\x02" + generator.randbytes(300).replace(b"\n", b"\0"),
    ]
    if not sheet.is_csv:
        candidates.append(encoded("[" + ",\n".join(sheet.records) + "]\n"))
    return generator.choice(candidates)


def _wrong_columns(sheet: Sheet, generator: random.Random) -> bytes:
    header, *records = sheet.lines
    names = list(sheet.names)
    changed = generator.randrange(len(names))
    wrong = generator.choice(
        [
            header.replace(",", ";"),
            ",".join(names[:changed] + names[changed + 1 :]),
            ",".join([*names, "surplus"]),
            ",".join([*names, names[changed]]),
            ",".join([*names[:changed], names[changed].upper(), *names[changed + 1 :]]),
            ",".join([*names[:changed], f" {names[changed]}", *names[changed + 1 :]]),
        ]
    )
    return encoded(sheet.line_end.join([wrong, *records, ""]))


def _too_many_bad_rows(sheet: Sheet, _: random.Random) -> bytes:
    return encoded(_whole(sheet))


def _record_too_long(sheet: Sheet, _: random.Random) -> bytes:
    return encoded(_whole(sheet) + "x" * (MAX_RECORD_BYTES + 1) + sheet.line_end)


def _unknown_dataset(generator: random.Random) -> tuple[str, str]:
    return generator.choice(["trains", "Flights", "flights-2", "wetter"]), f".{FileFormat.CSV}"


def _unsupported_format(generator: random.Random) -> tuple[str, str]:
    suffix = generator.choice([".xlsx", ".json", ".csv.gz", ".parquet", "", ".txt"])
    return generator.choice(DATASET_NAMES), suffix


_BODIES: dict[FileRejection, _Bodies] = {
    FileRejection.EMPTY: _empty,
    FileRejection.TRUNCATED: _truncated,
    FileRejection.UNDECODABLE: _undecodable,
    FileRejection.WRONG_COLUMNS: _wrong_columns,
    FileRejection.TOO_MANY_BAD_ROWS: _too_many_bad_rows,
    FileRejection.RECORD_TOO_LONG: _record_too_long,
}
_NAMES: dict[FileRejection, Callable[[random.Random], tuple[str, str]]] = {
    FileRejection.UNKNOWN_DATASET: _unknown_dataset,
    FileRejection.UNSUPPORTED_FORMAT: _unsupported_format,
}
