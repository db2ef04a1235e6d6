"""The SageMaker SDK drives the local SageMaker: `make test-sdk`, in an environment of its own."""

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from local import LocalCloud
from local.environment import client_environment

# The project's own environment has no SDK, and its test run passes by here.
collect_ignore_glob = [] if find_spec("sagemaker") else ["test_*.py"]

BUCKET = "sdk"


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud with a bucket, which is all that this process's AWS clients know."""
    with (
        LocalCloud.start(state_dir=tmp_path_factory.mktemp("cloud")) as cloud,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in client_environment(cloud.server.port).items():
            patch.setenv(name, value)
        cloud.client("s3").create_bucket(Bucket=BUCKET)
        yield cloud
