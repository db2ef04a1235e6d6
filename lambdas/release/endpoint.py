"""The endpoint: what really serves, whatever the stack says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.shared.aws_errors import error_code
from schemas.releases import WHOLE

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_sagemaker import SageMakerClient

IN_SERVICE = "InService"
_CHANGING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
_MISSING = "ValidationException"
_FIRING = "ALARM"


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """An alarm that undoes updates.

    Attributes:
        name: Its name.
        state: CloudWatch's word, such as `ALARM`.
        since: When it took that state, ISO 8601.
    """

    name: str
    state: str
    since: str

    @property
    def is_firing(self) -> bool:
        """Whether it would undo an update now."""
        return self.state == _FIRING


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """An endpoint as it is now.

    Attributes:
        status: SageMaker's word.
        config_name: Configuration that serves; empty when none does.
        pending_config_name: Configuration that is being rolled out; empty when none is.
        failure_reason: SageMaker's, of the last change that failed; it may be empty even so.
        weights: Variant's name to its weight among all of them.
    """

    status: str
    config_name: str
    pending_config_name: str
    failure_reason: str
    weights: Mapping[str, float]

    @property
    def is_changing(self) -> bool:
        """Whether SageMaker is changing it."""
        return self.status in _CHANGING

    @property
    def percents(self) -> dict[str, float]:
        """Variant's name to its share of the requests."""
        whole = sum(self.weights.values()) or 1.0
        return {name: WHOLE * weight / whole for name, weight in self.weights.items()}


class Endpoints:
    """Reads one endpoint, and what it is made of."""

    def __init__(
        self, sagemaker: "SageMakerClient", cloudwatch: "CloudWatchClient", name: str
    ) -> None:
        self._sagemaker = sagemaker
        self._cloudwatch = cloudwatch
        self.name = name

    def read(self) -> Endpoint | None:
        """Return the endpoint as it is now; None when there is none."""
        try:
            found = self._sagemaker.describe_endpoint(EndpointName=self.name)
        except ClientError as error:
            if error_code(error) == _MISSING:
                return None
            raise
        return Endpoint(
            status=found["EndpointStatus"],
            config_name=found.get("EndpointConfigName", ""),
            pending_config_name=found.get("PendingDeploymentSummary", {}).get(
                "EndpointConfigName", ""
            ),
            failure_reason=found.get("FailureReason", ""),
            weights={
                each["VariantName"]: each.get("CurrentWeight", 1.0)
                for each in found.get("ProductionVariants", [])
            },
        )

    def models(self, config_name: str) -> dict[str, str]:
        """Return variant's name to the name of its model, as a configuration says."""
        found = self._sagemaker.describe_endpoint_config(EndpointConfigName=config_name)
        return {
            each["VariantName"]: each.get("ModelName", "") for each in found["ProductionVariants"]
        }

    def packages(self, config_name: str) -> dict[str, str]:
        """Return variant's name to the ARN of its model package; empty when it has none."""
        models = self.models(config_name)
        return {variant: self.package_of(model) for variant, model in models.items()}

    def alarms(self, names: Sequence[str]) -> list[Alarm]:
        """Return alarms as they are now."""
        if not names:
            return []
        # Composite alarms are left out: they are described only to roles that may see all alarms.
        found = self._cloudwatch.describe_alarms(AlarmNames=list(names), AlarmTypes=["MetricAlarm"])
        return [
            Alarm(
                name=each["AlarmName"],
                state=each["StateValue"],
                since=each["StateUpdatedTimestamp"].isoformat(timespec="seconds"),
            )
            for each in found["MetricAlarms"]
        ]

    def package_of(self, model_name: str) -> str:
        """Return the ARN of a model's package; empty when it has none."""
        if not model_name:
            return ""
        found = self._sagemaker.describe_model(ModelName=model_name)
        containers = [*found.get("Containers", []), found.get("PrimaryContainer", {})]
        arns = [each["ModelPackageName"] for each in containers if "ModelPackageName" in each]
        return arns[0] if len(arns) == 1 else ""
