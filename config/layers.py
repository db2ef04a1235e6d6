"""Where the Lambda layers lie: one per lock file and platform, named by the lock's content."""

import platform as host
import sys
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "lambdas" / "layers"
BUILT = ROOT / "build" / "layers"
HASH_DIGITS = 12

LAMBDA_PYTHON_VERSION = "3.14"


class LayerPlatform(StrEnum):
    """Platforms that layers are built for.

    `HOST` is this machine and its Python: the local cloud runs handlers on its own interpreter.
    """

    HOST = "host"
    LAMBDA_ARM64 = "aarch64-manylinux_2_28"


class Layer(StrEnum):
    """Layers, named like their lock files in `lambdas/layers/`."""

    BASE = "base"
    ARROW = "arrow"

    @property
    def lock_file(self) -> Path:
        """The locked requirements of this layer."""
        return LOCKS / f"{self.value}.txt"

    def asset_hash(self, platform: LayerPlatform) -> str:
        """Return what identifies the layer in a template: its lock and its platform.

        For the host it does not name the machine, so templates are the same on all of them.
        """
        text = f"{self.lock_file.read_text()}\n{platform.value}\n{LAMBDA_PYTHON_VERSION}"
        return sha256(text.encode()).hexdigest()

    def folder(self, platform: LayerPlatform) -> Path:
        """Return the folder that holds the built layer, which need not exist yet."""
        suffix = platform.value
        if platform is LayerPlatform.HOST:
            python = f"cp{sys.version_info.major}{sys.version_info.minor}"
            suffix = f"{platform.value}-{python}-{host.system().lower()}-{host.machine()}"
        digits = self.asset_hash(platform)[:HASH_DIGITS]
        return BUILT / f"{self.value}-{digits}-{suffix}"

    def archive(self, platform: LayerPlatform) -> Path:
        """Return the zip file of `folder`, which need not exist yet.

        Synthesis copies each asset: one file takes milliseconds, thousands take seconds.
        """
        folder = self.folder(platform)
        return folder.with_name(f"{folder.name}.zip")
