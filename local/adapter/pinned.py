"""The version of MiniStack that the seams were verified against, and how a seam is replaced."""

from collections.abc import Callable
from importlib.metadata import version
from types import ModuleType
from typing import Any

VERSION = "1.5.33"


class SeamMovedError(RuntimeError):
    """MiniStack is not as a seam expects it; the contract tests in `tests/local` say where."""


def require_version() -> None:
    """Refuse every version but the verified one: the seams are private parts of MiniStack."""
    installed = version("ministack")
    if installed != VERSION:
        raise SeamMovedError(
            f"the adapter is verified with ministack {VERSION}, found {installed}: "
            "install local/requirements.txt, or run tests/local and adapt the seams that fail"
        )


def wrap(module: ModuleType | type, name: str, make: Callable[[Any], Any]) -> None:
    """Replace `module.name` by what `make` returns for it.

    Raises:
        SeamMovedError: the module has no such attribute.
    """
    setattr(module, name, make(require(module, name)))


def require(module: ModuleType | type, name: str) -> Any:
    """Return `module.name`.

    Raises:
        SeamMovedError: the module has no such attribute.
    """
    try:
        return getattr(module, name)
    except AttributeError:
        raise SeamMovedError(f"{module.__name__} has no {name}") from None


def substitute(text: str, old: str, new: str) -> str:
    """Replace the only occurrence of `old`.

    Raises:
        SeamMovedError: it occurs never or more than once.
    """
    if text.count(old) != 1:
        raise SeamMovedError(f"expected once, found {text.count(old)} times: {old!r}")
    return text.replace(old, new)
