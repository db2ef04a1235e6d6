"""`python -m bench.twin.retraining SNAPSHOT`: models through the year; prints their AUC as JSON.

With the pipeline's own functions and the hyperparameters that are configured.
"""

import json
import sys
from pathlib import Path

from config.model import MODEL
from ml import measures, preprocess
from ml.hyperparameters import Hyperparameters
from ml.train import train
from schemas.windows import Window, month_name, month_number

COMPARED = tuple(f"2013-{month:02}" for month in range(5, 13))
STATIC = Window(train_from="2013-01", holdout_from="2013-03", holdout_to="2014-01")
LAST_THREE_MONTHS = Window(train_from="2013-07", holdout_from="2013-10", holdout_to="2013-11")


def main() -> None:
    """Train once, every month on all months before, and in October on three; judge by month."""
    snapshot = Path(sys.argv[1])
    static = auc_by_month(snapshot, STATIC)
    result = {
        "static": {month: static[month] for month in COMPARED},
        "retrained": {
            month: auc_by_month(snapshot, _everything_before(month))[month] for month in COMPARED
        },
        "last three months": auc_by_month(snapshot, LAST_THREE_MONTHS),
    }
    print(json.dumps(result))  # noqa: T201


def auc_by_month(snapshot: Path, window: Window) -> dict[str, float | None]:
    """Train on a window's months of training; return the AUC on each month of its holdout."""
    split = preprocess.split_by_time(preprocess.read_examples(snapshot, window), window)
    hyperparameters = Hyperparameters.from_texts(MODEL.hyperparameters)
    model = train(split.train, split.validation, hyperparameters).model
    scores = model.predict(split.holdout)
    by_month = measures.by_month(split.holdout, scores, window.holdout_months)
    return {month: each.auc for month, each in by_month.items()}


def _everything_before(month: str) -> Window:
    following = month_name(month_number(month) + 1)
    return Window(train_from=STATIC.train_from, holdout_from=month, holdout_to=following)


if __name__ == "__main__":
    main()
