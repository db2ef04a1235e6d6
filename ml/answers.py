"""What prediction requests are answered with: scores and who gave them, or why there are none."""

import json
import math
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Response

from ml.model import Predictions, model_sha256

CSV, JSON_LINES, JSON = "text/csv", "application/jsonlines", "application/json"

PACKAGE_VARIABLE = "MODEL_PACKAGE_ARN"
"""Variable of the container: the model package that the endpoint made it for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Which model answers: while models take turns, neither endpoint nor variant tells.

    Attributes:
        package_arn: Its model package; empty where no endpoint serves it.
        sha256: Hash of the model file, 64 hex digits.
    """

    package_arn: str
    sha256: str

    @classmethod
    def of(cls, model_dir: Path) -> "Identity":
        """Return that of the model in `model_dir`, as this container serves it."""
        return cls(package_arn=os.environ.get(PACKAGE_VARIABLE, ""), sha256=model_sha256(model_dir))


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The scores of a request.

    Attributes:
        scores: In the order of its records.
        identity: The model that gave them.
    """

    scores: Predictions
    identity: Identity

    def to_csv(self) -> str:
        """Return a line per score."""
        return "".join(f"{score!r}\n" for score in self.scores.tolist())

    def to_json_lines(self) -> str:
        """Return an object per score."""
        return "".join(f"{json.dumps(each)}\n" for each in self._predictions())

    def to_json(self) -> str:
        """Return one object, which also says which model answered."""
        document = {"predictions": self._predictions(), "model": asdict(self.identity)}
        return json.dumps(document, allow_nan=False)

    def _predictions(self) -> list[dict[str, float | None]]:
        """Return the scores as JSON has them: it knows no NaN and no infinity."""
        return [
            {"score": score if math.isfinite(score) else None} for score in self.scores.tolist()
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why a request is not answered.

    Attributes:
        status: HTTP status, 4xx.
        message: Cause and remedy.
        errors: What is wrong with which row, counted from 1 without a header, and column.
    """

    status: int
    message: str
    errors: tuple[dict[str, Any], ...] = field(default=())

    def response(self) -> Response:
        """Return it as an answer."""
        body = {"error": self.message, "errors": list(self.errors)}
        return Response(json.dumps(body), status=self.status, mimetype=JSON)
