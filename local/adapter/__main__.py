"""The emulator's process: MiniStack with our seams, served until it is asked to end."""

import argparse
import asyncio
import logging
import os
import resource
import signal
import sys
import threading
from pathlib import Path

from hypercorn.asyncio import serve  # type: ignore[import-not-found]
from hypercorn.config import Config  # type: ignore[import-not-found]
from ministack.app import app

from local.adapter import (
    alarms,
    calls,
    composite_alarms,
    denials,
    functions,
    layers,
    log_events,
    metrics,
    notifications,
    outputs,
    queries,
    query_definitions,
    queues,
    sagemaker,
    sagemaker_resources,
    scaling,
    schedules,
    stack_interruptions,
    stack_operations,
    storage,
    workflows,
)

logger = logging.getLogger("local.adapter")

# How long invocations may go on after the end was asked for, still answered by the emulator.
DRAIN_SECONDS = 3.0
_KEEP_ALIVE_SECONDS = 75


def main() -> None:
    """Serve until SIGTERM (or until standard input closes, when asked to)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--end-with-stdin", action="store_true")
    options = parser.parse_args()
    time_scale = float(os.environ["TIME_SCALE"])
    for seam in (
        metrics,
        functions,
        queues,
        storage,
        alarms,
        outputs,
        stack_operations,
        stack_interruptions,
        sagemaker_resources,
        scaling,
        queries,
        composite_alarms,
        query_definitions,
        log_events,
        notifications,
    ):
        seam.install()
    for scaled in (workflows, schedules):
        scaled.install(time_scale)
    layers.install(options.state_dir)
    sagemaker.install(options.state_dir, int(os.environ["GATEWAY_PORT"]), time_scale)
    denials.install()
    calls.install(options.state_dir)
    if options.end_with_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True, name="parent-watch").start()
    _allow_many_connections()
    asyncio.run(_serve(time_scale))


def _end_with_stdin() -> None:
    """Ask this process to end when the parent's end of the pipe closes, however it ended."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _allow_many_connections() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _serve(time_scale: float) -> None:
    asked_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_end.set)

    async def until_drained() -> None:
        await asked_to_end.wait()
        # Jobs would be interrupted anyway, and what their ends set off as well.
        await asyncio.to_thread(sagemaker.close)
        await asyncio.to_thread(functions.drain, DRAIN_SECONDS)

    config = Config()
    config.bind = [f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"]
    config.keep_alive_timeout = _KEEP_ALIVE_SECONDS
    config.graceful_timeout = 1
    ticker = threading.Thread(target=alarms.run, args=(time_scale,), daemon=True, name="alarms")
    ticker.start()
    await serve(app, config, shutdown_trigger=until_drained)
    # State is saved. A custom resource that still waits for its answer would keep the
    # interpreter alive for up to an hour.
    logger.info("ended gracefully")
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
