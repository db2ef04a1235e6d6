"""A logged request becomes rows of the table of predictions."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from contracts.rows import JsonJudge, RowRejectedError
from contracts.values import JSON_PARSERS, Value
from lambdas.prediction_log.provenance import Provenance
from schemas.catalog import MODEL_INPUT
from schemas.columns import Column
from schemas.predictions import (
    FLAWS_COLUMN,
    PREDICTIONS,
    Flaw,
    PredictionRecord,
    flaw_of,
    prediction_id,
)

_JUDGE = JsonJudge(MODEL_INPUT)
_FLAW_POSITION = PREDICTIONS.column_names.index(FLAWS_COLUMN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A request with what is known of the model that answered it.

    Attributes:
        record: What was logged.
        provenance: Where the model comes from.
    """

    record: PredictionRecord
    provenance: Provenance

    @property
    def rows(self) -> list[list[Value]]:
        """Its predictions, each with the values of `PREDICTIONS`'s columns."""
        return list(self._rows())

    def _rows(self) -> Iterator[list[Value]]:
        record = self.record
        for position, (row, score) in enumerate(zip(record.rows, record.scores, strict=True)):
            values = {
                "prediction_id": prediction_id(record.key, position),
                "request_id": record.request_id,
                "predicted_at": record.moment,
                "score": None if score is None else float(score),
                FLAWS_COLUMN: self._flaw(row, score),
                "variant": record.variant,
                "model_package_arn": record.model_package_arn,
                **asdict(self.provenance),
                **{column.name: _value(row, column) for column in MODEL_INPUT.columns},
            }
            yield [values[name] for name in PREDICTIONS.column_names]

    def _flaw(self, row: Mapping[str, Any], score: float | None) -> Flaw | None:
        if flaw := flaw_of(score):
            return flaw
        if not _honours_contract(row):
            return Flaw.SCHEMA_MISMATCH
        return None if self.provenance.is_known else Flaw.UNKNOWN_MODEL


def flawed(rows: list[list[Value]]) -> int:
    """Return how many of the rows of an entry have a flaw."""
    return sum(row[_FLAW_POSITION] is not None for row in rows)


def _honours_contract(row: Mapping[str, Any]) -> bool:
    try:
        _JUDGE.judge_object(row)
    except RowRejectedError:
        return False
    return True


def _value(row: Mapping[str, Any], column: Column) -> Value:
    """Return a value as its column holds it; null when it is of another type."""
    raw = row.get(column.name)
    if raw is None:
        return None
    try:
        return JSON_PARSERS[column.type](raw)
    except (ValueError, OverflowError):
        return None
