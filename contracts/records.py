"""Cuts a byte stream into blocks of whole records, with bounded memory."""

import itertools
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from contracts.errors import FileRejectedError, FileRejection

BLOCK_BYTES = 4 * 2**20
MAX_RECORD_BYTES = 2**20

# A quote opens a quoted section only where a field begins; elsewhere it is an ordinary byte. The
# quantifiers are possessive, so that matching is linear whatever the bytes; the outermost is an
# atomic group instead, because a possessive one is wrong before Python 3.11.5
# (https://github.com/python/cpython/issues/106052).
_QUOTED_SECTION = rb'(?:(?<=[,\r\n])|\A)"[^"]*+(?:""[^"]*+)*+"'
_BODY = rb'(?>(?:[^"\r\n]++|(?<=[^,\r\n])"|' + _QUOTED_SECTION + rb")*)"
_CLOSED = re.compile(_BODY + rb"[\r\n]*")
# A CR at the very end may be half a CRLF, so it does not complete a record.
_COMPLETE = re.compile(_BODY + rb"(?:\r\n|\n)")
_RECORD = re.compile(_BODY + rb"(?:\r\n|\n|\r)|(?s:.+)")

_BLANK_LINES = frozenset((b"\n", b"\r\n", b"\r"))
_BOM = b"\xef\xbb\xbf"
_SNIFFED_BYTES = 4096
_SIGNATURES = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PAR1", "Parquet"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


class Readable(Protocol):
    """A source of bytes; an open file and the body of an S3 object both are."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, and none only at the end."""


class Record(NamedTuple):
    """A record as it lies in the file.

    Attributes:
        line: Line of the file, counted from 1, on which it begins.
        data: Its bytes; without a line end only if the file ends there.
    """

    line: int
    data: bytes


@dataclass(frozen=True, slots=True)
class RecordBlock:
    """Whole records, as they lie in the file.

    Attributes:
        data: Their bytes, line ends included; only the file's last record may have none.
        first_line: Line of the file, counted from 1, on which the first record begins.
        has_quotes: Whether a quoted section may hide line ends.
    """

    data: bytes
    first_line: int
    has_quotes: bool

    def records(self) -> Iterator[Record]:
        """Yield the records, without the blank lines between them."""
        return itertools.starmap(Record, self._numbered())

    def pick(self, numbers: Container[int]) -> Iterator[Record]:
        """Yield some of `records`: those whose number, counted from 1, is in `numbers`."""
        wanted = map(numbers.__contains__, itertools.count(1))
        return itertools.starmap(Record, itertools.compress(self._numbered(), wanted))

    def parts(self) -> list[bytes]:
        """Return the records and the blank lines between them: `data`, cut."""
        return _split(self.data) if self.has_quotes else self.data.splitlines(keepends=True)

    def _numbered(self) -> Iterator[tuple[int, bytes]]:
        parts = self.parts()
        lines: Iterator[int] = itertools.count(self.first_line)
        if self.has_quotes:
            lines = itertools.accumulate(map(count_lines, parts), initial=self.first_line)
        is_record = [part not in _BLANK_LINES for part in parts]
        return itertools.compress(zip(lines, parts, strict=False), is_record)


def is_blank(data: bytes) -> bool:
    """Whether `data` is nothing but blank lines."""
    return not data.lstrip(b"\r\n")


def count_lines(data: bytes) -> int:
    """Number of line ends in `data`: LF, CRLF and CR count one each."""
    carriage_returns = data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else 0
    return data.count(b"\n") + carriage_returns


def cut_records(source: Readable, *, with_quotes: bool) -> Iterator[RecordBlock]:
    """Yield the records of `source` in blocks of about `BLOCK_BYTES`.

    Args:
        source: The file's bytes; at most two blocks of them are held at a time.
        with_quotes: Whether quoted sections hide line ends, as in CSV.

    Raises:
        FileRejectedError: `empty`, `undecodable`, `record-too-long`, or `truncated` when a quoted
            section does not end.
    """
    pending = _read_fully(source, _SNIFFED_BYTES)
    _refuse_undecodable(pending)
    pending = pending.removeprefix(_BOM)
    line = 1
    is_empty = True
    while True:
        chunk = _read_fully(source, BLOCK_BYTES)
        buffer = pending + chunk
        has_quotes = with_quotes and b'"' in buffer
        end = _last_record_end(buffer, has_quotes=has_quotes) if chunk else len(buffer)
        data, pending = buffer[:end], buffer[end:]
        _refuse_long_records(data, pending, line, has_quotes=has_quotes)
        if not is_blank(data):
            is_empty = False
            block = RecordBlock(data, line, has_quotes)
            if not chunk and has_quotes:
                _refuse_open_quote(block)
            yield block
        line += count_lines(data)
        if not chunk:
            break
    if is_empty:
        raise FileRejectedError(
            FileRejection.EMPTY, "the file has no content; upload it again under the same key"
        )


