import functools
from collections.abc import Iterator
from typing import NoReturn

import boto3
import pytest
from botocore.session import Session as CoreSession
from moto import mock_aws

from lambdas.predict import question
from ops import following, ingest, labels, prediction_log, reprocess, request_files
from ops.aws import Connection
from ops.commands import context, platform
from ops.deployment import Deployment
from ops.pacing import Poll
from schemas.datasets import by_name
from schemas.flight_requests import FLIGHT_REQUESTS
from schemas.flights import FLIGHTS
from schemas.releases import Serving
from schemas.weather import WEATHER
from tests.unit.ops.lake import ENVIRONMENT, REGION, FakeCloudFormation, Lake, deploy
from tests.unit.ops.monitored import Watched, deploy_monitor
from tests.unit.ops.serving import MODEL_1, Platform, deploy_serving
from tests.unit.ops.trained import RUN_ID, Training, deploy_training

MODELS = CoreSession().get_component("data_loader")
"""Reads the models of AWS's services, once for all tests."""


@pytest.fixture(autouse=True)
def _datasets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of these tests' files, whatever a fork has in its catalog."""
    for module in (ingest, reprocess, labels):
        monkeypatch.setattr(module, "DATASETS", by_name([FLIGHTS, WEATHER]))
    monkeypatch.setattr(labels, "MODEL_DATASETS", ("flights", "weather"))
    for reader in (labels, prediction_log, request_files, question):
        monkeypatch.setattr(reader, "MODEL_INPUT", FLIGHT_REQUESTS)


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "ENV", "PORT"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        core = CoreSession()
        core.register_component("data_loader", MODELS)
        session = boto3.Session(
            botocore_session=core,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name=REGION,
        )
        connection = Connection(session)
        fake = FakeCloudFormation()
        # A cached property: what is put in its place stays.
        connection.__dict__["cloudformation"] = fake
        deploy(connection, fake)
        for module in (context, platform):
            monkeypatch.setattr(module, "connect", lambda _environment: connection)
        yield Lake(Deployment.find(ENVIRONMENT, connection), fake)


@pytest.fixture
def no_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every command fail that asks the cloud for anything."""

    def refuse(_environment: object) -> NoReturn:
        pytest.fail("the cloud was asked")

    for module in (context, platform):
        monkeypatch.setattr(module, "connect", refuse)


@pytest.fixture
def training(lake: Lake) -> Training:
    return deploy_training(lake)


@pytest.fixture
def serving(training: Training) -> Platform:
    return deploy_serving(training)


@pytest.fixture
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few rows make a request, so that a small file makes several."""
    monkeypatch.setattr(request_files, "ROWS_AT_A_TIME", 3)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let following an execution not wait between two looks."""
    monkeypatch.setattr(following, "Poll", functools.partial(Poll, sleep=lambda _: None))


@pytest.fixture
def two_models(serving: Platform) -> Platform:
    """The first model serves, and the second one is approved."""
    for number in (1, 2):
        serving.training.register(f"201303-0000000{number}")
    serving.serve(Serving(champion=MODEL_1))
    return serving


@pytest.fixture
def watched(serving: Platform) -> Watched:
    """The first model serves, and is watched."""
    serving.training.register(RUN_ID)
    serving.serve(Serving(champion=MODEL_1))
    result = deploy_monitor(serving)
    result.baseline()
    return result
