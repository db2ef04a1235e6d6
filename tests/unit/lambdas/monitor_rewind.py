"""Takes the world of the model monitor back to how it was: to make a new one takes long."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import FakeDeleteMarker, s3_backends
from moto.sns.models import sns_backends

from tests.unit.lambdas.monitor_world import CLOCK, MONITORING, TOPIC, Monitored
from tests.unit.lambdas.pipeline import ARTIFACTS

_REGION = "eu-west-1"


@dataclass(frozen=True)
class Written:
    """All that the functions write: read past the APIs, which take milliseconds for every call.

    Attributes:
        items: Of the table.
        objects: Key to content of the artifacts.
        inputs: Of the executions that were started.
    """

    items: Any
    objects: dict[str, bytes]
    inputs: dict[str, Any]

    @classmethod
    def read(cls, world: Monitored) -> "Written":
        keys = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[ARTIFACTS].keys
        return cls(
            items=deepcopy(_table().items),
            objects={
                name: each.value
                for name, each in keys.items()
                if not isinstance(each, FakeDeleteMarker)
            },
            inputs=dict(world.machines.inputs),
        )


def _table() -> Any:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][_REGION].tables[MONITORING]


class Rewind:
    """Takes a world back to how it was when this was created.

    Args:
        world: The world.
    """

    def __init__(self, world: Monitored) -> None:
        self._world = world
        self._statuses = dict(world.machines.statuses)
        self._now: datetime = CLOCK.now
        self.before = Written.read(world)

    def __call__(self) -> None:
        _table().items = deepcopy(self.before.items)
        for key in Written.read(self._world).objects.keys() - self.before.objects.keys():
            self._world.delete(f"s3://{ARTIFACTS}/{key}")
        self._world.machines.inputs = dict(self.before.inputs)
        self._world.machines.statuses = dict(self._statuses)
        cloudwatch_backends[DEFAULT_ACCOUNT_ID][_REGION].metric_data.clear()
        sns_backends[DEFAULT_ACCOUNT_ID][_REGION].topics[TOPIC].sent_notifications.clear()
        CLOCK.now = self._now
