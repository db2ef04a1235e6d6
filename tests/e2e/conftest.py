from collections.abc import Iterator
from pathlib import Path

import pytest

from local import LocalCloud
from ops.conservation import Conservation, conservation
from ops.violations import Violation
from tests.cloud import TIME_SCALE
from tests.e2e.lake import Lake
from tests.e2e.training_phases import challenged, scheduled, taken_over, trained
from tests.e2e.watched import watched

__all__ = ["challenged", "scheduled", "taken_over", "trained", "watched"]

HERE = Path(__file__).parent
# Trainings send weather, whose absence others wait for. Releases need their models. What roles need
# is compared when as much as possible has been done in their name. Destroying takes the lake away
# from under the others.
LAST = (
    "test_training",
    "test_release",
    "test_closed_loop",
    "test_least_privilege",
    "test_destroy_and_deploy_again",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    for item in ours:
        item.add_marker(pytest.mark.local_cloud)
        item.add_marker(pytest.mark.slow)
        # `make test` runs these on a cloud of their own, beside the others.
        if "trained" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.models)
    items.sort(key=_position)


def _position(item: pytest.Item) -> int:
    """Return when a test's turn comes, after those that have none; sorting keeps their order."""
    if item.path.parent != HERE:
        return 0
    return max(
        (turn for turn, name in enumerate(LAST, start=1) if item.path.name.startswith(name)),
        default=0,
    )


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """The app, deployed once for all tests; each uses keys of its own."""
    state_dir = tmp_path_factory.mktemp("cloud")
    with LocalCloud.start(state_dir=state_dir, time_scale=TIME_SCALE) as cloud:
        yield Lake.deploy(cloud)


@pytest.fixture(scope="session")
def reported() -> set[Violation | str]:
    """Breaches that a test was blamed for already; the next one is not blamed for them."""
    return set()


@pytest.fixture(autouse=True)
def _the_law_holds_afterwards(lake: Lake, reported: set[Violation | str]) -> Iterator[None]:
    """Nothing lost and nothing twice, in the whole lake, whatever a test has done to it."""
    yield
    lake.come_to_rest()
    result = conservation(lake.deployment)
    found: set[Violation | str] = {*result.violations, *unfinished(result)}
    found -= reported
    reported |= found
    assert found == set()


def unfinished(result: Conservation) -> Iterator[str]:
    """Say what the law forgives while it lasts, and what no test may leave behind."""
    if result.under_way or result.parked:
        yield f"{result.under_way} messages are under way, {result.parked} are parked"
    if result.in_flight:
        yield f"{result.in_flight} versions have no outcome"
