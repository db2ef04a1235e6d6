"""The tests of `ml/` run in the container's twin, whose packages this environment lacks."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TWIN = ROOT / ".venv-ml" / "bin" / "python"


@pytest.mark.slow
def test_the_containers_twin_passes_its_tests() -> None:
    assert TWIN.is_file(), f"{TWIN} is missing; run `make setup`"
    finished = subprocess.run(
        [TWIN, "-m", "pytest", "tests/unit/ml", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert " passed" in finished.stdout
