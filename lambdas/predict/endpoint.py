"""The endpoint: asked until it answers, cannot answer, or the time is up."""

import json
import random
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, NoReturn

from botocore.exceptions import ClientError

from lambdas.predict.answer import Answer, read_answer
from lambdas.predict.bodies import JSON_LINES
from lambdas.predict.budget import Budget
from lambdas.predict.http import JSON, RefusedError, unavailable
from lambdas.shared.aws_errors import NO_ANSWER, error_code
from lambdas.shared.clients import SageMakerRuntimeClient
from lambdas.shared.endpoint_errors import MODEL_ERROR, will_pass
from lambdas.shared.telemetry import logger
from schemas.predictions import Row

_SHORTEST_ATTEMPT_SECONDS = 1
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 2.0
_RETRY_BUSY_SECONDS, _RETRY_MISSING_SECONDS = 5, 60
_SHOWN_CHARACTERS = 1_000

Clients = Callable[[int], SageMakerRuntimeClient]
"""Returns a client that waits for so many seconds."""


class Endpoint:
    """Asks one endpoint.

    Args:
        name: The endpoint's name.
        clients: Makes clients that do not retry.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self, name: str, clients: Clients, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._name = name
        self._clients = clients
        self._sleep = sleep

    def ask(self, rows: Sequence[Row], inference_id: str, budget: Budget) -> Answer:
        """Return the model's answer to `rows`.

        Args:
            rows: What is asked, one at least.
            inference_id: Id that is kept with what the endpoint captures, at most 64 characters.
            budget: Bounds the attempts; one is made whatever is left, and waits a second at least.

        Raises:
            RefusedError: 502 when the model cannot answer this, or not so that it makes sense; 503
                when there is no endpoint, or it was busy or did not answer in time.
        """
        body = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()
        longest_pause = _FIRST_PAUSE_SECONDS
        while True:
            seconds = max(_SHORTEST_ATTEMPT_SECONDS, int(budget.left()))
            try:
                return read_answer(self._invoke(body, inference_id, seconds), len(rows))
            except (ClientError, *NO_ANSWER) as error:
                if not will_pass(error):
                    self._refuse(error)
                pause = random.uniform(0, longest_pause)  # noqa: S311 -- spreads clients over time
                if budget.left() < pause + _SHORTEST_ATTEMPT_SECONDS:
                    raise self._busy(error) from error
                logger.info("endpoint asked again", error=str(error), seconds_left=budget.left())
            self._sleep(pause)
            longest_pause = min(2 * longest_pause, _LONGEST_PAUSE_SECONDS)

    def _invoke(self, body: bytes, inference_id: str, seconds: int) -> tuple[bytes, str]:
        """Return the answer, and the production variant that gave it."""
        answer = self._clients(seconds).invoke_endpoint(
            EndpointName=self._name,
            ContentType=JSON_LINES,
            Accept=JSON,
            InferenceId=inference_id,
            Body=body,
        )
        with answer["Body"] as stream:
            return stream.read(), answer.get("InvokedProductionVariant", "")

    def _busy(self, error: Exception) -> RefusedError:
        logger.warning("endpoint did not answer in time", error=str(error))
        reason = error_code(error) if isinstance(error, ClientError) else "no answer"
        return unavailable(
            "endpoint-busy",
            f"the endpoint {self._name} did not answer in time ({reason}); it may be starting or "
            "overloaded. Ask again later",
            _RETRY_BUSY_SECONDS,
        )

    def _refuse(self, error: Any) -> NoReturn:
        """Raise what an answer means that stays the same however often it is asked for."""
        logger.warning("endpoint refused", error=str(error))
        code, text = error_code(error), error.response.get("Error", {}).get("Message", "")
        if code == MODEL_ERROR:
            raise _model_refusal(error.response) from error
        if code == "ValidationError" and "not found" in text.lower():
            raise unavailable(
                "no-endpoint",
                f"there is no endpoint {self._name} yet: approve a model package, and the release "
                "creates it",
                _RETRY_MISSING_SECONDS,
            ) from error
        raise RefusedError(
            HTTPStatus.BAD_GATEWAY,
            "endpoint-refused",
            f"the endpoint {self._name} refused to be asked ({code}); the function's log says why",
        ) from error


def _model_refusal(response: Any) -> RefusedError:
    """Return the refusal that an error of the model's container becomes."""
    status = int(response.get("OriginalStatusCode", HTTPStatus.INTERNAL_SERVER_ERROR))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return RefusedError(
            HTTPStatus.BAD_GATEWAY,
            "model-failed",
            "the model failed on this request; the endpoint's log says why",
        )
    return RefusedError(
        HTTPStatus.BAD_GATEWAY,
        "model-refused",
        "the model does not accept what honours the contract of requests; it was trained under "
        f"another one: release a model of this contract. It says: "
        f"{str(response.get('OriginalMessage', ''))[:_SHOWN_CHARACTERS]}",
    )
