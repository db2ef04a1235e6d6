"""Which cloud, which region and whose credentials an environment is worked on with."""

from pathlib import Path

import pytest

from config import get_environment
from ops.aws import connect


def test_the_local_environment_never_uses_real_credentials() -> None:
    somebody = {"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_REGION": "eu-west-1", "AWS_PROFILE": "work"}

    connection = connect(get_environment("local"), somebody | {"PORT": "4999"})

    credentials = connection.session.get_credentials()
    assert credentials is not None
    assert credentials.access_key == "test"
    assert (connection.region, connection.endpoint_url) == ("us-east-1", "http://127.0.0.1:4999")


@pytest.mark.parametrize(
    ("given", "region"),
    [
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-west-2"}, "eu-west-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-west-2"}, "us-west-2"),
        ({}, "ap-south-1"),
    ],
)
def test_the_region_is_the_one_that_the_cdk_would_take(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], region: str
) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nregion = ap-south-1\n")
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    assert connect(get_environment("dev"), given).region == region
