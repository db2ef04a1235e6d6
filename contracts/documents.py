"""JSON documents that hold rows: one row, a list of rows, or `{"request_id": …, "rows": […]}`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.errors import RowRejection
from contracts.rows import RowRejectedError, decode, decode_json
from schemas.datasets import DatasetContract

_ROWS = "rows"
_ENVELOPE = frozenset({"request_id", _ROWS})


@dataclass(frozen=True, kw_only=True, slots=True)
class RowDocument:
    """A document that was read.

    Attributes:
        rows: What it holds, whether or not it honours the contract; none or many.
        request_id: Whatever it says is the request's id; None when it does not say.
    """

    rows: Sequence[object]
    request_id: object = None


def read_document(data: bytes, contract: DatasetContract) -> RowDocument:
    """Return the rows of a JSON document, which are not judged.

    Args:
        data: The document.
        contract: Of the rows; with a column `rows`, an object is always a row.

    Raises:
        RowRejectedError: it is no JSON, or an object with `rows` that holds no list, or more than
            is known.
    """
    document = decode_json(decode(data))
    if isinstance(document, list):
        return RowDocument(rows=document)
    if not isinstance(document, dict) or not _is_envelope(document, contract):
        return RowDocument(rows=[document])
    if unknown := document.keys() - _ENVELOPE:
        raise _malformed(f"beside {_ROWS!r}, only 'request_id' is known, not {min(unknown)!r}")
    if not isinstance(document[_ROWS], list):
        raise _malformed(f"{_ROWS!r} must be a list")
    return RowDocument(rows=document[_ROWS], request_id=document.get("request_id"))


def _is_envelope(document: Mapping[str, object], contract: DatasetContract) -> bool:
    return _ROWS in document and _ROWS not in contract.column_names


def _malformed(message: str) -> RowRejectedError:
    return RowRejectedError(RowRejection.MALFORMED, None, message)
