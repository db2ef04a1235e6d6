"""Build the Lambda layers from their locks: `python -m lambdas.layers.build [ENVIRONMENT...]`.

The only step of a deployment that needs the network; a layer that exists is not built again.
Needs `uv` beside the running interpreter.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from config import ENVIRONMENTS
from config.layers import LAMBDA_PYTHON_VERSION, Layer, LayerPlatform

# Lambda allows 250 MB, unzipped, for a function and its layers together; headers, import
# libraries and tests are of no use at run time. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
UNUSED = (
    "**/__pycache__",
    "pyarrow/include",
    "pyarrow/tests",
    "pyarrow/**/*.pyx",
    "pyarrow/src",
    "bin",
)


def build(layer: Layer, platform: LayerPlatform) -> Path:
    """Install the locked packages of `layer` for `platform`; return the zip file of them.

    Raises:
        subprocess.CalledProcessError: uv could not install them.
    """
    folder = layer.folder(platform)
    if not folder.is_dir():
        _install(layer, platform, folder)
    archive = layer.archive(platform)
    if not archive.is_file():
        unfinished = shutil.make_archive(f"{archive}.part", "zip", root_dir=folder)
        Path(unfinished).rename(archive)
    return archive


def _install(layer: Layer, platform: LayerPlatform, folder: Path) -> None:
    unfinished = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    target = unfinished / "python"
    print(f"building layer {layer.value} for {platform.value} ...", file=sys.stderr)  # noqa: T201
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(  # noqa: S603 - our own arguments
        [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:",
         "--target", target, "--requirements", layer.lock_file, *_interpreter(platform)],
        check=True,
    )  # fmt: skip
    for pattern in UNUSED:
        for unused in target.glob(pattern):
            shutil.rmtree(unused) if unused.is_dir() else unused.unlink()
    unfinished.rename(folder)


def _interpreter(platform: LayerPlatform) -> list[str]:
    if platform is LayerPlatform.HOST:
        return ["--python", sys.executable]
    return ["--python-platform", platform.value, "--python-version", LAMBDA_PYTHON_VERSION]


def main() -> None:
    """Build every layer of the environments named, or of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "environments", nargs="*", metavar="ENVIRONMENT", default=sorted(ENVIRONMENTS)
    )
    names = parser.parse_args().environments
    if unknown := sorted(set(names) - set(ENVIRONMENTS)):
        parser.error(f"unknown environment {unknown[0]!r}; use one of: {', '.join(ENVIRONMENTS)}")
    for platform in sorted({ENVIRONMENTS[name].layer_platform for name in names}):
        for layer in Layer:
            print(build(layer, platform))  # noqa: T201 - the files are the command's result


if __name__ == "__main__":
    main()
