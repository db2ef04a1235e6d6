"""Code travels with the model: endpoints have neither channels nor network.

The container's serving stack imports `inference` from the folder that SAGEMAKER_SUBMIT_DIRECTORY
names; before that it copies the folder and installs it with pip.
https://github.com/aws/sagemaker-containers, src/sagemaker_containers/_server.py and _modules.py
"""

import hashlib
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

FOLDER = "code"
"""Where the code lies in a model's folder."""

_PACKAGES = ("ml", "schemas", "contracts", "reporting")
_SERVING = ("inference.py", "pyproject.toml", "build_backend.py")


def pack(folder: Path) -> None:
    """Write the code that runs now to `folder`, whether it runs from a zip or from a checkout."""
    for name, content in _own_files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def is_own(folder: Path) -> bool:
    """Whether `folder` holds the code that runs now."""
    return _digest(_own_files()) == _digest(_files("", folder))


def _own_files() -> Iterator[tuple[str, bytes]]:
    for package in _PACKAGES:
        yield from _files(f"{package}/", resources.files(package))
    for name in _SERVING:
        yield name, resources.files("ml").joinpath("serving", name).read_bytes()


def _files(prefix: str, folder: Traversable) -> Iterator[tuple[str, bytes]]:
    """Yield the path below `folder`, after `prefix`, and the content of every file in it."""
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_file():
            yield f"{prefix}{entry.name}", entry.read_bytes()
        elif entry.name != "__pycache__":
            yield from _files(f"{prefix}{entry.name}/", entry)


def _digest(files: Iterator[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(files):
        digest.update(f"{name}\n{hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()
