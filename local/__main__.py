"""Command line of the supervisor: `python -m local up | down | status`."""

import argparse
import os
import shlex
import sys
from pathlib import Path

from local.cloud import LocalCloud, default_state_dir
from local.environment import DEFAULT_PORT, client_environment, endpoint_url
from local.errors import LocalCloudError
from local.server import Server, port_is_free


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status: 0 done, 1 not possible (the reason printed)."""
    options = _parser().parse_args(arguments)
    state_dir = options.state_dir or default_state_dir(options.port)
    server = Server(options.port, state_dir.resolve())
    try:
        return int(options.command(server, options))
    except LocalCloudError as error:
        sys.stderr.write(f"local cloud: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="Run the local cloud.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--port", type=int, default=int(os.environ.get("PORT", DEFAULT_PORT)), help="or PORT="
    )
    common.add_argument("--state-dir", type=Path, help="default: build/local/<port>")
    commands = parser.add_subparsers(required=True)
    up = commands.add_parser("up", parents=[common], help="start it and leave it running")
    up.add_argument("--resume", action="store_true", help="with the data of the last `down`")
    up.add_argument(
        "--time-scale",
        type=float,
        default=float(os.environ.get("TIME_SCALE", "1")),
        help="divisor of alarm periods, waits and schedules, 1-60, or TIME_SCALE=",
    )
    up.set_defaults(command=_up)
    commands.add_parser("down", parents=[common], help="end it").set_defaults(command=_down)
    commands.add_parser("status", parents=[common], help="how it is").set_defaults(command=_status)
    return parser


def _up(server: Server, options: argparse.Namespace) -> int:
    if server.processes() and server.is_healthy():
        _say(f"# the local cloud runs already at {endpoint_url(server.port)}")
    else:
        if server.was_started and not server.processes():
            _say("# a former local cloud ended without `down`; its remains are removed")
        LocalCloud.start(
            port=server.port,
            state_dir=server.state_dir,
            time_scale=options.time_scale,
            fresh=not options.resume,
            detached=True,
        )
        _say(f"# the local cloud runs at {endpoint_url(server.port)}, log: {server.log_file}")
    for name, value in client_environment(server.port).items():
        _say(f"export {name}={shlex.quote(value)}")
    return 0


def _down(server: Server, _: argparse.Namespace) -> int:
    if not server.processes():
        was_started = server.was_started
        server.kill()  # nothing runs: this removes what a crash left
        _say(
            "the local cloud had crashed; its remains are removed"
            if was_started
            else f"no local cloud runs on port {server.port}"
        )
    elif server.stop():
        _say("the local cloud ended; `up --resume` starts it again with its data")
    else:
        _say("the local cloud did not end by itself and was killed; its data is lost")
    return 0


def _status(server: Server, _: argparse.Namespace) -> int:
    down = f"end it with `python -m local down --port {server.port}`"
    if server.processes():
        healthy = server.is_healthy()
        _say(
            f"running at {endpoint_url(server.port)}"
            if healthy
            else f"started, but not answering: see {server.log_file}, or {down}"
        )
        return 0 if healthy else 1
    if server.was_started:
        _say(f"crashed: see {server.log_file}; {down}")
    elif port_is_free(server.port):
        _say(f"not running; start it with `python -m local up --port {server.port}`")
    else:
        _say(f"not running, and another program uses port {server.port}")
    return 1


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
