import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import LocalCloud, LocalCloudError
from local import server as server_module
from local.environment import ACCOUNT, HOST, ROOT
from local.processes import list_processes
from local.server import Server, find_free_port, port_is_free
from tests.cloud import eventually

pytestmark = pytest.mark.local_cloud


class CommandLine:
    """`python -m local` for one port and folder."""

    def __init__(self, state_dir: Path) -> None:
        self.server = Server(find_free_port(), state_dir)

    def __call__(self, command: str, *options: str) -> tuple[int, str]:
        place = ["--port", str(self.server.port), "--state-dir", str(self.server.state_dir)]
        result = subprocess.run(
            [sys.executable, "-m", "local", command, *place, *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return result.returncode, result.stdout + result.stderr


@pytest.fixture
def run(tmp_path: Path) -> Iterator[CommandLine]:
    command_line = CommandLine(tmp_path / "cloud")
    yield command_line
    command_line.server.kill()


def main_process(server: Server) -> int:
    (pid,) = [process.pid for process in server.processes() if "local.adapter" in process.command]
    return pid


def leftovers(server: Server) -> list[object]:
    """What must be gone after the end: processes, temporary files, the listener, the record."""
    mine = [p for p in list_processes() if str(server.state_dir) in p.command]
    listening = [] if port_is_free(server.port) else [server.port]
    files = [f for f in (server.state_dir / "tmp", server.state_dir / "server.json") if f.exists()]
    return [*mine, *listening, *files]


def test_up_prints_what_clients_need_and_leaves_a_running_cloud(run: CommandLine) -> None:
    status, output = run("up")

    assert status == 0
    assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{run.server.port}" in output
    assert run.server.is_healthy()
    assert run("status")[0] == 0


def test_a_second_up_uses_what_runs_already(run: CommandLine) -> None:
    run("up")
    before = main_process(run.server)

    status, output = run("up")

    assert (status, main_process(run.server)) == (0, before)
    assert "runs already" in output
    assert "export AWS_ENDPOINT_URL" in output


def test_down_leaves_nothing_and_may_be_said_twice(run: CommandLine) -> None:
    run("up")

    first, second = run("down"), run("down")

    assert first[0] == second[0] == 0
    assert "ended" in first[1]
    assert "no local cloud runs" in second[1]
    assert leftovers(run.server) == []


def test_a_port_in_use_is_named_with_the_remedy(run: CommandLine) -> None:
    with socket.socket() as other:
        other.bind((HOST, run.server.port))
        other.listen()

        status, output = run("up")
        told = run("status")[1]

    assert status == 1
    assert f"port {run.server.port} is in use by another program" in output
    assert "PORT=" in output
    assert "another program uses port" in told


def test_a_killed_server_is_recognised_and_up_starts_over(run: CommandLine) -> None:
    run("up")
    os.kill(main_process(run.server), signal.SIGKILL)
    eventually(lambda: not run.server.processes(), "the server is gone")

    status, told = run("status")
    up, output = run("up")

    assert (status, up) == (1, 0)
    assert "crashed" in told
    assert "ended without `down`" in output
    assert run.server.is_healthy()


def test_down_removes_what_a_killed_server_left(run: CommandLine) -> None:
    run("up")
    os.kill(main_process(run.server), signal.SIGKILL)
    eventually(lambda: not run.server.processes(), "the server is gone")

    assert "crashed" in run("down")[1]
    assert leftovers(run.server) == []


def test_a_recorded_id_that_belongs_to_another_program_now_is_left_alone(run: CommandLine) -> None:
    with subprocess.Popen(["/bin/sleep", "60"], start_new_session=True) as other:
        run.server.state_dir.mkdir(parents=True)
        (run.server.state_dir / "server.json").write_text(f'{{"pid": {other.pid}}}')

        status, _ = run("up")

        assert status == 0
        assert run("down")[0] == 0
        assert other.poll() is None
        other.kill()


def test_a_server_that_does_not_answer_is_said_and_ended(
    run: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "STOP_SECONDS", 0.5)
    run("up")
    os.kill(main_process(run.server), signal.SIGSTOP)

    status, told = run("status")
    up, output = run("up")

    assert (status, up) == (1, 1)
    assert "not answering" in told
    assert "half started or stuck" in output
    assert "python -m local down" in output
    assert run.server.stop() is False
    assert leftovers(run.server) == []


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho the reason >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(server_module, "INTERPRETER", broken)

    with pytest.raises(LocalCloudError, match="the reason"):
        LocalCloud.start(state_dir=tmp_path / "cloud")

    assert not (tmp_path / "cloud" / "server.json").exists()


def test_a_missing_environment_is_said_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "INTERPRETER", tmp_path / "nowhere")

    with pytest.raises(LocalCloudError, match="make setup"):
        LocalCloud.start(state_dir=tmp_path / "cloud")


@pytest.mark.parametrize("time_scale", [0, 0.5, 61, -1])
def test_a_time_scale_out_of_range_is_refused(time_scale: float, tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="TIME_SCALE must be 1 to 60"):
        LocalCloud.start(state_dir=tmp_path, time_scale=time_scale)


def test_the_cloud_ends_with_the_block_and_leaves_nothing(tmp_path: Path) -> None:
    with LocalCloud.start(state_dir=tmp_path / "cloud") as cloud:
        cloud.client("s3").create_bucket(Bucket="bucket")

    assert leftovers(cloud.server) == []


def test_the_cloud_ends_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys; from local import LocalCloud\n"
        "cloud = LocalCloud.start(state_dir=pathlib.Path(sys.argv[1]))\n"
        "print(cloud.server.port, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    parent = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "cloud")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=False,
    )
    server = Server(int(parent.stdout), tmp_path / "cloud")

    eventually(lambda: not server.processes(), "the server followed its parent")


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's table of sockets")
def test_nothing_listens_beyond_the_loopback_interface(fresh_cloud: LocalCloud) -> None:
    fresh_cloud.client("sqs").list_queues()
    pid = main_process(fresh_cloud.server)
    sockets = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    listening = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                listening.append(fields[1])

    assert listening == [f"0100007F:{fresh_cloud.server.port:04X}"]


def test_neither_server_nor_handlers_see_the_callers_aws_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")

    with LocalCloud.start(state_dir=tmp_path / "cloud") as cloud:
        server = Path(f"/proc/{main_process(cloud.server)}/environ")
        if server.exists():
            assert b"production" not in server.read_bytes()
        assert cloud.environment["AWS_SECRET_ACCESS_KEY"] == "test"
        assert "AWS_PROFILE" not in cloud.environment
        assert cloud.client("sts").get_caller_identity()["Account"] == ACCOUNT
