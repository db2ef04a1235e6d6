"""The table of image accounts says what the SDK says."""

import json
from importlib.resources import files
from typing import Any

import pytest
from sagemaker.core import image_uris

from config.images import IMAGE, IMAGE_ACCOUNTS

REPOSITORY, TAG = IMAGE.split(":")


def registries(scope: str) -> Any:
    """Return region to account, as the SDK's data has it for an image of training or inference."""
    table = files("sagemaker.core") / "image_uri_config" / "xgboost.json"
    version = json.loads(table.read_text())[scope]["versions"][TAG]
    assert version["repository"] == REPOSITORY
    return version["registries"]


@pytest.mark.parametrize("scope", ["training", "inference"])
def test_every_region_of_the_sdk_is_in_the_table_and_no_other(scope: str) -> None:
    assert registries(scope) == IMAGE_ACCOUNTS


def test_the_sdk_takes_the_image_from_where_we_do() -> None:
    uri = image_uris.retrieve("xgboost", "eu-west-1", TAG)

    assert uri == f"{IMAGE_ACCOUNTS['eu-west-1']}.dkr.ecr.eu-west-1.amazonaws.com/{IMAGE}"
