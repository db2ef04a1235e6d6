from enum import StrEnum


class FileRejection(StrEnum):
    """Why a whole file is refused; none of these passes by trying again."""

    UNKNOWN_DATASET = "unknown-dataset"
    UNSUPPORTED_FORMAT = "unsupported-format"
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    UNDECODABLE = "undecodable"
    TRUNCATED = "truncated"
    WRONG_COLUMNS = "wrong-columns"
    TOO_MANY_BAD_ROWS = "too-many-bad-rows"
    RECORD_TOO_LONG = "record-too-long"
    OBJECT_MISSING = "object-missing"


class RowRejection(StrEnum):
    """Why a row is quarantined."""

    RAGGED = "ragged"
    ENCODING = "encoding"
    MALFORMED = "malformed"
    MISSING = "missing"
    TYPE = "type"
    RANGE = "range"
    DOMAIN = "domain"
    LENGTH = "length"


class FileRejectedError(Exception):
    """A file that can never be curated as it is.

    Attributes:
        code: The kind of rejection.
        message: The cause and the remedy, for the file's sender.
    """

    def __init__(self, code: FileRejection, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
