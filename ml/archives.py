"""Archives of models, `model.tar.gz`, which others could have made."""

import hashlib
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ml.errors import UserError
from ml.model import MODEL_FILE

FILE = "model.tar.gz"


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """A model's unpacked files.

    Attributes:
        folder: Where they are.
        sha256: Hash of the archive that they came in; empty when they came without.
    """

    folder: Path
    sha256: str = ""


@contextmanager
def opened(folder: Path) -> Iterator[Artifact]:
    """Yield the model in `folder`, an archive or its files; what was unpacked is removed after.

    Raises:
        UserError: there is none, or the archive cannot be unpacked safely.
    """
    archive = folder / FILE
    if not archive.is_file():
        if not folder.joinpath(MODEL_FILE).is_file():
            raise UserError(f"there is neither {FILE} nor {MODEL_FILE} in {folder}")
        yield Artifact(folder=folder)
        return
    with tempfile.TemporaryDirectory() as target:
        try:
            with tarfile.open(archive) as tar:
                tar.extractall(target, members=_safe(tar))  # noqa: S202 - that is what `_safe` is for
        except (tarfile.TarError, OSError, EOFError) as error:
            raise UserError(
                f"{archive} cannot be unpacked: {error}; train the model again, or bring back an "
                "older version of the file"
            ) from error
        sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
        yield Artifact(folder=Path(target), sha256=sha256)


def _safe(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the members, all of them files and folders that stay in the folder they are put in.

    Python's own filter does the same from 3.11.4 on, and where there is one it runs as well.

    Raises:
        tarfile.TarError: a member is a link or a device, or would leave the folder.
    """
    tar.extraction_filter = getattr(tarfile, "data_filter", None)
    for member in tar:
        member.name = member.name.lstrip("/")
        stays = ".." not in PurePosixPath(member.name).parts
        if not (stays and (member.isfile() or member.isdir())):
            raise tarfile.TarError(f"{member.name!r} is no file or folder inside of it")
        yield member
