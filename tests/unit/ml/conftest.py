"""These tests run in the container's twin, `.venv-ml`; `tests/unit/test_ml.py` starts them."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

if importlib.util.find_spec("xgboost") is None:  # the project's own environment
    collect_ignore_glob = ["test_*.py"]
else:
    from ml import packing, preprocess, records
    from ml.hyperparameters import Hyperparameters
    from ml.train import Trained, train
    from schemas.windows import Window
    from tests.unit.ml.jobs import Job
    from tests.unit.ml.samples import HYPERPARAMETERS, TEXTS, WINDOW
    from tests.unit.ml.synthetic import write_snapshot

    @pytest.fixture(scope="session")
    def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
        """Three months of flights and weather; nobody changes it."""
        return write_snapshot(tmp_path_factory.mktemp("snapshot"), WINDOW.months)

    @pytest.fixture(scope="session")
    def prepared(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """What `preprocess` makes of it."""
        output = tmp_path_factory.mktemp("prepared")
        preprocess.run(snapshot, WINDOW, output)
        return output

    @pytest.fixture(scope="session")
    def holdout(prepared: Path) -> pd.DataFrame:
        """Labelled records of the holdout."""
        return records.read(prepared / "holdout")

    @pytest.fixture(scope="session")
    def trained(prepared: Path) -> Trained:
        """A model of the training months."""
        return _train(prepared, HYPERPARAMETERS)

    @pytest.fixture(scope="session")
    def model(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """Its files, with the code that runs now."""
        return _save(trained, tmp_path_factory.mktemp("model"))

    @pytest.fixture(scope="session")
    def other(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """The files of another model, of another seed."""
        seed = Hyperparameters.from_texts(TEXTS | {"seed": "9"})
        return _save(_train(prepared, seed), tmp_path_factory.mktemp("other"))

    @pytest.fixture
    def job(tmp_path: Path, prepared: Path) -> Job:
        """An evaluation of the holdout."""
        return Job(tmp_path, prepared)

    def _train(prepared: Path, hyperparameters: Hyperparameters) -> Trained:
        training, validation = (records.read(prepared / name) for name in ("train", "validation"))
        return train(training, validation, hyperparameters)

    def _save(trained: Trained, folder: Path) -> Path:
        trained.model.save(folder)
        packing.pack(folder / packing.FOLDER)
        return folder

    @pytest.fixture(scope="session")
    def window() -> Window:
        """Two months of training, one of holdout."""
        return WINDOW
