"""The service as botocore describes it: what requests must look like, and answers do."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from local.sagemaker import constraints, sessions
from local.sagemaker.errors import ApiError

Instant = Callable[[float], Any]


def _epoch(timestamp: float) -> float:
    return timestamp


class ApiModel:
    """The operations of SageMaker. Reading them takes a while, so their first use does."""

    @cached_property
    def _service(self) -> ServiceModel:
        return sessions.shared().get_service_model("sagemaker")

    def knows(self, operation: str) -> bool:
        """Return whether AWS has an operation of that name."""
        return operation in self._service.operation_names

    def check(self, operation: str, params: Mapping[str, Any]) -> None:
        """Refuse a request whose form is wrong; see `constraints.check`."""
        shape = self._service.operation_model(operation).input_shape
        if shape is not None:
            constraints.check(shape, params)

    def answer(
        self, operation: str, values: Mapping[str, Any], instant: Instant = _epoch
    ) -> dict[str, Any]:
        """Return what of `values` belongs into the answer of an operation.

        Args:
            operation: Name of the operation, such as `DescribeModel`.
            values: At least the members that the answer must have.
            instant: What a timestamp (seconds since the epoch) is written as.

        Raises:
            ApiError: a required member is missing, which is a mistake of ours.
        """
        shape = self._service.operation_model(operation).output_shape
        return {} if shape is None else _project(shape, values, instant)

    def summaries_member(self, operation: str) -> str:
        """Return the member of a listing's answer that holds what was found."""
        shape = self._service.operation_model(operation).output_shape
        members = shape.members if shape is not None else {}
        return next(name for name, member in members.items() if isinstance(member, ListShape))


def _project(shape: Shape, value: Any, instant: Instant) -> Any:
    if isinstance(shape, StructureShape):
        absent = [name for name in shape.required_members if value.get(name) is None]
        if absent:
            raise ApiError("InternalFailure", f"{shape.name} without {', '.join(absent)}", 500)
        return {
            name: _project(member, value[name], instant)
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, ListShape):
        return [_project(shape.member, item, instant) for item in value]
    if isinstance(shape, MapShape):
        return {key: _project(shape.value, item, instant) for key, item in value.items()}
    return instant(value) if shape.type_name == "timestamp" else value
