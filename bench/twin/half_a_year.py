"""`python -m bench.twin.half_a_year SNAPSHOT FOLDER`: the model that others measure; prints `0`.

The other half of the year is its holdout; its first month is asked for.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from config.model import MODEL
from ml import preprocess, requests
from ml import train as training
from schemas.windows import Window

WINDOW = Window(train_from="2013-01", holdout_from="2013-07", holdout_to="2014-01")


def main() -> None:
    """Train it, and write what it may be asked."""
    snapshot, folder = map(Path, sys.argv[1:])
    train(snapshot, folder)
    requests.run(snapshot, WINDOW.holdout_from, folder / "asked")
    print(json.dumps(0))  # noqa: T201


def train(snapshot: Path, folder: Path) -> None:
    """Train as jobs do, below `folder`: the model, with the code that serves it, is in `model`."""
    preprocess.run(snapshot, WINDOW, folder / "prepared")
    _lay_out(folder, MODEL.hyperparameters)
    training.run(folder)


def _lay_out(folder: Path, hyperparameters: Mapping[str, str]) -> None:
    """Give the prepared parts in `folder` the places where a training job finds them."""
    file = folder / "input" / "config" / "hyperparameters.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(dict(hyperparameters)))
    folder.joinpath("input", "data").symlink_to(folder / "prepared")


if __name__ == "__main__":
    main()
