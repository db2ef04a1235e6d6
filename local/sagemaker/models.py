"""Models and endpoint configurations: what an endpoint may serve."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.sagemaker import endpoint_configs, listing
from local.sagemaker.constraints import missing
from local.sagemaker.errors import invalid, not_implemented
from local.sagemaker.kinds import ENDPOINT_CONFIG, MODEL, MODEL_PACKAGE, Kind
from local.sagemaker.records import Record, Records
from local.sagemaker.script_mode import DIRECTORY, PROGRAM
from local.sagemaker.world import Handlers, Request, World

_PROGRAM_VARIABLE, _DIRECTORY_VARIABLE = PROGRAM.upper(), DIRECTORY.upper()
_UNSUPPORTED = ("ModelDataSource", "AdditionalModelDataSources", "MultiModelConfig")


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What a container of an endpoint needs.

    Attributes:
        image: URI of the image.
        data: URI of the model's archive.
        environment: Variables of the request.
        role: ARN of the role that reads the archive.
        isolated: Whether the container gets no network.
        program: File name of the user's module.
        code: Where the user's code is; see `script_mode.bring_code`.
    """

    image: str
    data: str
    environment: Mapping[str, str]
    role: str
    isolated: bool
    program: str
    code: str


class Models:
    """The operations on models and endpoint configurations."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._records = world.records

    def handlers(self) -> Handlers:
        """Return what answers each operation."""
        return {
            "CreateModel": self.create_model,
            "DescribeModel": self.describe,
            "ListModels": self.list,
            "DeleteModel": self.delete,
            "CreateEndpointConfig": self.create_config,
            "DescribeEndpointConfig": self.describe,
            "ListEndpointConfigs": self.list,
            "DeleteEndpointConfig": self.delete,
        }

    def create_model(self, request: Request) -> Record:
        """Create a model whose archive exists."""
        params = request.params
        served = served_model(self._records, params)
        if not self._world.storage.of_role(served.role).exists(served.data):
            raise invalid(f"Could not find model data at {served.data}.")
        isolated = params.get("EnableNetworkIsolation", False)
        members = {**params, "EnableNetworkIsolation": isolated}
        return self._records.create(MODEL, params["ModelName"], members)

    def create_config(self, request: Request) -> Record:
        """Create an endpoint configuration of existing models."""
        params = request.params
        members = endpoint_configs.checked(self._records, params)
        return self._records.create(ENDPOINT_CONFIG, params["EndpointConfigName"], members)

    def describe(self, request: Request) -> Record:
        """Return the record of either."""
        kind = _kind_of(request)
        return self._records.get(kind, request[kind.name_member])

    def list(self, request: Request) -> dict[str, Any]:
        """Return a page of either."""
        kind = _kind_of(request)
        page = listing.page_of(kind, self._records.all_of(kind), request.params, descending=True)
        return page.answer(self._world.model.summaries_member(request.operation))

    def delete(self, request: Request) -> None:
        """Forget either; endpoints that serve it go on serving."""
        kind = _kind_of(request)
        self._records.remove(kind, request[kind.name_member])


def served_model(records: Records, model: Mapping[str, Any]) -> ServedModel:
    """Return what serving a model (its record or its request) takes.

    Raises:
        ApiError: the model cannot be served, here or on AWS.
    """
    containers = [model["PrimaryContainer"]] if model.get("PrimaryContainer") else []
    containers += model.get("Containers", [])
    if not containers:
        raise missing("primaryContainer")
    if len(containers) > 1:
        raise not_implemented("models of several containers")
    given = containers[0]
    container = _of_package(records, given) if given.get("ModelPackageName") else given
    if unsupported := [member for member in _UNSUPPORTED if container.get(member)]:
        raise not_implemented(f"{', '.join(unsupported)} of models")
    for member in ("Image", "ModelDataUrl"):
        if not container.get(member):
            raise missing(f"primaryContainer.{member[0].lower()}{member[1:]}")
    environment = container.get("Environment", {}) | given.get("Environment", {})
    if _PROGRAM_VARIABLE not in environment:
        raise not_implemented(
            f"algorithms that images contain: name a module in {_PROGRAM_VARIABLE}"
        )
    return ServedModel(
        image=container["Image"],
        data=container["ModelDataUrl"],
        environment=environment,
        role=model.get("ExecutionRoleArn", ""),
        isolated=bool(model.get("EnableNetworkIsolation")),
        program=environment[_PROGRAM_VARIABLE],
        code=environment.get(_DIRECTORY_VARIABLE, "/opt/ml/model/code"),
    )


def _of_package(records: Records, given: Mapping[str, Any]) -> dict[str, Any]:
    package = records.get(MODEL_PACKAGE, given["ModelPackageName"])
    if package["ModelApprovalStatus"] != "Approved":
        raise invalid(
            f"Model package {package['ModelPackageArn']} cannot be deployed: its approval status "
            f"is {package['ModelApprovalStatus']}."
        )
    containers = package.get("InferenceSpecification", {}).get("Containers", [])
    if len(containers) != 1:
        raise not_implemented("model packages of several containers, or none")
    return dict(containers[0])


def _kind_of(request: Request) -> Kind:
    return ENDPOINT_CONFIG if "EndpointConfig" in request.operation else MODEL
