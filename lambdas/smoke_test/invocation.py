"""Asks an endpoint, as often as it takes: one that has just begun to serve may be busy."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from time import sleep
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.aws_errors import error_code
from lambdas.shared.clients import SageMakerRuntimeClient
from lambdas.shared.deadline import Deadline
from lambdas.shared.endpoint_errors import MODEL_ERROR, will_pass
from lambdas.shared.errors import PermanentError, TransientError
from lambdas.shared.telemetry import logger
from lambdas.smoke_test.logic import SMOKE_TEST_FAILED

# SageMaker itself waits a minute for a container's answer.
_LONGEST_ATTEMPT_SECONDS = 60
_SHORTEST_ATTEMPT_SECONDS = 1
_MAX_PAUSE_SECONDS = 2.0

Clients = Callable[[int], SageMakerRuntimeClient]
"""Returns a client that tries once, and waits for so many seconds."""


class Invocation:
    """Invokes one endpoint.

    Args:
        clients: Makes clients.
        endpoint_name: The endpoint.
        deadline: When to stop trying.
    """

    def __init__(self, clients: Clients, endpoint_name: str, deadline: Deadline) -> None:
        self._clients = clients
        self._endpoint_name = endpoint_name
        self._deadline = deadline

    def ask(self, requests: Sequence[Mapping[str, Any]], variant: str) -> str:
        """Return the answer to all `requests`, as JSON.

        Args:
            requests: Rows.
            variant: Variant that must answer; empty for the only one.

        Raises:
            PermanentError: `smoke-test-failed`; the model, or SageMaker, refuses.
            TransientError: `endpoint-busy`; the time was too short.
        """
        last: BotoCoreError | ClientError | None = None
        while (seconds := int(self._deadline.seconds_left())) >= _SHORTEST_ATTEMPT_SECONDS:
            try:
                return self._invoke(requests, variant, min(seconds, _LONGEST_ATTEMPT_SECONDS))
            except (BotoCoreError, ClientError) as error:
                if isinstance(error, ClientError) and not will_pass(error):
                    raise self._refused(error) from error
                last = error
            logger.info("endpoint asked again", error=str(last))
            sleep(random.uniform(0, _MAX_PAUSE_SECONDS))  # noqa: S311 - not a secret
        raise TransientError(
            "endpoint-busy",
            f"endpoint {self._endpoint_name} has not answered yet: {last or 'no time was left'}",
            self._endpoint_name,
        ) from last

    def _invoke(self, requests: Sequence[Mapping[str, Any]], variant: str, seconds: int) -> str:
        target = {"TargetVariant": variant} if variant else {}
        answer = self._clients(seconds).invoke_endpoint(
            EndpointName=self._endpoint_name,
            ContentType="application/jsonlines",
            Accept="application/json",
            Body="".join(f"{json.dumps(each)}\n" for each in requests),
            **target,
        )
        return str(answer["Body"].read().decode())

    def _refused(self, error: ClientError) -> PermanentError:
        said = str(error)
        if error_code(error) == MODEL_ERROR:
            said = str(error.response.get("OriginalMessage") or said)
            log = f"/aws/sagemaker/Endpoints/{self._endpoint_name}"
            return PermanentError(
                SMOKE_TEST_FAILED, f"the model answers an error: {said}; see the log group {log}",
                self._endpoint_name,
            )  # fmt: skip
        return PermanentError(
            SMOKE_TEST_FAILED, f"the endpoint cannot be asked: {said}", self._endpoint_name
        )
