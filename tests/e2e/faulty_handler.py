"""The deployed handler, with faults: this file is put beside the function's own, unchanged code.

A fault is a file named after its point in the folder `FAULTS_FOLDER`; it holds a part of the
message that it is meant for, and strikes once. A `hold` is a file, too: as long as it lies there,
the invocation that was asked to hold it takes up one of the function's execution slots.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lambdas.ingest import handler
from lambdas.shared import clients

_FOLDER = Path(os.environ["FAULTS_FOLDER"])
_process_message = handler.process_message
_processed: list[Any] = []


def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    """Process a batch as the deployed handler does, or hold an execution slot."""
    if "hold" in event:
        return _hold(_FOLDER / event["hold"])
    response = handler.lambda_handler(event, context)
    for record in event["Records"]:
        _processed[:] = [record["body"]]
        _kill_at("before-acknowledgement")()
    return response


def _hold(slot: Path) -> None:
    slot.touch()
    while slot.exists():
        time.sleep(0.05)


def _observed(message: Any, deadline: Any) -> None:
    _processed[:] = [message.body, deadline]
    _process_message(message, deadline)


def _is_struck(point: str) -> bool:
    """Return whether a fault is meant for this message at this point, and use it up."""
    fault = _FOLDER / point
    try:
        if not _processed or fault.read_text() not in _processed[0]:
            return False
        fault.unlink()
    except FileNotFoundError:
        return False
    return True


def _kill_at(point: str) -> Callable[..., None]:
    def kill(**_: Any) -> None:
        if _is_struck(point):
            os.kill(os.getpid(), signal.SIGKILL)

    return kill


def _stall(**_: Any) -> None:
    """Be so slow that only the reserve of the invocation's time is left."""
    if _is_struck("stall"):
        while not _processed[1].is_near():
            time.sleep(0.05)


handler.process_message = _observed
for _client, _event, _hook in (
    (clients.dynamodb_resource().meta.client, "after-call.dynamodb.UpdateItem", "after-begin"),
    (clients.s3_client(), "before-call.s3.PutObject", "before-put"),
    (clients.dynamodb_resource().meta.client, "before-call.dynamodb.TransactWriteItems",
     "before-commit"),
    (clients.dynamodb_resource().meta.client, "after-call.dynamodb.TransactWriteItems",
     "after-commit"),
    (clients.s3_client(), "after-call.s3.DeleteObjects", "amid-clean-up"),
):  # fmt: skip
    _client.meta.events.register(_event, _kill_at(_hook))
clients.s3_client().meta.events.register("after-call.s3.GetObject", _stall)
