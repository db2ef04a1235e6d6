"""HTTP as Lambda's function URLs speak it: events of format 2.0, and what answers them.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

JSON = "application/json"


class RefusedError(Exception):
    """A request that is not answered as asked.

    Attributes:
        status: HTTP status, 4xx or 5xx.
        code: Short, stable word for the kind of refusal; programs act on it.
        message: Cause and remedy, for people.
        rows: What is wrong with which row and column.
        headers: Further headers of the answer.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        *,
        rows: tuple[Mapping[str, Any], ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.rows = rows
        self.headers = headers or {}

    def response(self) -> dict[str, Any]:
        """Return the answer that says so."""
        body: dict[str, Any] = {"error": {"code": self.code, "message": self.message}}
        if self.rows:
            body["rows"] = self.rows
        return response(self.status, body, self.headers)


def unavailable(code: str, message: str, retry_after_seconds: int) -> RefusedError:
    """Return the refusal of a request that may be answered later."""
    return RefusedError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        code,
        message,
        headers={"retry-after": str(retry_after_seconds)},
    )


def response(
    status: HTTPStatus, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return an answer in JSON."""
    return {
        "statusCode": status.value,
        "headers": {"content-type": JSON, **(headers or {})},
        "body": json.dumps(body, allow_nan=False),
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request.

    Attributes:
        method: Such as `POST`.
        path: Such as `/`.
        headers: By name in lower case.
        body: As it was sent.
    """

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Request":
        """Read an event.

        Raises:
            RefusedError: 400; the body is not the Base64 that the event says it is.
        """
        http = (event.get("requestContext") or {}).get("http") or {}
        return cls(
            method=http.get("method", ""),
            path=event.get("rawPath", ""),
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            body=_body(event.get("body") or "", is_base64=event.get("isBase64Encoded") is True),
        )

    @property
    def media_type(self) -> str:
        """What the body is, without parameters; empty when the request does not say."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def _body(text: str, *, is_base64: bool) -> bytes:
    # Half a surrogate pair is no text; it is kept, so that whoever decodes the body finds it.
    data = text.encode("utf-8", "surrogatepass")
    if not is_base64:
        return data
    try:
        return base64.b64decode(data, validate=True)
    except ValueError as error:
        raise RefusedError(
            HTTPStatus.BAD_REQUEST, "unreadable", f"the body is not Base64: {error}"
        ) from error
