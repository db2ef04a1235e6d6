"""The steps as SageMaker runs them: from one zip, in a folder of their own."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ml import packing
from ml.__main__ import main
from ml.model import model_sha256
from tests.unit.ml.monitored import REQUEST
from tests.unit.ml.samples import (
    TEXTS,
    WINDOW,
    a_request,
    json_lines,
    write_archive,
    write_training_root,
)

ROOT = Path(__file__).resolve().parents[3]
MONTHS = ["--train-from", WINDOW.train_from, "--holdout-from", WINDOW.holdout_from,
          "--holdout-to", WINDOW.holdout_to]  # fmt: skip


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip that a deployment makes."""
    path = tmp_path_factory.mktemp("code") / "code.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for package in ("ml", "schemas", "contracts", "reporting"):
            for file in sorted((ROOT / package).rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts:
                    archive.write(file, file.relative_to(ROOT))
    return path


@pytest.fixture
def ml(code: Path, tmp_path: Path) -> "Command":
    return Command(code, tmp_path)


class Command:
    """Runs steps from the zip in a folder where nothing else can be imported from."""

    def __init__(self, code: Path, folder: Path) -> None:
        self._code = code
        self._folder = folder / "elsewhere"
        self._folder.mkdir()

    def __call__(
        self, *arguments: str | Path, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ml", *arguments],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(self._code),
                 "OMP_NUM_THREADS": "1", **variables},
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip


def test_every_step_runs_from_the_zip(ml: Command, snapshot: Path, tmp_path: Path) -> None:
    def step(*arguments: str | Path) -> None:
        finished = ml(*arguments)
        assert finished.returncode == 0, finished.stderr

    def folder(name: str) -> Path:
        return tmp_path / name

    step("profile", "--data", snapshot, *MONTHS, "--output", folder("baseline"))
    step("preprocess", "--data", snapshot, *MONTHS, "--output", folder("prepared"))
    root = write_training_root(folder("ml"), folder("prepared"), TEXTS)
    step("train", "--root", root)
    write_archive(folder("challenger"), root / "model")
    folder("champion").mkdir()
    folder("champion").joinpath("champion.json").write_text('{"model_package_arn": ""}')
    step("evaluate", "--holdout", folder("prepared") / "holdout", "--challenger",
         folder("challenger"), "--champion", folder("champion"), "--summary",
         folder("prepared") / "summary", "--output", folder("evaluation"))  # fmt: skip
    step("score", "--holdout", folder("prepared") / "holdout", "--model",
         f"mine={folder('challenger')}", "--output", folder("scores"))  # fmt: skip
    step("requests", "--data", snapshot, "--month", "2013-03", "--output", folder("scoring"))
    shutil.copytree(folder("baseline"), folder("norm"))
    shutil.copytree(folder("evaluation"), folder("norm"), dirs_exist_ok=True)
    folder("norm").joinpath("request.json").write_text(REQUEST.to_text())
    step("monitor", "--data", folder("log"), "--baseline", folder("norm"), "--output",
         folder("found"))  # fmt: skip
    assert {path.name for path in folder("baseline").iterdir()} == {
        "statistics.json", "constraints.json"
    }  # fmt: skip
    assert {path.name for path in folder("evaluation").iterdir()} == {
        "evaluation.json", "report.html", "golden.jsonl", "score-statistics.json"
    }  # fmt: skip
    assert {path.name for path in folder("found").iterdir()} == {
        "statistics.json", "constraint_violations.json", "monitoring.json", "report.html"
    }  # fmt: skip
    assert {path.name for path in folder("scoring").iterdir()} == {
        "requests", "rejected.jsonl", "summary.json"
    }  # fmt: skip
    assert packing.is_own(root / "model" / "code")


def test_a_mistake_ends_in_one_line_and_a_message(
    ml: Command, snapshot: Path, tmp_path: Path
) -> None:
    finished = ml(
        "preprocess", "--data", snapshot, "--train-from", "2012-12", "--holdout-from", "2013-03",
        "--holdout-to", "2013-04", "--output", tmp_path / "out", "--root", tmp_path,
    )  # fmt: skip
    assert finished.returncode == 1
    (line,) = finished.stderr.splitlines()
    assert line.startswith("error: dataset 'flights' has no files of 2012-12; ingest")
    assert f"error: {(tmp_path / 'output' / 'message').read_text()}" == line


def failure_of(root: Path) -> str:
    return (root / "output" / "failure").read_text()


def test_a_failed_training_says_why_in_its_failure_file(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write_training_root(tmp_path / "ml", prepared, TEXTS | {"max_depth": "deep"})
    assert main(["train", "--root", str(root)]) == 1
    assert "max_depth must be a whole number" in failure_of(root)
    assert "Traceback" not in capsys.readouterr().err
    assert not (root / "model").exists()


def test_a_channel_that_is_missing_is_named(prepared: Path, tmp_path: Path) -> None:
    root = write_training_root(tmp_path / "ml", prepared, TEXTS)
    (root / "input" / "data" / "validation").unlink()
    assert main(["train", "--root", str(root)]) == 1
    assert "no records.parquet in" in failure_of(root)


def test_a_bug_keeps_its_traceback_and_is_named_in_the_failure_file(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_root: Path) -> None:
        raise KeyError("gate")

    monkeypatch.setattr("ml.train.run", broken)
    root = write_training_root(tmp_path / "ml", prepared, TEXTS)
    with pytest.raises(KeyError):
        main(["train", "--root", str(root)])
    assert failure_of(root).startswith("KeyError: 'gate' (a bug")


def test_a_message_is_cut_at_a_whole_character(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_root: Path) -> None:
        raise ValueError("ü" * 2000)

    monkeypatch.setattr("ml.train.run", broken)
    root = write_training_root(tmp_path / "ml", prepared, TEXTS)
    with pytest.raises(ValueError, match="ü"):
        main(["train", "--root", str(root)])
    assert 990 <= len((root / "output" / "failure").read_bytes()) <= 1000
    assert failure_of(root).endswith("ü")


def test_script_mode_trains_with_the_root_that_the_image_names(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_training_root(tmp_path / "ml", prepared, TEXTS)
    monkeypatch.setenv("SM_MODEL_DIR", str(root / "model"))
    assert main(["--max_depth", "3", "--eta", "0.3"]) == 0
    assert (root / "model" / "model.ubj").is_file()


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["profile", "--data", "x"], ["score", "--model", "x"]]
)
def test_wrong_usage_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    assert "usage: python3 -m ml" in capsys.readouterr().err


def test_months_out_of_order_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["profile", "--data", "x", "--output", "x", "--train-from", "2013-03",
                 "--holdout-from", "2013-02", "--holdout-to", "2013-04"]  # fmt: skip
    assert main(arguments) == 1
    assert "months must be in the order" in capsys.readouterr().err


def test_the_serving_stack_can_install_a_models_code_without_network(
    prepared: Path, tmp_path: Path
) -> None:
    """As the image's `serve` does: copy, add a setup.py, `pip install .`, import, answer."""
    root = write_training_root(tmp_path / "ml", prepared, TEXTS)
    assert main(["train", "--root", str(root)]) == 0
    code = root / "model" / "code"
    code.joinpath("setup.py").write_text("raise SystemExit('pip must not run this')\n")
    installed = tmp_path / "site-packages"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--no-index", "--target", installed, "."],
        cwd=code,
        check=True,
    )  # fmt: skip
    program = (
        "import inference, sys\n"
        "model = inference.model_fn(sys.argv[1])\n"
        "data = inference.input_fn(sys.argv[2], 'application/jsonlines')\n"
        "print(inference.output_fn(inference.predict_fn(data, model), 'application/json')[0])\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, root / "model", json_lines(a_request())],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(installed),
             "MODEL_PACKAGE_ARN": "arn:of:the:package"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    answered = json.loads(answer.stdout)
    assert 0 < answered["predictions"][0]["score"] < 1
    assert answered["model"] == {
        "package_arn": "arn:of:the:package", "sha256": model_sha256(root / "model")
    }  # fmt: skip
