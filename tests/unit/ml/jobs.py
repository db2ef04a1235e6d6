"""Evaluation jobs as SageMaker lays them out."""

import json
from pathlib import Path
from typing import Any

from ml import evaluate
from schemas.evaluations import Evaluation
from tests.unit.ml.samples import write_archive

NO_CHAMPION = {"model_package_arn": ""}
A_CHAMPION = {"model_package_arn": "arn:aws:sagemaker:eu-west-1:123456789012:model-package/f/1"}


class Job:
    """Folders of one evaluation."""

    def __init__(self, folder: Path, prepared: Path) -> None:
        self.folder = folder
        self._prepared = prepared
        self.champion(NO_CHAMPION)

    def challenger(self, model: Path) -> "Job":
        write_archive(self.folder / "challenger", model)
        return self

    def champion(self, document: dict[str, Any], model: Path | None = None) -> "Job":
        folder = self.folder / "champion"
        folder.mkdir(exist_ok=True)
        folder.joinpath("champion.json").write_text(json.dumps(document))
        if model:
            write_archive(folder, model)
        return self

    def run(self) -> Evaluation:
        evaluate.run(
            holdout=self._prepared / "holdout",
            challenger=self.folder / "challenger",
            champion=self.folder / "champion",
            summary=self._prepared / "summary",
            output=self.output,
        )
        return Evaluation.from_text((self.output / "evaluation.json").read_text())

    @property
    def output(self) -> Path:
        return self.folder / "evaluation"
