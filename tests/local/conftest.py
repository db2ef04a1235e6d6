from pathlib import Path

import pytest

from local import LocalCloud
from tests.cloud import fresh_cloud, shared_cloud
from tests.local.jobs import job_cloud
from tests.local.release_stack import release, slow_gate

__all__ = ["fresh_cloud", "job_cloud", "probe", "release", "shared_cloud", "slow_gate"]

PROBE = Path(__file__).with_name("probe")


@pytest.fixture(scope="session")
def probe(shared_cloud: LocalCloud) -> LocalCloud:
    """The shared cloud with the stacks of `probe/app.py`, deployed by the real CDK CLI."""
    shared_cloud.deploy(PROBE)
    return shared_cloud
