"""Serves one model in the image's interpreter, as the images' own servers do.

Run as a script there, so it uses the standard library only. The user's module has the functions
`model_fn(model_dir)`, and either `transform_fn(model, data, content_type, accept)` or
`input_fn(data, content_type)`, `predict_fn(data, model)`, `output_fn(prediction, accept)`.
https://github.com/aws/sagemaker-containers, src/sagemaker_containers/_transformer.py
"""

import argparse
import http
import importlib
import json
import os
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

JSON = "application/json"
CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
# What reaches the user's functions as text; all else reaches them as bytes.
_TEXT_TYPES = {JSON, "text/csv"}
_ERRORS = range(400, 600)


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    content_type: str
    body: bytes
    custom_attributes: str = ""


class Served:
    """The user's module with its model loaded."""

    def __init__(self, module: Any, model_dir: str) -> None:
        own = {
            name: getattr(module, name, None) for name in ("input_fn", "predict_fn", "output_fn")
        }
        self._transform = getattr(module, "transform_fn", None)
        if self._transform and any(own.values()):
            raise ValueError(
                "Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn"
            )
        self._input = own["input_fn"] or _unsupported
        self._predict = own["predict_fn"] or (lambda data, model: model.predict(data))
        self._output = own["output_fn"] or _unsupported
        self._model = module.model_fn(model_dir)
        # The images' servers handle one request at a time in each process.
        self._turn = threading.Lock()

    def respond(self, body: bytes, content_type: str, accept: str) -> Answer:
        """Return the answer to one request, whatever happens."""
        data = body.decode(errors="replace") if content_type in _TEXT_TYPES else body
        try:
            with self._turn:
                if self._transform:
                    result = self._transform(self._model, data, content_type, accept)
                else:
                    prediction = self._predict(self._input(data, content_type), self._model)
                    result = self._output(prediction, accept)
            return _as_answer(result, accept)
        except Exception as error:  # noqa: BLE001 -- the user's code may raise anything
            return _refusal(error)


def _unsupported(_: Any, content_type: str) -> Any:
    raise ValueError(f"Content type {content_type} is not supported: the module does not handle it")


def _as_answer(result: Any, accept: str) -> Answer:
    """Return a result as an answer: text, bytes, `(text, content type)`, or a response object."""
    status = http.HTTPStatus.OK.value
    if hasattr(result, "get_data") and hasattr(result, "status_code"):  # a response of Flask
        custom = getattr(result, "headers", {}).get(CUSTOM_ATTRIBUTES, "")
        return Answer(result.status_code, result.mimetype, result.get_data(), custom)
    body, content_type = result if isinstance(result, tuple) else (result, accept)
    return Answer(status, content_type, body if isinstance(body, bytes) else str(body).encode())


def _refusal(error: Exception) -> Answer:
    """Return the status that an error carries, else 500 without its text, which is in the log."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status in _ERRORS:
        body = {"error": str(getattr(error, "message", error))}
        return Answer(status, JSON, json.dumps(body).encode())
    traceback.print_exception(error)
    status = http.HTTPStatus.INTERNAL_SERVER_ERROR
    return Answer(status.value, "text/plain", status.phrase.encode())


class Handler(BaseHTTPRequestHandler):
    """The two routes of a container."""

    protocol_version = "HTTP/1.1"
    # Answers go out whole: a body that follows its headers would wait for their confirmation.
    wbufsize = -1
    served: Served
    default_accept: str

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        """Log no requests: a health check is made before every one of them."""

    def do_GET(self) -> None:  # noqa: N802 -- the base class's name
        """Answer a health check."""
        self._send(Answer(http.HTTPStatus.OK.value, JSON, b""))

    def do_POST(self) -> None:  # noqa: N802 -- the base class's name
        """Answer an invocation."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        accept = self.headers.get("Accept") or "*/*"
        self._send(
            self.served.respond(
                body,
                self.headers.get("Content-Type") or JSON,
                self.default_accept if accept == "*/*" else accept,
            )
        )

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.custom_attributes:
            self.send_header(CUSTOM_ATTRIBUTES, answer.custom_attributes)
        self.end_headers()
        self.wfile.write(answer.body)


def main() -> None:
    """Load the model and serve it; the port is in a file once it answers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, help="file name of the user's module")
    parser.add_argument("--code", required=True, help="folder of the user's module")
    parser.add_argument("--model", required=True, help="folder of the model")
    parser.add_argument("--port-file", type=Path, required=True, help="where the port is written")
    options = parser.parse_args()
    sys.path.insert(0, options.code)
    module = importlib.import_module(options.program.removesuffix(".py"))
    Handler.served = Served(module, options.model)
    Handler.default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    partial = options.port_file.with_suffix(".partial")
    partial.write_text(str(server.server_port))
    partial.rename(options.port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
