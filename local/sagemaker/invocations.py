"""InvokeEndpoint: which variant answers, what is measured, and what clients are told."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from local.sagemaker import fleets
from local.sagemaker.capture import Captures, Exchange
from local.sagemaker.errors import ApiError, JobFailedError
from local.sagemaker.fleets import Fleet
from local.sagemaker.model_server import Response, RetiredError
from local.sagemaker.serving import CUSTOM_ATTRIBUTES
from local.sagemaker.traffic import Routes
from local.sagemaker.variants import Variant
from local.sagemaker.world import World

NAMESPACE = "AWS/SageMaker"
MAX_BODY_BYTES = 6 * 1024 * 1024
MAX_SERVERLESS_BODY_BYTES = 4 * 1024 * 1024
MAX_INFERENCE_ID = 64
# Each further attempt takes a deployment that ends while the one before is under way.
MAX_ATTEMPTS = 3

_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the "
    "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)


class Invocation(NamedTuple):
    """What a client asks.

    Attributes:
        endpoint: Name of the endpoint.
        body: What the model is asked.
        headers: By lower-case name.
    """

    endpoint: str
    body: bytes
    headers: Mapping[str, str]

    def header(self, *names: str, default: str = "") -> str:
        """Return the first header that is there."""
        return next(filter(None, map(self.headers.get, names)), default)


class Invocations:
    """Answers requests to endpoints."""

    def __init__(self, world: World, routes: Routes, captures: Captures) -> None:
        self._world = world
        self._routes = routes
        self._captures = captures

    def invoke(self, asked: Invocation) -> tuple[dict[str, str], bytes]:
        """Return headers and body of a model's answer.

        Raises:
            ApiError: there is no such endpoint or variant, it takes no such request, or the model
                answered with an error or not at all.
        """
        inference_id = asked.header("x-amzn-sagemaker-inference-id")
        if len(inference_id) > MAX_INFERENCE_ID:
            raise _validation_error(f"InferenceId must have at most {MAX_INFERENCE_ID} characters.")
        content_type = asked.header("content-type", default="application/octet-stream")
        fleet, variant, answer = self._answer(asked, content_type)
        if fleet.capture is not None:
            exchange = Exchange(
                asked.body, content_type, answer.body, answer.content_type, inference_id
            )
            self._captures.add(fleet.capture, asked.endpoint, variant.description, exchange)
        custom = {CUSTOM_ATTRIBUTES: answer.custom_attributes} if answer.custom_attributes else {}
        return {
            "Content-Type": answer.content_type,
            "x-Amzn-Invoked-Production-Variant": variant.name,
            **custom,
        }, answer.body

    def _answer(self, asked: Invocation, content_type: str) -> tuple[Fleet, Variant, Response]:
        """Return what answered, and its answer, which is no error.

        Raises:
            ApiError: see `invoke`.
        """
        for _ in range(MAX_ATTEMPTS):
            fleet, variant = self._choose(asked)
            # What is retired has just been replaced: the next choice finds what serves now.
            with suppress(RetiredError):
                return fleet, variant, self._ask(variant, asked, content_type)
        self._measure(asked.endpoint, variant.name, None)
        raise _unavailable(f"{MAX_ATTEMPTS} times it was replaced while it was asked. Try again.")

    def _ask(self, variant: Variant, asked: Invocation, content_type: str) -> Response:
        """Return a variant's answer, which is no error.

        Raises:
            ApiError: see `invoke`.
            RetiredError: the variant's fleet has been retired.
        """
        accept = asked.header("x-amzn-sagemaker-accept", "accept", default="*/*")
        custom = asked.header(CUSTOM_ATTRIBUTES.lower())
        began = time.monotonic()
        try:
            answer = variant.invoke(asked.body, content_type, accept, custom)
        except (JobFailedError, OSError) as error:
            self._measure(asked.endpoint, variant.name, None)
            raise self._unanswered(asked.endpoint, error) from error
        self._measure(asked.endpoint, variant.name, answer, time.monotonic() - began)
        if answer.status >= _CLIENT_ERROR:
            text = answer.body.decode(errors="replace")
            raise self._model_error(asked.endpoint, answer.status, text)
        return answer

    def _choose(self, asked: Invocation) -> tuple[Fleet, Variant]:
        """Return the fleet and variant that answer a request.

        Raises:
            ApiError: there is no such endpoint or variant, or it takes no such request.
        """
        account, name = self._world.settings.account, asked.endpoint
        try:
            traffic = self._routes.find(name)
        except JobFailedError as error:
            raise self._unanswered(name, error) from error
        except ApiError:
            traffic = None
        if traffic is None or self._world.closing.is_set():
            raise _validation_error(f"Endpoint {name} of account {account} not found.")
        target = asked.header("x-amzn-sagemaker-target-variant")
        try:
            fleet, variant = traffic.choose(target)
        except KeyError:
            raise _validation_error(
                f"Variant {target} not found for endpoint {name} of account {account}."
            ) from None
        most = MAX_SERVERLESS_BODY_BYTES if variant.is_serverless else MAX_BODY_BYTES
        if len(asked.body) > most:
            # The runtime's front end says so, not the service: the status is the code.
            raise ApiError("413", f"HTTP content length exceeded {most} bytes.", 413)
        return fleet, variant

    def _measure(
        self, endpoint: str, variant: str, answer: Response | None, seconds: float = 0.0
    ) -> None:
        """Put the metrics of one invocation; one without an answer is the server's error.

        https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
        """
        status = _SERVER_ERROR if answer is None else answer.status
        values = [
            ("Invocations", 1.0, "None"),
            ("Invocation4XXErrors", float(_CLIENT_ERROR <= status < _SERVER_ERROR), "None"),
            ("Invocation5XXErrors", float(status >= _SERVER_ERROR), "None"),
        ]
        if answer is not None:
            values += [
                ("ModelLatency", answer.seconds * 1e6, "Microseconds"),
                ("OverheadLatency", max(0.0, seconds - answer.seconds) * 1e6, "Microseconds"),
            ]
        dimensions = {"EndpointName": endpoint, "VariantName": variant}
        for name, value, unit in values:
            self._world.telemetry.measured(NAMESPACE, name, value, unit, dimensions)

    def _unanswered(self, endpoint: str, error: Exception) -> ApiError:
        if isinstance(error, TimeoutError):
            return self._model_error(endpoint, 0, _TIMED_OUT)
        return _unavailable(error)

    def _model_error(self, endpoint: str, status: int, message: str) -> ApiError:
        settings = self._world.settings
        group = fleets.log_group(endpoint)
        side = "client" if _CLIENT_ERROR <= status < _SERVER_ERROR else "server"
        return ApiError(
            "ModelError",
            f'Received {side} error ({status}) from primary with message "{message}". See '
            f"https://{settings.region}.console.aws.amazon.com/cloudwatch/home?region="
            f"{settings.region}#logEventViewer:group={group} in account {settings.account} "
            "for more information.",
            424,
            {
                "OriginalStatusCode": status,
                "OriginalMessage": message,
                "LogStreamArn": f"arn:aws:logs:{settings.region}:{settings.account}:"
                f"log-group:{group}",
            },
        )


def _validation_error(message: str) -> ApiError:
    return ApiError("ValidationError", message)


def _unavailable(reason: object) -> ApiError:
    return ApiError("ServiceUnavailable", f"The model does not answer: {reason}", 503)


def as_http(error: ApiError) -> tuple[int, dict[str, str], bytes]:
    """Return an error as the runtime service answers it."""
    body = {"Message": error.message, **error.details}
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
    return error.status, headers, json.dumps(body).encode()