def split_first(block: RecordBlock) -> tuple[bytes, RecordBlock]:
    """Split off the first record that is not a blank line.

    Returns:
        The record, and a block of what follows it (perhaps nothing).
    """
    start = len(block.data) - len(block.data.lstrip(b"\r\n"))
    record = _RECORD.match(block.data, start)[0]  # type: ignore[index]  # it matches anything
    end = start + len(record)
    rest = RecordBlock(
        block.data[end:],
        block.first_line + count_lines(block.data[:end]),
        block.has_quotes,
    )
    return record, rest


def _split(data: bytes) -> list[bytes]:
    return _RECORD.findall(data)


def _read_fully(source: Readable, size: int) -> bytes:
    """Read `size` bytes, fewer only at the end: a network stream may return less at a time."""
    parts = []
    while size > 0 and (part := source.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _last_record_end(buffer: bytes, *, has_quotes: bool) -> int:
    """Where the last record that is certainly complete ends; 0 if none is."""
    if has_quotes:
        last = _split(buffer)[-1]
        return len(buffer) - (0 if _COMPLETE.fullmatch(last) else len(last))
    return (buffer.rfind(b"\n") + 1) or (buffer.rfind(b"\r", 0, -1) + 1)


def _refuse_long_records(data: bytes, pending: bytes, line: int, *, has_quotes: bool) -> None:
    if len(pending) > MAX_RECORD_BYTES:
        line += count_lines(data)
        quote = has_quotes and not _CLOSED.fullmatch(pending)
        hint = "a quote that is never closed may hide its end" if quote else "check its line ends"
    elif _longest_record(data, has_quotes=has_quotes) > MAX_RECORD_BYTES:
        hint = "check its line ends and quotes"
    else:
        return
    raise FileRejectedError(
        FileRejection.RECORD_TOO_LONG,
        f"a record on or after line {line:,} is longer than {MAX_RECORD_BYTES:,} bytes; {hint}",
    )


def _longest_record(data: bytes, *, has_quotes: bool) -> int:
    """Length of the longest record, where it may matter; else a smaller number."""
    if has_quotes:
        return max(map(len, _split(data)), default=0)
    # A record longer than the limit covers one of these windows whole, without a line end in it.
    half = MAX_RECORD_BYTES // 2
    windows = range(0, len(data) - half + 1, half)
    if any(
        data.find(b"\n", start, start + half) < 0 and data.find(b"\r", start, start + half) < 0
        for start in windows
    ):
        return max(map(len, data.splitlines(keepends=True)))
    return 0


def _refuse_open_quote(block: RecordBlock) -> None:
    *complete, last = _split(block.data)
    if not _CLOSED.fullmatch(last):
        line = block.first_line + sum(map(count_lines, complete))
        raise FileRejectedError(
            FileRejection.TRUNCATED,
            f"a quote in the record that begins on line {line:,} is never closed; "
            "the file is cut off, or the quote is stray: correct it and upload it again",
        )


def _refuse_undecodable(head: bytes) -> None:
    found = next((name for magic, name in _SIGNATURES if head.startswith(magic)), None)
    first_line = head.partition(b"\n")[0]
    if found is None and b"\0" in first_line:
        is_wide = first_line.count(b"\0") * 3 >= len(first_line)
        found = "UTF-16 or UTF-32 without a byte order mark" if is_wide else "binary"
    if found:
        raise FileRejectedError(
            FileRejection.UNDECODABLE,
            f"the file looks like {found}; upload CSV or JSON Lines as plain UTF-8 text, "
            "uncompressed",
        )
