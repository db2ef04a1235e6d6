"""What several folders need is written once, in the lowest folder that all of them may import."""

import ast
from collections import defaultdict
from pathlib import Path

from tests.architecture.test_imports import imported_modules, sources
from tests.architecture.test_sizes import FOLDERS

ROOT = Path(__file__).resolve().parents[2]

# Expressions and statements; what is shorter says nothing that could be said wrongly twice.
MIN_NODES = 12

# Functions that stand in several files, and why.
DELIBERATE = {
    # The container's code and the local cloud know neither each other nor anything below both.
    "safe": {"ml/archives.py", "local/sagemaker/archives.py"},
}


def functions(source: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(source.read_text())
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)]


def what_it_does(function: ast.FunctionDef) -> str:
    """Parameters and body without the docstring; empty when it is hardly anything."""
    body = function.body[ast.get_docstring(function) is not None :]
    if sum(1 for statement in body for _ in ast.walk(statement)) < MIN_NODES:
        return ""
    return "".join(map(ast.dump, [function.args, *body]))


def test_no_function_is_written_twice() -> None:
    places = defaultdict(set)
    for folder in set(FOLDERS) - {"tests"}:
        for source in sources(folder):
            for each in functions(source):
                if does := what_it_does(each):
                    name = each.name.removeprefix("_")
                    places[name, does].add(source.relative_to(ROOT).as_posix())
    twice = {name: files for (name, _), files in places.items() if len(files) > 1}
    assert twice == DELIBERATE


def test_what_becomes_of_data_is_decided_in_one_place() -> None:
    deciding = {
        source.relative_to(ROOT).as_posix()
        for folder in ("stacks", "mlops_constructs")
        for source in sources(folder)
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.IfExp) and "RemovalPolicy" in ast.unparse(node)
    }
    assert deciding == {"mlops_constructs/removal.py"}


def test_of_the_demo_others_import_its_data_only() -> None:
    modules = {
        name
        for folder in ("bench", "chaos")
        for source in sources(folder)
        for name in imported_modules(source)
        if name.partition(".")[0] == "demo"
    }
    assert modules == {"demo.real_data"}
