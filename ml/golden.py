"""Golden records: requests with the score to expect, by which a release tests what it serves."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from ml.model import Predictions
from ml.requests import judged, nobody_could_ask

FILE = "golden.jsonl"

_ROWS = 20


def write(holdout: pd.DataFrame, scores: Predictions, folder: Path) -> None:
    """Write golden records of the holdout, `{"request": {...}, "score": 0.123}`, to `folder`.

    Raises:
        UserError: nobody could ask for any of them.
    """
    folder.joinpath(FILE).write_text("".join(f"{line}\n" for line in lines(holdout, scores)))


def lines(holdout: pd.DataFrame, scores: Predictions) -> list[str]:
    """Return records spread evenly from the least to the greatest score, each with it, as JSON.

    Args:
        holdout: Records, at least one; what breaks the contract of requests is left out.
        scores: Of each.

    Raises:
        UserError: all of them break it.
    """
    by_score = np.argsort(scores, kind="stable")
    chosen = by_score[np.unique(np.linspace(0, len(by_score) - 1, _ROWS).astype(int))]
    pairs = zip(judged(holdout.iloc[chosen]), scores[chosen].tolist(), strict=True)
    found = []
    fault = None
    for (request, fault), score in pairs:
        if fault is None:
            found.append(json.dumps({"request": request, "score": score}))
    if not found:
        raise nobody_could_ask(fault)
    return found
