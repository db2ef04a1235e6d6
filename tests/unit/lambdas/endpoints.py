"""SageMaker's hosting behind a real client: one endpoint, its configurations and its models."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.unit.lambdas.services import FakeSageMaker, RefusedError

ENDPOINT = "mlops-test-flight-delay"
ALARM = "mlops-test-inference-errors"
ENVIRONMENT = "test"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
THEN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class FakeEndpoints(FakeSageMaker):
    """The registry, and one endpoint.

    Attributes:
        models: Model's name to its package.
        configs: Configuration's name to its variants.
        tags: Of models and configurations, by ARN.
        endpoint: What DescribeEndpoint answers; None when there is no endpoint.
        undeletable: Names of what SageMaker refuses to delete.
    """

    models: dict[str, str] = field(default_factory=dict)
    configs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    endpoint: dict[str, Any] | None = None
    undeletable: set[str] = field(default_factory=set)
    _names: int = 0

    def make_model(self, package_arn: str) -> str:
        """Make a model as the stack does; return its name."""
        name = self._name("ChampionModel", "model")
        self.models[name] = package_arn
        return name

    def make_config(self, variants: list[dict[str, Any]]) -> str:
        """Make an endpoint configuration as the stack does; return its name."""
        name = self._name("EndpointConfig", "endpoint-config")
        self.configs[name] = variants
        return name

    def _name(self, what: str, kind: str) -> str:
        self._names += 1
        name = f"{what}-{self._names}"
        self.tags[f"{ARN}:{kind}/{name}"] = {"application": "mlops", "environment": ENVIRONMENT}
        return name

    def serve(self, config_name: str) -> None:
        """Let the endpoint serve with a configuration, as an update that succeeded does."""
        self.endpoint = {
            "EndpointName": ENDPOINT,
            "EndpointArn": f"{ARN}:endpoint/{ENDPOINT}",
            "EndpointConfigName": config_name,
            "EndpointStatus": "InService",
            "CreationTime": THEN,
            "LastModifiedTime": THEN,
            "ProductionVariants": [
                {
                    "VariantName": each["VariantName"],
                    "CurrentWeight": each["InitialVariantWeight"],
                }
                for each in self.configs[config_name]
            ],
        }

    @property
    def serving(self) -> dict[str, str]:
        """Variant's name to the model package that answers."""
        if self.endpoint is None:
            return {}
        variants = self.configs[self.endpoint["EndpointConfigName"]]
        return {each["VariantName"]: self.models[each["ModelName"]] for each in variants}

    def DescribeEndpoint(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if self.endpoint is None or request["EndpointName"] != ENDPOINT:
            raise RefusedError("ValidationException", "Could not find endpoint")
        return self.endpoint

    def DescribeEndpointConfig(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["EndpointConfigName"]
        if name not in self.configs:
            raise RefusedError("ValidationException", "Could not find endpoint configuration")
        return {
            "EndpointConfigName": name,
            "EndpointConfigArn": f"{ARN}:endpoint-config/{name}",
            "CreationTime": THEN,
            "ProductionVariants": self.configs[name],
        }

    def DescribeModel(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["ModelName"]
        container = {"ModelPackageName": self.models[name]}
        return {
            "ModelName": name,
            "ModelArn": f"{ARN}:model/{name}",
            "CreationTime": THEN,
            "Containers": [container],
        }

    def ListEndpointConfigs(self, _request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {
            "EndpointConfigs": [
                {
                    "EndpointConfigName": name,
                    "EndpointConfigArn": f"{ARN}:endpoint-config/{name}",
                    "CreationTime": THEN,
                }
                for name in self.configs
            ]
        }

    def ListModels(self, _request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {
            "Models": [
                {"ModelName": name, "ModelArn": f"{ARN}:model/{name}", "CreationTime": THEN}
                for name in self.models
            ]
        }

    def ListTags(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = self.tags.get(request["ResourceArn"], {})
        return {"Tags": [{"Key": name, "Value": value} for name, value in found.items()]}

    def DeleteEndpointConfig(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._delete(request["EndpointConfigName"], self.configs)
        return {}

    def DeleteModel(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._delete(request["ModelName"], self.models)
        return {}

    def _delete(self, name: str, existing: dict[str, Any]) -> None:
        if name in self.undeletable:
            raise RefusedError("ValidationException", f"Cannot delete {name}")
        del existing[name]
