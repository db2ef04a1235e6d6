"""Endpoints: deployed, updated without interruption, resized and asked for predictions."""

import shutil
import threading
from collections.abc import Callable, Mapping
from typing import Any

from local.sagemaker import capacity, guardrails, listing, retained
from local.sagemaker.capture import Captures
from local.sagemaker.deployments import ROLLED_BACK, Deployment
from local.sagemaker.errors import invalid
from local.sagemaker.invocations import Invocation, Invocations
from local.sagemaker.kinds import ENDPOINT, ENDPOINT_CONFIG
from local.sagemaker.records import Record
from local.sagemaker.traffic import Routes
from local.sagemaker.world import Handlers, Request, World


class Endpoints:
    """The operations on endpoints."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._records = world.records
        self._routes = Routes(world)
        self._captures = Captures(world.storage)
        self._invocations = Invocations(world, self._routes, self._captures)
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()

    def handlers(self) -> Handlers:
        """Return what answers each operation."""
        return {
            "CreateEndpoint": self.create,
            "DescribeEndpoint": self.describe,
            "ListEndpoints": self.list,
            "UpdateEndpoint": self.update,
            "UpdateEndpointWeightsAndCapacities": self.resize,
            "DeleteEndpoint": self.delete,
        }

    def create(self, request: Request) -> Record:
        """Create an endpoint and let it be deployed."""
        name, deployment = request["EndpointName"], request.params.get("DeploymentConfig")
        config = self._records.get(ENDPOINT_CONFIG, request["EndpointConfigName"])
        rails = guardrails.of_update(deployment, config["ProductionVariants"])
        members = {
            **request.params,
            "EndpointStatus": "Creating",
            "LastDeploymentConfig": deployment,
        }
        record = self._world.create(ENDPOINT, name, members)
        self._in_background(name, Deployment(self._world, self._routes, name, config, rails).run)
        return record

    def describe(self, request: Request) -> Record:
        """Return an endpoint's record."""
        return self._records.get(ENDPOINT, request["EndpointName"])

    def list(self, request: Request) -> dict[str, Any]:
        """Return a page of endpoints."""
        records = self._records.all_of(ENDPOINT)
        return listing.page_of(ENDPOINT, records, request.params, descending=True).answer(
            "Endpoints"
        )

    def update(self, request: Request) -> Record:
        """Let an endpoint be deployed with another configuration while the present one serves."""
        name = request["EndpointName"]
        with self._records.lock:
            endpoint = self._serving(name)
            config = self._records.get(ENDPOINT_CONFIG, request["EndpointConfigName"])
            config = retained.configured(config, endpoint, request.params)
            deployment = retained.deployment_config(endpoint, request.params)
            rails = guardrails.of_update(deployment, config["ProductionVariants"])
            changes = {
                "EndpointStatus": "Updating",
                "FailureReason": None,
                "LastDeploymentConfig": deployment,
                ROLLED_BACK: None,
            }
            record = self._records.update(ENDPOINT, name, changes)
        self._world.telemetry.changed(ENDPOINT, record)
        self._in_background(name, Deployment(self._world, self._routes, name, config, rails).run)
        return record

    def resize(self, request: Request) -> Record:
        """Change weights and instances of an endpoint's variants while it serves."""
        name = request["EndpointName"]
        with self._records.lock:
            endpoint = self._serving(name)
            traffic = self._routes.find(name)
            if traffic is None:
                raise invalid(f'Endpoint "{endpoint["EndpointArn"]}" has no variants.')
            variants = capacity.desired(endpoint, request["DesiredWeightsAndCapacities"])
            changes = {
                "EndpointStatus": "Updating",
                "FailureReason": None,
                "ProductionVariants": variants,
            }
            record = self._records.update(ENDPOINT, name, changes)
        self._world.telemetry.changed(ENDPOINT, record)
        self._in_background(name, lambda: capacity.apply(self._world, name, traffic, variants))
        return record

    def delete(self, request: Request) -> None:
        """Remove an endpoint."""
        name = request["EndpointName"]
        with self._records.lock:
            record = self._settled(name)
            self._records.remove(ENDPOINT, name)
        self._routes.close(name)
        shutil.rmtree(self._world.folder_of(ENDPOINT, name), ignore_errors=True)
        self._world.telemetry.changed(ENDPOINT, {**record, "EndpointStatus": "Deleting"})

    def _settled(self, name: str) -> Record:
        record = self._records.get(ENDPOINT, name)
        if record["EndpointStatus"] not in ("InService", "Failed"):
            raise invalid(f'Cannot update in-progress endpoint "{record["EndpointArn"]}".')
        return record

    def _serving(self, name: str) -> Record:
        record = self._settled(name)
        if record["EndpointStatus"] == "Failed":
            raise invalid(
                f'Cannot update endpoint "{record["EndpointArn"]}" with status "Failed": '
                "delete it and create it again."
            )
        return record

    def _in_background(self, name: str, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            finally:
                with self._lock:
                    self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, name=f"deploy-{name}", daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def invoke(
        self, name: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[dict[str, str], bytes]:
        """Return headers and body of a model's answer; see `Invocations.invoke`.

        Args:
            name: Of the endpoint.
            body: What the model is asked.
            headers: Of the request, by lower-case name.

        Raises:
            ApiError: there is no answer, or it is an error.
        """
        return self._invocations.invoke(Invocation(name, body, headers))

    def was_rolled_back(self, name: str) -> bool:
        """Return whether an endpoint's last update was undone after it had begun to take effect.

        Raises:
            ApiError: there is no such endpoint.
        """
        return bool(self._records.get(ENDPOINT, name).get(ROLLED_BACK))

    def close(self) -> None:
        """Kill all models' processes, and write what was captured."""
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join()
        self._routes.close_all()
        self._captures.close()
