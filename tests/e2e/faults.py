"""Puts `faulty_handler` into the deployed function, and takes it out again."""

import io
import json
import threading
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.processes import wait_until
from tests.cloud import eventually
from tests.e2e.lake import PATIENCE_SECONDS, Lake

HANDLER = Path(__file__).with_name("faulty_handler.py")


@dataclass(frozen=True, slots=True)
class Faults:
    """What can be done to the function.

    Attributes:
        lake: Whose function.
        folder: Where faults are laid down.
    """

    lake: Lake
    folder: Path

    def prepare(self, point: str, message_part: str) -> None:
        """Let the message with `message_part` be struck once at `point`."""
        (self.folder / point).write_text(message_part)

    def await_strike(self, point: str) -> None:
        """Wait until the fault has struck."""
        eventually(
            lambda: not (self.folder / point).exists(),
            f"the fault {point} has struck",
            seconds=PATIENCE_SECONDS,
        )

    @contextmanager
    def starved(self, slots: int) -> Iterator[None]:
        """Use up the function's concurrency until the end of the block, as other callers would."""
        holds = [self.folder / f"hold-{slot}" for slot in range(slots)]
        holders = [threading.Thread(target=self._hold, args=(hold,)) for hold in holds]
        for holder in holders:
            holder.start()
        try:
            for hold in holds:
                eventually(hold.exists, f"{hold.name} has its slot", seconds=PATIENCE_SECONDS)
            yield
        finally:
            for hold in holds:
                hold.unlink(missing_ok=True)
            for holder in holders:
                holder.join()

    def _hold(self, hold: Path) -> None:
        client = self.lake.cloud.client("lambda", config=Config(retries={"total_max_attempts": 1}))

        def has_begun() -> bool:
            with suppress(client.exceptions.TooManyRequestsException):  # a batch has the slot yet
                client.invoke(
                    FunctionName=self.lake.function_name,
                    Payload=json.dumps({"hold": hold.name}).encode(),
                )
                return True
            return False

        with suppress(BotoCoreError, ClientError):  # the cloud was restarted under it
            wait_until(has_begun, seconds=PATIENCE_SECONDS)


@contextmanager
def faulty(lake: Lake, folder: Path) -> Iterator[Faults]:
    """Run the function's code under a handler with faults, until the end of the block."""
    client = lake.cloud.client("lambda")
    deployed = client.get_function(FunctionName=lake.function_name)
    with urllib.request.urlopen(deployed["Code"]["Location"]) as answer:  # noqa: S310 -- loopback
        code = answer.read()
    configuration = deployed["Configuration"]
    variables = configuration["Environment"]["Variables"]
    _change(
        lake,
        _with_handler(code),
        Handler=f"{HANDLER.stem}.lambda_handler",
        Environment={"Variables": variables | {"FAULTS_FOLDER": str(folder)}},
    )
    try:
        yield Faults(lake, folder)
    finally:
        _change(
            lake,
            code,
            Handler=configuration["Handler"],
            Environment={"Variables": variables},
        )


def _with_handler(code: bytes) -> bytes:
    archive = io.BytesIO(code)
    with zipfile.ZipFile(archive, "a") as target:
        target.write(HANDLER, HANDLER.name)
    return archive.getvalue()


def _change(lake: Lake, code: bytes, **configuration: Any) -> None:
    client, name = lake.cloud.client("lambda"), lake.function_name
    waiter = client.get_waiter("function_updated_v2")
    client.update_function_code(FunctionName=name, ZipFile=code)
    waiter.wait(FunctionName=name, WaiterConfig={"Delay": 1})
    client.update_function_configuration(FunctionName=name, **configuration)
    waiter.wait(FunctionName=name, WaiterConfig={"Delay": 1})
