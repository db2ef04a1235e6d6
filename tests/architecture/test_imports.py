"""Who may import whom: the table of the folders, as a test."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CDK = {"aws_cdk", "constructs", "jsii"}
POWERTOOLS = {"boto3", "botocore", "aws_lambda_powertools"}

# Folder -> packages it may import, beside the standard library and itself.
ALLOWED: dict[str, set[str]] = {
    "config": set(),
    "schemas": set(),
    "contracts": {"schemas", "pyarrow"},
    "queue_rules": {"yaml"},
    # Resources are counted in templates, which queue_rules reads.
    "costs": {"queue_rules", "schemas"},
    "mlops_constructs": CDK | {"queue_rules"},
    "stacks": CDK | {"config", "schemas", "mlops_constructs"},
    # urllib3's errors are what reading boto3's streams raises.
    "lambdas": POWERTOOLS | {"schemas", "contracts", "pyarrow", "urllib3"},
    # pyarrow counts the rows of curated files.
    "ops": {"boto3", "botocore", "pyarrow", "rich", "typer", "config", "schemas", "contracts",
            "costs", "reporting"},
    # hypercorn is the server that ministack runs in.
    "local": {"ministack", "hypercorn", "boto3", "botocore"},
    # markupsafe is jinja2's own: what escapes.
    "reporting": {"jinja2", "markupsafe", "matplotlib", "schemas"},
    # Packages of the container's image; werkzeug's responses are how its server signals 4xx.
    "ml": {"numpy", "pandas", "pyarrow", "sklearn", "werkzeug", "xgboost", "schemas", "contracts",
           "reporting"},
    "demo": {"boto3", "botocore", "pyarrow", "rich", "schemas", "contracts", "costs", "ops",
             "reporting", "local"},
    "chaos": {"boto3", "rich", "schemas", "contracts", "ops", "reporting", "local", "config"},
}  # fmt: skip

# Files that their folder's rule does not bind, with what else they may import, and why.
EXCEPTIONS: dict[str, set[str]] = {
    # A build tool, run by `make layers`; never part of a function.
    "lambdas/layers/build.py": {"config"},
    # The campaign sends the year that the demo sends; see also the test of who imports the demo.
    "chaos/rows.py": {"demo"},
}

# Those of `contracts` that need no pyarrow, and the functions that are packed with that folder.
PLAIN_CONTRACTS = {
    f"contracts.{name}" for name in ("documents", "errors", "judging", "records", "rows", "values")
}
JUDGING = ("predict",)

# Functions, and what all of them share, that run on the base layer.
BASE_LAYER = ("approve", "archive", "gate", "monitor", "predict", "register", "release", "respond",
              "settle", "shared", "smoke_test", "snapshot", "watchdog")  # fmt: skip

APP = CDK | {"cdk_nag", "config", "stacks", "mlops_constructs", "schemas"}


def imported_packages(source: Path) -> Iterator[str]:
    """Yield the top-level package of every import, those for the type checker included."""
    for name in imported_modules(source):
        yield name.partition(".")[0]


def imported_modules(source: Path) -> Iterator[str]:
    """Yield the module of every import, those for the type checker included."""
    tree = ast.parse(source.read_text(), filename=str(source))
    stubs = set(boto3_stubs(tree))
    for node in ast.walk(tree):
        if node in stubs:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}: relative imports hide the direction"
            assert node.module
            yield node.module


def boto3_stubs(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the imports of boto3's types; they exist for the type checker only."""
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for statement in node.body:
                if isinstance(statement, ast.ImportFrom) and str(statement.module).startswith(
                    "mypy_boto3_"
                ):
                    yield statement


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", sorted(ALLOWED))
def test_imports_point_downwards(folder: str) -> None:
    for source in sources(folder):
        name = source.relative_to(ROOT).as_posix()
        allowed = ALLOWED[folder] | EXCEPTIONS.get(name, set()) | {folder}
        foreign = set(imported_packages(source)) - allowed - sys.stdlib_module_names
        assert not foreign, f"{name} must not import {', '.join(sorted(foreign))}"


def test_the_app_imports_what_it_puts_together() -> None:
    assert set(imported_packages(ROOT / "app.py")) <= APP | sys.stdlib_module_names


@pytest.mark.parametrize("exception", sorted(EXCEPTIONS))
def test_exceptions_are_still_needed(exception: str) -> None:
    assert EXCEPTIONS[exception] <= set(imported_packages(ROOT / exception))


def test_every_folder_with_code_has_a_rule() -> None:
    unruled = {"tests", "build", "bench", "examples", "docs"}
    folders = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith((".", "cdk.out", "node_modules"))
        if any(path.glob("**/*.py"))
    }
    assert folders - unruled <= set(ALLOWED)


def test_no_function_of_the_base_layer_imports_pyarrow() -> None:
    """The layer does not contain it; they share modules with those whose layer does."""
    for folder in (*(f"lambdas/{each}" for each in BASE_LAYER), "schemas"):
        may_judge = Path(folder).name in JUDGING
        for source in sources(folder):
            modules = {name for name in imported_modules(source) if name.startswith("contracts")}
            assert modules <= (PLAIN_CONTRACTS if may_judge else set()), source
            assert "pyarrow" not in set(imported_packages(source)), source


@pytest.mark.parametrize("folder", ["config", "schemas", "stacks", "mlops_constructs"])
def test_nothing_below_the_app_reads_the_world(folder: str) -> None:
    """Synthesis is a pure function of the repository: no clock, chance, process or network."""
    impure = {"boto3", "datetime", "getpass", "random", "requests", "secrets", "socket",
              "subprocess", "time", "urllib", "uuid"}  # fmt: skip
    # Values of contracts, not the clock: dates as bounds, quoting of keys.
    harmless = {"schemas": {"datetime", "urllib"}}
    for source in sources(folder):
        found = set(imported_packages(source)) & impure - harmless.get(folder, set())
        assert not found, f"{source.relative_to(ROOT)} imports {', '.join(sorted(found))}"
