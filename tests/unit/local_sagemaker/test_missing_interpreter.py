from pathlib import Path

import pytest

from local.sagemaker.containers import interpreter_of
from local.sagemaker.errors import JobFailedError
from local.sagemaker.settings import Settings


def test_an_environment_that_is_not_installed_is_told_with_the_remedy(tmp_path: Path) -> None:
    missing = tmp_path / "python"
    settings = Settings(
        folder=tmp_path,
        endpoint_url="http://127.0.0.1:1",
        region="us-east-1",
        account="000000000000",
        images={"image:1": missing},
    )

    with pytest.raises(JobFailedError, match=r"image:1 is missing \(.*/python\): run `make setup`"):
        interpreter_of(settings, "000000000000.dkr.ecr.us-east-1.amazonaws.com/image:1")
