"""Seam: layers of functions. Each is unpacked once; nobody may write into it anyway.

The emulator unpacks them for every worker: thousands of files, which take seconds to write when a
function is invoked first, and again to remove when the emulator is to end.
"""

import tempfile
import threading
import zipfile
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime

from local.adapter import pinned

# How the emulator calls the folder of a worker's first layer, but for the number.
_LAYER = "layer_"

_unpacking = threading.Lock()


def install(state_dir: Path) -> None:
    """Put the seam in place; what is shared goes below `state_dir`, to the temporary files."""
    folder = state_dir / "tmp" / "layers"
    folder.mkdir(parents=True, exist_ok=True)

    class Archive(zipfile.ZipFile):
        """An archive whose files are linked to, where it is a layer."""

        def extractall(self, path: Any = None, *rest: Any) -> None:
            target = Path(path)
            if not target.name.startswith(_LAYER):
                super().extractall(path, *rest)
                return
            for each in self._unpacked().iterdir():
                target.joinpath(each.name).symlink_to(each)

        def _unpacked(self) -> Path:
            content = "\n".join(f"{each.filename} {each.CRC}" for each in self.infolist())
            unpacked = folder / sha256(content.encode()).hexdigest()
            with _unpacking:
                if not unpacked.exists():
                    # Whole or not at all.
                    new = Path(tempfile.mkdtemp(dir=folder))
                    super().extractall(new)
                    new.rename(unpacked)
            return unpacked

    pinned.wrap(
        lambda_runtime,
        "zipfile",
        lambda module: SimpleNamespace(**{**vars(module), "ZipFile": Archive}),
    )
