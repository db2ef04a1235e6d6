"""A service of its own for each test; one S3 for all."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.local_sagemaker.buckets import Buckets
from tests.unit.local_sagemaker.lab import Gate, Lab
from tests.unit.local_sagemaker.updates import Alarms


@pytest.fixture
def buckets() -> Iterator[Buckets]:
    with Buckets() as running:
        running.put("s3://lake/readme", "")
        yield running


@pytest.fixture
def new_lab(tmp_path: Path, buckets: Buckets) -> Iterator[Callable[..., Lab]]:
    labs: list[Lab] = []

    def make(**settings: Any) -> Lab:
        labs.append(Lab(tmp_path / "sagemaker", buckets, **settings))
        return labs[-1]

    yield make
    for each in labs:
        each.sagemaker.close()


@pytest.fixture
def lab(new_lab: Callable[..., Lab]) -> Lab:
    return new_lab()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


@pytest.fixture
def alarms() -> Alarms:
    return Alarms()


@pytest.fixture
def slow(new_lab: Callable[..., Lab], alarms: Alarms) -> Lab:
    """A service that bakes as long as AWS: nothing is over before the test is."""
    return new_lab(in_alarm=alarms)


@pytest.fixture
def fast(new_lab: Callable[..., Lab], alarms: Alarms) -> Lab:
    """A service whose hours are over at once."""
    return new_lab(in_alarm=alarms, time_scale=1e9)
