"""A file fits a head, a stack only wires."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FOLDERS = ("config", "schemas", "contracts", "queue_rules", "costs", "mlops_constructs", "stacks",
           "lambdas", "ml", "ops", "local", "reporting", "demo", "chaos", "bench", "docs",
           "tests")  # fmt: skip
MAX_FILE_LINES = 300
MAX_STACK_LINES = 130
MAX_FUNCTION_LINES = 60


def too_long(folder: str, limit: int) -> list[str]:
    return [
        f"{source.relative_to(ROOT)}: {lines}"
        for source in sorted((ROOT / folder).rglob("*.py"))
        if (lines := len(source.read_text().splitlines())) >= limit
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_files_fit_a_head(folder: str) -> None:
    assert too_long(folder, MAX_FILE_LINES) == []


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


@pytest.mark.parametrize("folder", [each for each in FOLDERS if each != "tests"])
def test_functions_fit_a_screen(folder: str) -> None:
    for source in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                lines = node.end_lineno - node.lineno + 1
                assert lines <= MAX_FUNCTION_LINES, f"{source}: {node.name} has {lines} lines"
