"""The service as a whole: every request comes in here."""

from collections.abc import Mapping
from typing import Any

from local.sagemaker import recovery
from local.sagemaker.endpoints import Endpoints
from local.sagemaker.errors import ApiError, not_implemented
from local.sagemaker.invocations import as_http
from local.sagemaker.job_queue import JobQueue
from local.sagemaker.models import Models
from local.sagemaker.packages import ModelPackages
from local.sagemaker.processing import ProcessingJobs
from local.sagemaker.registry import ModelPackageGroups
from local.sagemaker.searching import Searching
from local.sagemaker.settings import Settings
from local.sagemaker.tags import Tags
from local.sagemaker.training_api import TrainingJobs
from local.sagemaker.transform_api import TransformJobs
from local.sagemaker.tuning_api import TuningJobs
from local.sagemaker.world import Handlers, Request, World

_OK = 200


class SageMaker:
    """A SageMaker that executes jobs and serves models as processes of this machine.

    Its methods may be called from any thread. What was created is there again when another one
    is made with the same folder; jobs that were running then count as failed.
    """

    def __init__(self, settings: Settings) -> None:
        self._world = World.of(settings)
        recovery.recover(self._world)
        self._queue = JobQueue(settings)
        training = TrainingJobs(self._world, self._queue)
        self._tuning = TuningJobs(self._world, training)
        self._endpoints = Endpoints(self._world)
        self._handlers: Handlers = {
            operation: handler
            for part in (
                training,
                self._tuning,
                ProcessingJobs(self._world, self._queue),
                TransformJobs(self._world, self._queue),
                Models(self._world),
                self._endpoints,
                ModelPackageGroups(self._world),
                ModelPackages(self._world),
                Tags(self._world),
                Searching(self._world),
            )
            for operation, handler in part.handlers().items()
        }

    @property
    def operations(self) -> frozenset[str]:
        """Names of the operations that are supported."""
        return frozenset(self._handlers)

    def call(
        self, operation: str, params: Mapping[str, Any], *, role: str | None = None
    ) -> dict[str, Any]:
        """Return the answer to a request, its timestamps as seconds since the epoch.

        Args:
            operation: Name of the operation, such as `CreateTrainingJob`.
            params: The request's members, as its JSON has them.
            role: Name of the role that asks, when known.

        Raises:
            ApiError: the request is refused, or the operation is not supported.
        """
        model = self._world.model
        if not model.knows(operation):
            raise ApiError("UnknownOperationException", f"SageMaker has no operation {operation}")
        if operation not in self._handlers:
            raise not_implemented(f"the operation {operation}")
        given = {name: value for name, value in params.items() if value is not None}
        model.check(operation, given)
        result = self._handlers[operation](Request(operation, given, role))
        return model.answer(operation, result or {})

    def invoke(
        self, endpoint_name: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of InvokeEndpoint's HTTP answer, also of an error.

        Args:
            endpoint_name: Of the endpoint.
            body: The request's.
            headers: The request's, in any case.
        """
        try:
            answer_headers, answer = self._endpoints.invoke(
                endpoint_name, body, {name.lower(): value for name, value in headers.items()}
            )
        except ApiError as error:
            return as_http(error)
        return _OK, answer_headers, answer

    def was_rolled_back(self, endpoint_name: str) -> bool:
        """Return whether an endpoint's last update was undone after it had begun to take effect.

        Its description does not tell that from an update that never took effect.

        Raises:
            ApiError: there is no such endpoint.
        """
        return self._endpoints.was_rolled_back(endpoint_name)

    def close(self) -> None:
        """Kill every process that was started. The records on disk stay as they are."""
        self._world.closing.set()
        self._queue.close()
        self._tuning.close()
        self._endpoints.close()
        self._world.storage.close()
