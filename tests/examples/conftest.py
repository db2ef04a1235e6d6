from collections.abc import Iterator

import pytest

from local import LocalCloud
from tests.cloud import TIME_SCALE
from tests.examples.fork import RAIN, Fork


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "rain" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.local_cloud)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def rain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fork]:
    """A fork that has followed the README of the example to its end."""
    folder = tmp_path_factory.mktemp("rain")
    with LocalCloud.start(state_dir=folder / "cloud", time_scale=TIME_SCALE) as cloud:
        fork = Fork.make(folder / "tree", cloud)
        fork.follow(RAIN / "README.md")
        yield fork
