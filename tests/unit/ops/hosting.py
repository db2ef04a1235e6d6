"""Endpoints, configurations and models as far as the commands look at them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.unit.lambdas.services import RefusedError
from tests.unit.ops.lake import REGION
from tests.unit.ops.services import BEGAN, FakeTrainings, page_of

OURS = {"application": "mlops", "environment": "local"}


def arn_of(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:123456789012:{kind}/{name}"


@dataclass
class FakeHosting(FakeTrainings):
    """Registry, jobs, and what serves; an endpoint that is deleted is gone at the next look."""

    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    configs: dict[str, dict[str, str]] = field(default_factory=dict)
    """Name to model by variant."""
    models: dict[str, str] = field(default_factory=dict)
    """Name to model package."""
    tags: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def host(
        self, name: str, config: str, shares: Mapping[str, tuple[str, float]], **described: Any
    ) -> None:
        """Let an endpoint serve: variant to model package and weight."""
        self.configure(config, {variant: package for variant, (package, _) in shares.items()})
        self.endpoints[name] = {
            "EndpointName": name,
            "EndpointArn": arn_of("endpoint", name),
            "EndpointConfigName": config,
            "EndpointStatus": "InService",
            "CreationTime": BEGAN,
            "LastModifiedTime": BEGAN,
            "ProductionVariants": [
                {
                    "VariantName": variant,
                    "CurrentWeight": weight,
                    "DesiredWeight": weight,
                    "CurrentInstanceCount": 2,
                    "DesiredInstanceCount": 2,
                }
                for variant, (_, weight) in shares.items()
            ],
            **described,
        }

    def configure(
        self, config: str, packages: Mapping[str, str], tags: Mapping[str, str] = OURS
    ) -> None:
        """Let there be a configuration with a model per variant."""
        self.configs[config] = {variant: f"{config}-{variant}" for variant in packages}
        self.tags[arn_of("endpoint-config", config)] = tags
        for variant, package in packages.items():
            self.models[f"{config}-{variant}"] = package
            self.tags[arn_of("model", f"{config}-{variant}")] = tags

    def DescribeEndpoint(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["EndpointName"]
        if name not in self.endpoints:
            raise RefusedError("ValidationException", f'Could not find endpoint "{name}".')
        return self.endpoints[name]

    def DeleteEndpoint(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        endpoint = self.DescribeEndpoint(request)
        if endpoint["EndpointStatus"] == "Updating":
            endpoint["EndpointStatus"] = "InService"
            raise RefusedError("ValidationException", "Cannot update in-progress endpoint.")
        del self.endpoints[request["EndpointName"]]
        return {}

    def DescribeEndpointConfig(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["EndpointConfigName"]
        if name not in self.configs:
            raise RefusedError("ValidationException", "Could not find endpoint configuration.")
        return {
            "EndpointConfigName": name,
            "EndpointConfigArn": arn_of("endpoint-config", name),
            "CreationTime": BEGAN,
            "ProductionVariants": [
                {"VariantName": variant, "ModelName": model}
                for variant, model in self.configs[name].items()
            ],
        }

    def DescribeModel(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["ModelName"]
        return {
            "ModelName": name,
            "ModelArn": arn_of("model", name),
            "CreationTime": BEGAN,
            "Containers": [{"ModelPackageName": self.models[name]}],
        }

    def ListEndpointConfigs(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return _listed("EndpointConfig", "endpoint-config", self.configs, request)

    def ListModels(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return _listed("Model", "model", self.models, request)

    def ListTags(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        tags = self.tags[request["ResourceArn"]]
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def DeleteEndpointConfig(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        del self.configs[request["EndpointConfigName"]]
        return {}

    def DeleteModel(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        del self.models[request["ModelName"]]
        return {}


def _listed(
    noun: str, kind: str, names: Mapping[str, Any], request: dict[str, Any]
) -> dict[str, Any]:
    found = [
        {f"{noun}Name": name, f"{noun}Arn": arn_of(kind, name), "CreationTime": BEGAN}
        for name in sorted(names)
    ]
    page, more = page_of(found, request, "NextToken")
    return {f"{noun}s": page, **more}
