"""A file fits a head, a stack only wires."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FOLDERS = ("config", "schemas", "contracts", "queue_rules", "costs", "mlops_constructs", "stacks",
           "lambdas", "ml", "ops", "local", "reporting", "demo", "chaos", "bench", "docs",
           "examples", "tests")  # fmt: skip
PLACES = ("app.py", *FOLDERS)
# Made by tools, not by people.
OTHERS = ("build", "cdk.out", "node_modules")
MAX_FILE_LINES = 300
MAX_STACK_LINES = 130
MAX_FUNCTION_LINES = 60


def sources(place: str) -> list[Path]:
    """The Python files of a folder, or the file itself."""
    path = ROOT / place
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def too_long(place: str, limit: int) -> list[str]:
    return [
        f"{source.relative_to(ROOT)}: {lines}"
        for source in sources(place)
        if (lines := len(source.read_text().splitlines())) >= limit
    ]


def test_every_python_file_lies_in_one_of_the_places() -> None:
    ours = {path for place in PLACES for path in sources(place)}
    tops = [path for path in ROOT.iterdir() if not path.name.startswith((".", *OTHERS))]
    assert {path for top in tops for path in sources(top.name) if path.suffix == ".py"} == ours


@pytest.mark.parametrize("place", PLACES)
def test_files_fit_a_head(place: str) -> None:
    assert too_long(place, MAX_FILE_LINES) == []


def test_stacks_only_wire() -> None:
    stacks = [
        source
        for source in sorted((ROOT / "stacks").glob("*.py"))
        if any("Stack" in ast.unparse(base) for base in bases(source))
    ]
    assert stacks
    for source in stacks:
        assert len(source.read_text().splitlines()) < MAX_STACK_LINES, source


def bases(source: Path) -> list[ast.expr]:
    tree = ast.parse(source.read_text())
    return [base for node in tree.body if isinstance(node, ast.ClassDef) for base in node.bases]


@pytest.mark.parametrize("place", [each for each in PLACES if each != "tests"])
def test_functions_fit_a_screen(place: str) -> None:
    for source in sources(place):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                lines = node.end_lineno - node.lineno + 1
                assert lines <= MAX_FUNCTION_LINES, f"{source}: {node.name} has {lines} lines"
