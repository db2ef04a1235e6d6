"""A model's container without an endpoint around it: HTTP, and the process that answers."""

import http.client
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measuring import ROOT, TWIN
from bench.served import JSON, JSON_LINES, PACKAGE_ARN

SERVER = ROOT / "local" / "sagemaker" / "serving.py"
STARTS_SECONDS = 300
ANSWERS_SECONDS = 120
POLL_SECONDS = 0.05

Ask = Callable[[bytes], bytes]


@contextmanager
def model_server(model: Path, folder: Path) -> Iterator[Ask]:
    """Serve the model in a folder, and yield what asks it: a body in JSON Lines for an answer.

    Args:
        model: Folder of the model, as a container has it.
        folder: Where the server writes.

    Raises:
        RuntimeError: the server does not start, or refuses a request.
    """
    port_file = folder / "port"
    arguments = ["--program", "inference.py", "--code", str(model / "code"), "--model", str(model)]
    with subprocess.Popen(
        [TWIN, SERVER, *arguments, "--port-file", str(port_file)],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MODEL_PACKAGE_ARN": PACKAGE_ARN},
        stdout=subprocess.DEVNULL,
    ) as server:
        try:
            _await_port(server, port_file)
            port = int(port_file.read_text())
            yield lambda body: _ask(port, body)
        finally:
            server.terminate()


def _await_port(server: "subprocess.Popen[bytes]", port_file: Path) -> None:
    deadline = time.monotonic() + STARTS_SECONDS
    while not port_file.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the model's server does not start; what it printed says why")
        time.sleep(POLL_SECONDS)


def _ask(port: int, body: bytes) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWERS_SECONDS)
    try:
        headers = {"Content-Type": JSON_LINES, "Accept": JSON}
        connection.request("POST", "/invocations", body, headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise RuntimeError(f"the model refuses the request: {content[:1000]!r}")
    return content
