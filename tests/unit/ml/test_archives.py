"""Archives are unpacked into their folder, or not at all."""

import io
import tarfile
from pathlib import Path

import pytest

from ml import archives
from ml.errors import UserError
from tests.unit.ml.samples import write_archive


def write_hostile_archive(folder: Path, name: str) -> None:
    with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = 4
        tar.addfile(member, io.BytesIO(b"evil"))


def test_an_archive_that_reaches_outside_is_refused(tmp_path: Path) -> None:
    write_hostile_archive(tmp_path, "../outside")
    with pytest.raises(UserError, match="cannot be unpacked: .*outside"), archives.opened(tmp_path):
        pass


def test_an_absolute_path_stays_inside(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write_hostile_archive(tmp_path, str(outside))
    with archives.opened(tmp_path) as artifact:
        assert artifact.folder.joinpath(*outside.parts[1:]).read_bytes() == b"evil"
    assert not outside.exists()


def test_an_archive_that_was_cut_off_is_refused(tmp_path: Path, model: Path) -> None:
    archive = write_archive(tmp_path, model) / "model.tar.gz"
    archive.write_bytes(archive.read_bytes()[:500])
    with pytest.raises(UserError, match="cannot be unpacked"), archives.opened(tmp_path):
        pass


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match=r"neither model\.tar\.gz nor model\.ubj"),
        archives.opened(tmp_path),
    ):
        pass
