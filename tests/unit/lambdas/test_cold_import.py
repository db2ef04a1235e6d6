"""Each function imports with nothing but its own asset and its own layer, and nothing heavy."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.layers import ROOT, Layer, LayerPlatform
from tests.unit.lambdas.assets import folders_of
from tests.unit.lambdas.pipeline import ENVIRONMENT
from tests.unit.lambdas.predictions import PREDICTION_ENVIRONMENT
from tests.unit.lambdas.releasing import RELEASE_ENVIRONMENT
from tests.unit.lambdas.world import ARCHIVE_ENVIRONMENT, INGEST_ENVIRONMENT

HEAVY = {"pandas", "numpy", "scipy", "pydantic", "aws_xray_sdk", "awswrangler"}

# Isolated and without site-packages: only what is put on the path can be imported.
IMPORT = """
import json, sys
sys.path[:0] = sys.argv[2:]
__import__(sys.argv[1], fromlist=["lambda_handler"]).lambda_handler
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def asset(function: str, folder: Path) -> Path:
    """What the function is deployed with: repository paths are kept."""
    unwanted = shutil.ignore_patterns("__pycache__")
    for package in folders_of(function):
        shutil.copytree(ROOT / package, folder / package, ignore=unwanted)
    shutil.copy(ROOT / "lambdas" / "__init__.py", folder / "lambdas")
    return folder


def imported(function: str, folder: Path, layer: Layer) -> set[str]:
    packages = layer.folder(LayerPlatform.HOST) / "python"
    if not packages.is_dir():
        pytest.fail(f"layer {layer.value} is not built; run make layers")
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **INGEST_ENVIRONMENT,
        **ARCHIVE_ENVIRONMENT,
        **ENVIRONMENT,
        **PREDICTION_ENVIRONMENT,
        **RELEASE_ENVIRONMENT,
        "POWERTOOLS_METRICS_NAMESPACE": "MLOps/Ingestion",
    }
    arguments = [f"lambdas.{function}.handler", str(asset(function, folder)), str(packages)]
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", IMPORT, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.parametrize("function", ["ingest", "prediction_log"])
def test_functions_of_tables_import_from_their_asset_and_layer_alone(
    function: str, tmp_path: Path
) -> None:
    names = imported(function, tmp_path, Layer.ARROW)

    assert "pyarrow" in names
    assert not names & HEAVY


@pytest.mark.parametrize(
    "function",
    [
        *("approve", "archive", "gate", "monitor", "predict", "register", "release"),
        *("respond", "settle", "smoke_test", "snapshot", "watchdog"),
    ],
)
def test_other_functions_import_without_arrow(function: str, tmp_path: Path) -> None:
    names = imported(function, tmp_path, Layer.BASE)

    assert not names & (HEAVY | {"pyarrow"})
