"""Which fleet answers a request to an endpoint."""

import random
import threading

from local.sagemaker import fleets
from local.sagemaker.fleets import Fleet
from local.sagemaker.kinds import ENDPOINT
from local.sagemaker.variants import Variant
from local.sagemaker.world import World

FLEET = "_Fleet"


class Traffic:
    """The requests of one endpoint: while it is updated, two fleets share them."""

    def __init__(self, fleet: Fleet) -> None:
        self._lock = threading.Lock()
        self._fleet = fleet
        self._incoming: Fleet | None = None
        self._share = 0.0

    @property
    def fleet(self) -> Fleet:
        """The fleet that is kept until another one has taken over."""
        with self._lock:
            return self._fleet

    def shift(self, incoming: Fleet, share: float) -> None:
        """Let another fleet answer a share of the requests, 0 to 1."""
        with self._lock:
            self._incoming, self._share = incoming, share

    def restore(self) -> None:
        """Let the old fleet answer all requests again."""
        with self._lock:
            self._incoming, self._share = None, 0.0

    def take_over(self, incoming: Fleet) -> Fleet:
        """Let another fleet answer all requests from now on, and return the old one."""
        with self._lock:
            old, self._fleet = self._fleet, incoming
            self._incoming, self._share = None, 0.0
        return old

    def choose(self, target: str) -> tuple[Fleet, Variant]:
        """Return the variant that a request asks for, or one by chance and weight, with its fleet.

        Args:
            target: Name of a variant; "" for any. One that a single fleet has is found there.

        Raises:
            KeyError: there is no such variant.
        """
        with self._lock:
            first, second = self._fleet, self._incoming
            if second is not None and random.random() < self._share:  # noqa: S311
                first, second = second, first
        if target and target not in first.variants and second is not None:
            first = second
        return first, first.choose(target)

    def kill(self) -> None:
        """End all processes."""
        with self._lock:
            all_fleets = (self._fleet, self._incoming)
        for fleet in all_fleets:
            if fleet is not None:
                fleet.kill()


class Routes:
    """The traffic of all endpoints."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._traffic: dict[str, Traffic] = {}

    def find(self, name: str) -> Traffic | None:
        """Return an endpoint's traffic; None when nothing has ever served it.

        A fleet that a former process deployed starts with its first request.

        Raises:
            ApiError: there is no such endpoint.
            JobFailedError: nothing stands any more for an image that it needs.
        """
        with self._lock:
            if name not in self._traffic:
                description = self._world.records.get(ENDPOINT, name).get(FLEET)
                if description is None:
                    return None
                self._traffic[name] = Traffic(fleets.restore(self._world, name, description))
            return self._traffic[name]

    def open(self, name: str, fleet: Fleet) -> None:
        """Let an endpoint's first fleet serve."""
        with self._lock:
            self._traffic[name] = Traffic(fleet)

    def close(self, name: str) -> None:
        """End all that serves an endpoint."""
        with self._lock:
            traffic = self._traffic.pop(name, None)
        if traffic is not None:
            traffic.kill()

    def close_all(self) -> None:
        """End all processes; what they serve stays described."""
        with self._lock:
            all_traffic = list(self._traffic.values())
        for traffic in all_traffic:
            traffic.kill()
