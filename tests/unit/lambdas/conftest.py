"""AWS as moto plays it, with the tables, buckets and queues that the functions expect."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from lambdas.ingest import handler as ingest_handler
from lambdas.monitor import handler as monitor_handler
from lambdas.respond import handler as respond_handler
from lambdas.snapshot import handler as snapshot_handler
from schemas.datasets import by_name
from schemas.flights import FLIGHTS
from schemas.weather import WEATHER
from tests.unit.lambdas.monitor_world import (
    CLOCK,
    MONITOR_ENVIRONMENT,
    Monitored,
    forget_monitor_settings,
    new_monitored,
)
from tests.unit.lambdas.pipeline import (
    ENVIRONMENT,
    Pipeline,
    forget_pipeline_settings,
    new_pipeline,
)
from tests.unit.lambdas.predictions import (
    PREDICTION_ENVIRONMENT,
    Predictions,
    forget_prediction_settings,
    new_predictions,
)
from tests.unit.lambdas.releasing import (
    RELEASE_ENVIRONMENT,
    Releasing,
    forget_release_settings,
    new_releasing,
)
from tests.unit.lambdas.world import (
    ARCHIVE_ENVIRONMENT,
    INGEST_ENVIRONMENT,
    World,
    forget_clients,
    forget_settings,
    new_world,
)

REGION = "eu-west-1"
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "POWERTOOLS_SERVICE_NAME": "ingest",
    "POWERTOOLS_METRICS_NAMESPACE": "MLOps/Ingestion",
    **INGEST_ENVIRONMENT,
    **ARCHIVE_ENVIRONMENT,
    **ENVIRONMENT,
}


@pytest.fixture(scope="module")
def _aws() -> Iterator[None]:
    """Clients take long to create: the tests of a module share those of one mock."""
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            environment.delenv(name)
        for name, value in SETTINGS.items():
            environment.setenv(name, value)
        with mock_aws():
            forget_clients()
            yield
            forget_clients()


@pytest.fixture
def world(_aws: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    forget_settings()
    monkeypatch.setitem(vars(ingest_handler), "DATASETS", by_name([FLIGHTS]))
    # Temporary files of the code under test, and nobody else's.
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    yield new_world()
    forget_settings()


@pytest.fixture
def pipeline(_aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    forget_pipeline_settings()
    contracts = by_name([FLIGHTS, WEATHER])
    monkeypatch.setitem(vars(snapshot_handler), "DATASETS", contracts)
    monkeypatch.setitem(vars(snapshot_handler), "MODEL_DATASETS", tuple(contracts))
    yield new_pipeline()
    forget_pipeline_settings()


@pytest.fixture
def predictions(_aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Predictions]:
    for name, value in (SETTINGS | PREDICTION_ENVIRONMENT).items():
        monkeypatch.setenv(name, value)
    yield new_predictions()
    forget_prediction_settings()


@pytest.fixture
def releasing(_aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Releasing]:
    for name, value in (SETTINGS | RELEASE_ENVIRONMENT).items():
        monkeypatch.setenv(name, value)
    forget_release_settings()
    yield new_releasing()
    forget_release_settings()


@pytest.fixture
def served(releasing: Releasing) -> Releasing:
    """Version 1 serves, and version 2 is approved."""
    releasing.serving(releasing.register())
    releasing.register()
    return releasing


@pytest.fixture
def monitored(_aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Monitored]:
    for name, value in (SETTINGS | MONITOR_ENVIRONMENT).items():
        monkeypatch.setenv(name, value)
    forget_monitor_settings()
    for handler in (monitor_handler, respond_handler):
        monkeypatch.setattr(handler, "utc_now", lambda: CLOCK.now)
    yield new_monitored()
    forget_monitor_settings()
