"""What is packed into each function, and what changes it."""

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from mlops_constructs.assets import built_layer, repository_code
from tests.infrastructure.assembly import Assembly
from tests.unit.lambdas.assets import EVERY_FUNCTION, folders_of

FOLDERS = ["lambdas/ingest", "lambdas/shared", "schemas"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in (
        "lambdas/__init__.py",
        "lambdas/archive/handler.py",
        "lambdas/ingest/__init__.py",
        "lambdas/ingest/handler.py",
        "lambdas/ingest/__pycache__/handler.cpython-311.pyc",
        "lambdas/layers/base.txt",
        "lambdas/shared/batch.py",
        "schemas/names.py",
        "stacks/ingestion.py",
        "schemas.md",
        ".venv/lib/schemas/names.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    return tmp_path


def pack(root: Path, folders: list[str], outdir: Path) -> tuple[str, list[str]]:
    """Return the asset's hash and its files."""
    app = cdk.App(outdir=str(outdir), analytics_reporting=False)
    stack = cdk.Stack(app, "Test")
    lambda_.Function(
        stack,
        "Function",
        code=repository_code(root, folders),
        handler="lambdas.ingest.handler.lambda_handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )
    app.synth()
    (asset,) = outdir.glob("asset.*")
    files = sorted(str(each.relative_to(asset)) for each in asset.rglob("*") if each.is_file())
    return asset.name, files


def test_only_the_folders_named_are_packed_with_their_paths(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _, files = pack(repository, FOLDERS, tmp_path_factory.mktemp("out"))
    assert files == [
        "lambdas/__init__.py",
        "lambdas/ingest/__init__.py",
        "lambdas/ingest/handler.py",
        "lambdas/shared/batch.py",
        "schemas/names.py",
    ]


@pytest.mark.parametrize(
    ("changed", "is_other"),
    [
        ("lambdas/ingest/handler.py", True),
        ("schemas/names.py", True),
        ("lambdas/archive/handler.py", False),
        ("lambdas/ingest/__pycache__/handler.cpython-311.pyc", False),
        ("stacks/ingestion.py", False),
    ],
)
def test_a_change_redeploys_only_the_functions_that_contain_it(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, changed: str, is_other: bool
) -> None:
    before, _ = pack(repository, FOLDERS, tmp_path_factory.mktemp("before"))
    (repository / changed).write_text("# changed\n")
    after, _ = pack(repository, FOLDERS, tmp_path_factory.mktemp("after"))
    assert (before != after) is is_other


def test_a_missing_folder_is_named(repository: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder lambdas/missing"):
        repository_code(repository, ["lambdas/missing"])


def test_a_layer_that_was_not_built_fails_with_the_remedy(tmp_path: Path) -> None:
    stack = cdk.Stack(cdk.App(), "Test")
    with pytest.raises(FileNotFoundError, match="run `make layers`"):
        built_layer(
            stack, "Layer", archive=tmp_path / "none.zip", asset_hash="0" * 64, description="None"
        )


def test_functions_are_packed_with_the_folders_that_their_cold_import_is_tested_with(
    assembly: Assembly,
) -> None:
    packed = {
        asset: {
            str(path.relative_to(asset))
            for path in (*asset.iterdir(), *(asset / "lambdas").iterdir())
            if path.is_dir() and path.name != "lambdas"
        }
        for asset in assembly.folder.glob("asset.*")
        if (asset / "lambdas").is_dir()
    }
    functions = {
        Path(name).name
        for folders in packed.values()
        for name in folders - set(EVERY_FUNCTION)
        if name.startswith("lambdas/")
    }

    assert {"archive", "ingest"} <= functions
    assert sorted(map(sorted, packed.values())) == sorted(sorted(folders_of(f)) for f in functions)


def test_functions_carry_no_caches_and_no_infrastructure(assembly: Assembly) -> None:
    packed = {
        str(each.relative_to(asset))
        for asset in assembly.folder.glob("asset.*")
        if (asset / "lambdas").is_dir()
        for each in asset.rglob("*")
        if each.is_file()
    }
    assert packed
    assert not [name for name in packed if "__pycache__" in name or "lambdas/layers" in name]
    assert {Path(name).parts[0] for name in packed} == {"lambdas", "schemas", "contracts"}
