"""A loopback proxy between a function's workers and the emulator, where calls can go wrong."""

import http.client
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from chaos.answers import call_of, error_answer
from chaos.faults import Fault, FaultPlan

_HOST = "127.0.0.1"
_UPSTREAM_SECONDS = 60
_LOOK_FOR_END_SECONDS = 0.05
# Of one connection only; `Expect` is answered here.
_HOP_HEADERS = frozenset({"connection", "expect", "host", "keep-alive", "transfer-encoding"})
_REFUSALS = frozenset({Fault.ERROR, Fault.THROTTLE})
_DONE_BUT_UNHEARD = frozenset({Fault.LOSE_ANSWER, Fault.KILL_AFTER})


class FaultProxy:
    """Passes calls on to the emulator, or lets them fail as `plan` says.

    Args:
        upstream_port: Where the emulator listens; it may be restarted meanwhile.
        plan: Which calls go wrong.
        kill: Kills the workers whose calls these are.
    """

    def __init__(self, upstream_port: int, plan: FaultPlan, kill: Callable[[], object]) -> None:
        self.plan = plan
        self._server = _Server(upstream_port, plan, kill)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            args=(_LOOK_FOR_END_SECONDS,),
            name="fault-proxy",
            daemon=True,
        )

    @property
    def endpoint_url(self) -> str:
        """The URL that workers use instead of the emulator's."""
        return f"http://{_HOST}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it; calls under way are cut."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, upstream_port: int, plan: FaultPlan, kill: Callable[[], object]) -> None:
        super().__init__((_HOST, 0), _Handler)
        self.upstream_port = upstream_port
        self.plan = plan
        self.kill = kill

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: that workers and emulator end amid a call is what this is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = call_of(self.command, self.headers.get("X-Amz-Target", ""))
        rule = self.server.plan.decide(call)
        fault = rule.fault if rule else None
        if fault is Fault.KILL_BEFORE:
            self.server.kill()
        if fault in {Fault.CUT, Fault.KILL_BEFORE}:
            self._cut()
            return
        if fault in _REFUSALS:
            assert fault  # noqa: S101 -- tells the type checker
            self._answer(*error_answer(call, fault))
            return
        try:
            answer, content = self._pass_on(body)
        except (OSError, http.client.HTTPException):
            self._cut()  # the emulator restarts
            return
        if rule and fault is Fault.SLOW:
            time.sleep(rule.delay_seconds)
        if fault is Fault.KILL_AFTER:
            self.server.kill()
        if fault in _DONE_BUT_UNHEARD:
            self._cut()
            return
        self._relay(answer, content, is_cut=fault is Fault.CUT_ANSWER)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815 -- names of the base

    def _pass_on(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        upstream = http.client.HTTPConnection(
            _HOST, self.server.upstream_port, timeout=_UPSTREAM_SECONDS
        )
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP_HEADERS}
        try:
            upstream.request(self.command, self.path, body=body or None, headers=headers)
            answer = upstream.getresponse()
            return answer, answer.read()
        finally:
            upstream.close()

    def _relay(self, answer: http.client.HTTPResponse, content: bytes, *, is_cut: bool) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_HEADERS | {"content-length"}:
                self.send_header(name, value)
        is_bodiless = self.command == "HEAD"
        length = answer.getheader("Content-Length", "0") if is_bodiless else str(len(content))
        self.send_header("Content-Length", length)
        self.end_headers()
        if is_cut:
            self.wfile.write(content[: len(content) // 2])
            self._cut()
        elif not is_bodiless:
            self.wfile.write(content)

    def _answer(self, status: int, content_type: str, content: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _cut(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
        """Say nothing: results show in the lake."""
