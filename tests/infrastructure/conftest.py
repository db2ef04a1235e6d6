from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from app import build_app
from config import ENVIRONMENTS
from tests.cloud import fresh_cloud
from tests.infrastructure.assembly import Assembly

__all__ = ["fresh_cloud"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.synth)


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Assembly]:
    """Return environments by name, each synthesized once per session."""

    @cache
    def synthesize(name: str) -> Assembly:
        folder = tmp_path_factory.mktemp(f"cdk-{name}") / "cdk.out"
        build_app(name, outdir=str(folder)).synth()
        return Assembly.read(ENVIRONMENTS[name], folder)

    return synthesize


@pytest.fixture(scope="session", params=sorted(ENVIRONMENTS))
def assembly(request: pytest.FixtureRequest, synthesized: Callable[[str], Assembly]) -> Assembly:
    """Each environment."""
    return synthesized(request.param)
