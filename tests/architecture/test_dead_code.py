"""Whatever a module defines is used by something beside the tests."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.test_sizes import PLACES, ROOT, sources

IDENTIFIER = re.compile(r"\w+")

# What only tests and others use, and why it is there.
FOR_OTHERS = {
    "build_wheel": "called by pip, as PEP 517 says",
    "MAX_ENTRIES": "SageMaker's limit, which the tests hold the metadata to",
    "unpriced": "what the tests refuse: resources without a price",
}


def defined(tree: ast.Module) -> Iterator[str]:
    """Functions without decorators, which may register them, classes, and variables."""
    for node in tree.body:
        match node:
            case ast.ClassDef() | ast.FunctionDef(decorator_list=[]):
                yield node.name
            case ast.Assign(targets=targets):
                yield from (each.id for each in targets if isinstance(each, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def used(tree: ast.Module) -> Iterator[str]:
    """Identifiers; those in texts, too, because handlers and annotations are named in texts."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
                yield name
            case ast.alias(name=name):
                yield name.rpartition(".")[2]
            case ast.Constant(value=str(text)):
                yield from IDENTIFIER.findall(text)


def test_whatever_is_defined_is_used() -> None:
    places = [each for each in PLACES if each != "tests"]
    trees = {source: ast.parse(source.read_text()) for place in places for source in sources(place)}
    uses = {name for tree in trees.values() for name in used(tree)}
    unused = {
        name: source.relative_to(ROOT).as_posix()
        for source, tree in trees.items()
        for name in defined(tree)
        if name not in uses and not name.startswith("__")
    }
    assert unused.keys() == FOR_OTHERS.keys(), unused
