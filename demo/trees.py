"""Copies of the tree, which can be changed and deployed beside it."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

CONTRACT = "schemas/weather.py"
RIGHT = 'name="hour"'
WRONG = 'name="local_hour"'


def copy_tree(folder: Path) -> Path:
    """Copy the tree to `folder`, which is emptied first, and return it.

    The working tree is not touched. Layers and installed packages are linked, not copied.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name in _tracked_files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    (folder / "build").mkdir()
    for name in (".venv", "node_modules", "build/layers"):
        (folder / name).symlink_to(ROOT / name, target_is_directory=True)
    return folder


def copy_with_wrong_contract(folder: Path) -> Path:
    """Copy the tree with a contract that misnames a column of the weather; see `copy_tree`.

    Raises:
        ValueError: the contract no longer has the column; the demo must follow it.
    """
    contract = copy_tree(folder) / CONTRACT
    text = contract.read_text()
    if text.count(RIGHT) != 1:
        raise ValueError(
            f"{CONTRACT} must contain {RIGHT} once; change demo/trees.py along with it"
        )
    contract.write_text(text.replace(RIGHT, WRONG))
    return folder


def _tracked_files() -> list[str]:
    # Files not yet committed belong to the tree; ignored ones do not.
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S607
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
