"""The real CDK CLI, unchanged, with the local cloud in its environment."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from local.environment import ACCOUNT, REGION, ROOT
from local.errors import LocalCloudError

Outputs = dict[str, dict[str, str]]

_LOG_TAIL_LINES = 40


def find_cli() -> Path:
    """Return the project's own CDK CLI.

    Raises:
        LocalCloudError: it is not installed, with the command that installs it.
    """
    cli = ROOT / "node_modules" / ".bin" / "cdk"
    if not cli.exists():
        raise LocalCloudError(f"the CDK CLI is missing ({cli}): run `make setup`")
    return cli


def deploy(
    source: Path, environment: Mapping[str, str], *, stacks: Iterable[str], env: str | None
) -> Outputs:
    """Bootstrap and deploy; see `LocalCloud.deploy`."""
    with tempfile.TemporaryDirectory(prefix="cdk-deploy-") as folder:
        outputs = Path(folder) / "outputs.json"
        app = _app_arguments(source, folder, env)
        _run(["bootstrap", f"aws://{ACCOUNT}/{REGION}"], environment, cwd=folder)
        command = ["deploy", *app, *_selection(stacks), "--require-approval", "never"]
        _run([*command, "--outputs-file", str(outputs)], environment, cwd=_folder_of(source))
        return json.loads(outputs.read_text()) if outputs.exists() else {}


def destroy(
    source: Path, environment: Mapping[str, str], *, stacks: Iterable[str], env: str | None
) -> None:
    """Destroy stacks; see `LocalCloud.destroy`."""
    with tempfile.TemporaryDirectory(prefix="cdk-destroy-") as folder:
        app = _app_arguments(source, folder, env)
        _run(
            ["destroy", *app, *_selection(stacks), "--force"],
            environment,
            cwd=_folder_of(source),
        )


def _selection(stacks: Iterable[str]) -> list[str]:
    return list(stacks) or ["--all"]


def _folder_of(source: Path) -> Path:
    return source if source.joinpath("cdk.json").exists() else source.parent


def _app_arguments(source: Path, folder: str, env: str | None) -> list[str]:
    if source.joinpath("manifest.json").exists():
        return ["--app", str(source.resolve())]
    if source.joinpath("cdk.json").exists():
        context = ["--context", f"env={env}"] if env else []
        return [*context, "--output", str(Path(folder) / "cdk.out")]
    raise LocalCloudError(
        f"{source} holds neither manifest.json (a synthesized assembly) nor cdk.json (an app): "
        "run `make synth`, or name the folder that does"
    )


def _run(arguments: Sequence[str], environment: Mapping[str, str], *, cwd: Path | str) -> None:
    """Run one CLI command; its output is shown only when it fails."""
    # The project's environment brings its own node; an older one of the machine would fail.
    search_path = f"{ROOT / '.venv' / 'bin'}:{environment.get('PATH', '')}"
    if not shutil.which("node", path=search_path):
        raise LocalCloudError("node is missing, which the CDK CLI needs: run `make setup`")
    command = [str(find_cli()), *arguments, "--progress", "events", "--ci", "--no-notices"]
    result = subprocess.run(
        command,
        check=False,
        cwd=cwd,
        env={**environment, "PATH": search_path, "CDK_DISABLE_VERSION_CHECK": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if result.returncode:
        tail = "\n".join(result.stdout.splitlines()[-_LOG_TAIL_LINES:])
        raise LocalCloudError(f"`cdk {arguments[0]}` failed; the end of its output:\n{tail}")
