"""Code as assets: part of the repository for a function, a built archive for a layer."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

PYTHON = lambda_.Runtime.PYTHON_3_14
ARCHITECTURE = lambda_.Architecture.ARM_64


def repository_code(root: Path, folders: Sequence[str]) -> lambda_.Code:
    """Return an asset of the Python files in `folders`, with the paths they have in the repository.

    So a handler's name is its import path everywhere, and a change of other folders leaves the
    asset as it is.

    Args:
        root: The repository.
        folders: Paths below it, such as `lambdas/ingest`; packages above them come along without
            their other contents.

    Raises:
        FileNotFoundError: one of `folders` is not a folder.
    """
    return lambda_.Code.from_asset(
        str(root), ignore_mode=cdk.IgnoreMode.GIT, exclude=_exclude_all_but(root, folders)
    )


def repository_asset(
    scope: Construct, construct_id: str, root: Path, folders: Sequence[str]
) -> s3_assets.Asset:
    """Create one zip of `folders` in S3, for code that no function runs; see `repository_code`."""
    return s3_assets.Asset(
        scope,
        construct_id,
        path=str(root),
        ignore_mode=cdk.IgnoreMode.GIT,
        exclude=_exclude_all_but(root, folders),
    )


def _exclude_all_but(root: Path, folders: Sequence[str]) -> list[str]:
    """Return .gitignore patterns: a folder can only be kept when those above it are, one by one."""
    for folder in folders:
        if not (root / folder).is_dir():
            raise FileNotFoundError(f"no folder {folder} in {root}; an asset needs it")
    patterns = ["/*"]
    for folder in sorted(folders):
        for parent in [p for p in reversed(PurePosixPath(folder).parents) if p.name]:
            opened = [f"!/{parent}/", f"/{parent}/*", f"!/{parent}/__init__.py"]
            patterns += [pattern for pattern in opened if pattern not in patterns]
        patterns.append(f"!/{folder}/")
    return [*patterns, "__pycache__", "*.pyc"]


def built_layer(
    scope: Construct, construct_id: str, *, archive: Path, asset_hash: str, description: str
) -> lambda_.LayerVersion:
    """Create a layer from `archive`, a zip file with the packages under `python/`.

    Args:
        scope: Parent.
        construct_id: Id in `scope`.
        archive: What `make layers` built.
        asset_hash: What the layer was built from; templates must not depend on the bytes of wheels.
        description: Shown in the console.

    Raises:
        FileNotFoundError: the layer has not been built.
    """
    if not archive.is_file():
        raise FileNotFoundError(f"the layer {archive} is not built; run `make layers`")
    return lambda_.LayerVersion(
        scope,
        construct_id,
        description=description,
        code=lambda_.Code.from_asset(
            str(archive), asset_hash=asset_hash, asset_hash_type=cdk.AssetHashType.CUSTOM
        ),
        compatible_runtimes=[PYTHON],
        compatible_architectures=[ARCHITECTURE],
    )
