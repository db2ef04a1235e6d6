"""Builds a wheel of the folder that it lies in, with the standard library alone.

A build backend of pip's interface: https://peps.python.org/pep-0517/
"""

import zipfile
from pathlib import Path

_NAME = "serving-1.0"
_INFO = f"{_NAME}.dist-info"
_METADATA = "Metadata-Version: 2.1\nName: serving\nVersion: 1.0\n"
_WHEEL = "Wheel-Version: 1.0\nGenerator: build_backend\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
# Beside the code: this, and what the container's serving stack adds.
_LEFT_OUT = {"build_backend.py", "pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in"}


def build_wheel(
    wheel_directory: str,
    config_settings: object = None,  # noqa: ARG001 - pip's interface
    metadata_directory: object = None,  # noqa: ARG001 - pip's interface
) -> str:
    """Write the wheel and return its file name."""
    name = f"{_NAME}-py3-none-any.whl"
    files = sorted(path for path in Path().rglob("*") if path.is_file())
    files = [path for path in files if str(path) not in _LEFT_OUT and "build" not in path.parts]
    with zipfile.ZipFile(Path(wheel_directory, name), "w") as wheel:
        for path in files:
            wheel.write(path)
        wheel.writestr(f"{_INFO}/METADATA", _METADATA)
        wheel.writestr(f"{_INFO}/WHEEL", _WHEEL)
        wheel.writestr(f"{_INFO}/RECORD", "".join(f"{path},,\n" for path in files))
    return name
