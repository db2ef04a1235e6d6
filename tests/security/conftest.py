from pathlib import Path

import pytest

from tests.infrastructure.conftest import assembly, synthesized

__all__ = ["assembly", "synthesized"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and "assembly" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.synth)
