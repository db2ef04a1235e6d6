"""`python -m bench.twin.answering MODEL BODY`: what answering takes in process; prints JSON.

`BODY` is a file with the body of a request in JSON Lines. `trees` is XGBoost on a matrix that is
ready, `model` our features before it, `container` the functions that the serving stack calls.
"""

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from bench.measuring import clocked, cpu_seconds, in_turns
from ml import inference
from ml.answers import JSON, JSON_LINES, Refusal
from ml.features import features
from ml.model import to_dmatrix

REPETITIONS = 101


def main() -> None:
    """Print seconds of each: the least by the clock, and the median of the processor."""
    model, body = sys.argv[1], Path(sys.argv[2]).read_bytes()
    actions = actions_of(inference.model_fn(model), body)

    def taken(
        measure: Callable[[Callable[[], object]], float],
        choose: Callable[[Sequence[float]], float],
    ) -> dict[str, float]:
        measures = {layer: partial(measure, action) for layer, action in actions.items()}
        return in_turns(measures, REPETITIONS, choose=choose)

    result = {"clock": taken(clocked, min), "cpu": taken(cpu_seconds, median)}
    print(json.dumps(result))  # noqa: T201


def actions_of(served: inference.ServedModel, body: bytes) -> dict[str, Callable[[], object]]:
    """Return each layer, ready to be run again and again.

    Raises:
        ValueError: the request is refused.
    """
    rows = inference.input_fn(body, JSON_LINES)
    if isinstance(rows, Refusal):
        raise ValueError(rows.message)
    model = served.model
    matrix = to_dmatrix(model.encoding.matrix(features(rows)), model.encoding)

    def answer() -> object:
        found = inference.input_fn(body, JSON_LINES)
        return inference.output_fn(inference.predict_fn(found, served), JSON)

    return {
        "trees": partial(model.booster.predict, matrix),
        "model": partial(model.predict, rows),
        "container": answer,
    }


if __name__ == "__main__":
    main()
