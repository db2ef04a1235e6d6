"""Asks the predict function, as its URL would be asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError

from ops.deployment import Deployment
from ops.errors import OpsError, code_of, is_throttling
from ops.request_files import Request
from schemas.names import Output

NO_ENDPOINT = "no-endpoint"
"""Code of the refusal that no patience mends: nothing was released yet."""
_DEFAULT_PAUSE_SECONDS = 1.0
_THROTTLED_PAUSE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What the predict function replies to one request.

    Attributes:
        status: Its HTTP status.
        body: What it says.
        retry_after_seconds: When to ask again, if at all.
    """

    status: int
    body: Mapping[str, Any]
    retry_after_seconds: float

    @property
    def is_answer(self) -> bool:
        """Whether every row was answered."""
        return self.status == HTTPStatus.OK

    @property
    def is_busy(self) -> bool:
        """Whether the same request may be answered in a while."""
        return self.status == HTTPStatus.TOO_MANY_REQUESTS or (
            self.status == HTTPStatus.SERVICE_UNAVAILABLE and self.code != NO_ENDPOINT
        )

    @property
    def code(self) -> str:
        """Short word for why there is no answer."""
        return str(self.body.get("error", {}).get("code", "unknown"))

    @property
    def message(self) -> str:
        """Why there is no answer, and the remedy."""
        return str(self.body.get("error", {}).get("message", "no reason"))


def ask(deployment: Deployment, request: Request, request_id: str) -> Reply:
    """Ask for the rows of one request, once.

    Raises:
        OpsError: the function failed instead of replying.
        botocore.exceptions.BotoCoreError: Lambda did not answer.
        botocore.exceptions.ClientError: Lambda refused, and not because of too many requests.
    """
    name = deployment[Output.PREDICT_FUNCTION_NAME]
    try:
        answer = deployment.connection.functions.invoke(
            FunctionName=name, Payload=json.dumps(_event(request, request_id)).encode()
        )
    except ClientError as error:
        if is_throttling(error):
            return _throttled(error)
        raise
    document = json.loads(answer["Payload"].read())
    if answer.get("FunctionError") or "statusCode" not in document:
        raise OpsError(
            f"the function {name} failed: {document.get('errorMessage', document)}",
            f"Look at its log: `aws logs tail /aws/lambda/{name}`",
        )
    body = json.loads(document.get("body") or "{}")
    return Reply(
        status=int(document["statusCode"]),
        body=body if isinstance(body, dict) else {},
        retry_after_seconds=float(
            document.get("headers", {}).get("retry-after", _DEFAULT_PAUSE_SECONDS)
        ),
    )


def _throttled(error: ClientError) -> Reply:
    """Return what the function's URL replies when Lambda does not run the function."""
    return Reply(
        status=HTTPStatus.TOO_MANY_REQUESTS,
        body={"error": {"code": code_of(error), "message": "Lambda runs no more of it for now"}},
        retry_after_seconds=_THROTTLED_PAUSE_SECONDS,
    )


def _event(request: Request, request_id: str) -> dict[str, Any]:
    """Return the request as a function URL passes it on.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
    """
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {"content-type": request.media_type, "x-request-id": request_id},
        "requestContext": {
            "http": {
                "method": "POST",
                "path": "/",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "ops",
            },
            "routeKey": "$default",
            "stage": "$default",
        },
        "body": request.body,
        "isBase64Encoded": False,
    }
