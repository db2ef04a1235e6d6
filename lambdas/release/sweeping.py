"""Removes models and endpoint configurations that former releases have left.

The stack retains both when it replaces them, since an endpoint whose update was undone still serves
the old ones. They cost nothing, so there is no hurry, and two kinds of work keep what they use:

- *A release that begins meanwhile* goes back to what was used as the sweep began, which stays, or
  to what it has made itself, which is young, and only what is old is removed.
- *A batch scoring* asks for its model once, hours before the job begins that uses it. That model
  may be as old as it likes, so what a release has replaced within a day stays, too.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.release.claims import Execution
from lambdas.release.endpoint import Endpoints
from lambdas.release.stack import InferenceStack
from lambdas.shared.clock import Clock, timestamp
from lambdas.shared.deadline import Deadline
from lambdas.shared.releases import ReleaseTable
from lambdas.shared.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

_APPLICATION = "mlops"
MIN_AGE = timedelta(days=1)
"""Longer than an execution of batch scoring, or the changing part of a release, may take."""


class Sweeping:
    """Removes what nothing uses any more.

    Args:
        sagemaker: Client.
        stack: What it holds is kept.
        endpoints: What it serves is kept.
        table: Tells whether a release is under way, and what served lately.
        environment: Only what is tagged with it is removed.
        clock: Tells the time.
        deadline: When to leave the rest to the next release.
    """

    def __init__(
        self,
        *,
        sagemaker: "SageMakerClient",
        stack: InferenceStack,
        endpoints: Endpoints,
        table: ReleaseTable,
        environment: str,
        clock: Clock,
        deadline: Deadline,
    ) -> None:
        self._sagemaker = sagemaker
        self._stack = stack
        self._endpoints = endpoints
        self._table = table
        self._tags = {"application": _APPLICATION, "environment": environment}
        self._clock = clock
        self._deadline = deadline

    def sweep(self, execution: Execution) -> list[str]:
        """Return the names of what was removed; what cannot be removed is left for the next time.

        Nothing is removed while something is being changed: CloudFormation may go back to what
        nothing uses at the moment.
        """
        removed: list[str] = []
        try:
            if not self._is_quiet(execution):
                logger.info("not swept: what serves is being changed")
                return removed
            used = self._used()
            self._remove_configs(used, removed)
            self._remove_models(used, removed)
        except (BotoCoreError, ClientError) as error:
            logger.warning("not swept", error=str(error))
        return removed

    def _is_quiet(self, execution: Execution) -> bool:
        current = self._table.current()
        holder = current.held_by if current else ""
        endpoint = self._endpoints.read()
        is_changing = self._stack.read().is_changing or (
            endpoint is not None and endpoint.is_changing
        )
        return holder in {"", execution.arn} and not is_changing

    def _used(self) -> set[str]:
        """Return the names of what the stack holds and the endpoint serves.

        Looked up once: a release that begins meanwhile changes it, and may go back to this.
        """
        configs = self._configs_of_endpoint()
        models = (model for config in configs for model in self._endpoints.models(config).values())
        return {*self._stack.physical_names().values(), *configs, *models}

    def _remove_configs(self, used: set[str], removed: list[str]) -> None:
        for page in self._sagemaker.get_paginator("list_endpoint_configs").paginate():
            for each in page["EndpointConfigs"]:
                name = each["EndpointConfigName"]
                is_old = self._is_old(each["CreationTime"])
                if name not in used and is_old and self._is_ours(each["EndpointConfigArn"]):
                    self._remove(
                        name,
                        lambda name: self._sagemaker.delete_endpoint_config(
                            EndpointConfigName=name
                        ),
                        removed,
                    )

    def _remove_models(self, used: set[str], removed: list[str]) -> None:
        lately = self._replaced_lately()
        for page in self._sagemaker.get_paginator("list_models").paginate():
            for each in page["Models"]:
                name = each["ModelName"]
                is_old = self._is_old(each["CreationTime"])
                if name in used or not is_old or not self._is_ours(each["ModelArn"]):
                    continue
                if self._endpoints.package_of(name) not in lately:
                    self._remove(
                        name, lambda name: self._sagemaker.delete_model(ModelName=name), removed
                    )

    def _replaced_lately(self) -> set[str]:
        """Return the model packages that served before any release of the last day."""
        since = timestamp(self._clock() - MIN_AGE)
        return {
            arn
            for release in self._table.newest_first()
            if release.ended_at >= since
            for arn in release.previous.variants.values()
        }

    def _remove(self, name: str, delete: Callable[[str], Any], removed: list[str]) -> None:
        try:
            delete(name)
        except ClientError as error:
            logger.warning("not removed", resource=name, error=str(error))
            return
        removed.append(name)

    def _configs_of_endpoint(self) -> list[str]:
        endpoint = self._endpoints.read()
        if endpoint is None:
            return []
        return [each for each in (endpoint.config_name, endpoint.pending_config_name) if each]

    def _is_old(self, created: datetime) -> bool:
        return self._clock() - created >= MIN_AGE

    def _is_ours(self, arn: str) -> bool:
        if self._deadline.is_near():
            return False
        tags = self._sagemaker.list_tags(ResourceArn=arn)["Tags"]
        found = {each["Key"]: each["Value"] for each in tags}
        return self._tags.items() <= found.items()
