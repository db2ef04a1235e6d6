"""Compressed archives of models and outputs."""

import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from local.sagemaker.errors import JobFailedError


def pack(folder: Path, archive: Path) -> bool:
    """Write what a folder holds into a `tar.gz`; return False, and write none, when it is empty."""
    content = sorted(folder.iterdir()) if folder.is_dir() else []
    if not content:
        return False
    with tarfile.open(archive, "w:gz") as tar:
        for path in content:
            tar.add(path, arcname=path.name)
    return True


def unpack(archive: Path, folder: Path) -> None:
    """Put the content of a `tar.gz` into a folder.

    Raises:
        JobFailedError: it is none, or one of its members would leave the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:*") as tar:
            tar.extractall(folder, members=_safe(tar))  # noqa: S202 -- that is what `_safe` is for
    except (tarfile.TarError, OSError) as error:
        raise JobFailedError(
            f"ClientError: Failed to extract the archive {archive.name}: {error}"
        ) from error


def _safe(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the members, all of them files and folders that stay in the folder they are put in.

    Python's own filter does the same from 3.11.4 on, and where there is one it runs as well.
    """
    tar.extraction_filter = getattr(tarfile, "data_filter", None)
    for member in tar:
        member.name = member.name.lstrip("/")
        stays = ".." not in PurePosixPath(member.name).parts
        if not (stays and (member.isfile() or member.isdir())):
            raise tarfile.TarError(f"{member.name!r} is no file or folder inside of it")
        yield member
