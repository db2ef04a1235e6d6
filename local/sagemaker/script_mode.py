"""What the images of AWS run when a job names no entrypoint of its own: a module of the user's.

The variable `SAGEMAKER_PROGRAM` names it, or the hyperparameter `sagemaker_program`; where it is,
only the hyperparameter `sagemaker_submit_directory` says: in training, the variable of that name
is not heeded. A tuning job has no other way, because its definition of training jobs takes no
entrypoint.
https://github.com/aws/sagemaker-containers, src/sagemaker_containers/_env.py and _files.py
"""

import json
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.sagemaker import archives
from local.sagemaker.containers import Container
from local.sagemaker.errors import JobFailedError, not_implemented
from local.sagemaker.storage import RoleStorage

PROGRAM = "sagemaker_program"
DIRECTORY = "sagemaker_submit_directory"
_CODE = "/opt/ml/code"
# Set by tuning jobs on the training jobs that they start.
OBJECTIVE = "_tuning_objective_metric"


@dataclass(frozen=True, slots=True)
class Script:
    """How the user's script is run."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path


def check(hyperparameters: Mapping[str, str], environment: Mapping[str, str]) -> None:
    """Refuse a job that names neither an entrypoint nor a module.

    Raises:
        ApiError: it would run an algorithm of the image, which nothing here stands for.
    """
    if PROGRAM not in hyperparameters and PROGRAM.upper() not in environment:
        raise not_implemented(
            "algorithms that images contain: name a ContainerEntrypoint, or a module in the "
            f"hyperparameters {PROGRAM} and {DIRECTORY}"
        )


def prepare(
    container: Container,
    hyperparameters: Mapping[str, str],
    environment: Mapping[str, str],
    *,
    channels: Sequence[str],
    storage: RoleStorage | None,
) -> Script:
    """Unpack the script and return how it is run.

    Args:
        container: Where it runs.
        hyperparameters: Of the job, each a JSON value.
        environment: Variables of the job.
        channels: Names of the channels.
        storage: S3 as the program may use it; None without network.

    Raises:
        JobFailedError: the code cannot be had.
    """
    values = {name: _decoded(value) for name, value in hyperparameters.items()}
    own = {
        name: value
        for name, value in sorted(values.items())
        if not name.startswith("sagemaker_") and name != OBJECTIVE
    }
    folder = container.root / "code"
    bring_code(container, str(values.get(DIRECTORY, _CODE)), folder, storage)
    program = environment.get(PROGRAM.upper()) or str(values[PROGRAM])
    arguments = [word for name, value in own.items() for word in (_option(name), str(value))]
    module = program.removesuffix(".py").replace("/", ".")
    return Script(
        container.command(["python3", "-m", module], arguments),
        _variables(container, own, arguments, channels) | {"SM_USER_ENTRY_POINT": program},
        folder,
    )


def bring_code(
    container: Container, source: str, folder: Path, storage: RoleStorage | None
) -> None:
    """Put the user's code into a folder.

    Args:
        container: Whose paths `source` may name.
        source: URI of a `tar.gz` in S3, or a folder, archive or file of the container.
        folder: Where the code goes.
        storage: S3 as the program may use it; None without network.

    Raises:
        JobFailedError: the code cannot be had.
    """
    if source.startswith("s3://"):
        if storage is None:
            raise JobFailedError(
                f"AlgorithmError: a job with network isolation cannot download {source}; put the "
                f"code into a channel and name it in {DIRECTORY}, exit code: 1"
            )
        archive = container.root.parent / "sourcedir.tar.gz"
        archive.write_bytes(storage.read(source))
        archives.unpack(archive, folder)
        return
    path = container.path(source)
    if path == folder:
        folder.mkdir(exist_ok=True)
    elif path.is_dir():
        shutil.copytree(path, folder, dirs_exist_ok=True)
    elif path.is_file() and tarfile.is_tarfile(path):
        archives.unpack(path, folder)
    elif path.is_file():
        folder.mkdir(exist_ok=True)
        shutil.copy2(path, folder)
    else:
        raise JobFailedError(f"AlgorithmError: there is no {source}, exit code: 1")


def _variables(
    container: Container,
    hyperparameters: Mapping[str, Any],
    arguments: Sequence[str],
    channels: Sequence[str],
) -> dict[str, str]:
    root = container.root
    return {
        "SM_INPUT_DIR": str(root / "input"),
        "SM_INPUT_CONFIG_DIR": str(root / "input" / "config"),
        "SM_OUTPUT_DIR": str(root / "output"),
        "SM_OUTPUT_DATA_DIR": str(root / "output" / "data"),
        "SM_MODULE_DIR": str(root / "code"),
        "SM_HOSTS": json.dumps(["localhost"]),
        "SM_CURRENT_HOST": "localhost",
        "SM_NUM_GPUS": "0",
        "SM_CHANNELS": json.dumps(sorted(channels)),
        "SM_HPS": json.dumps(hyperparameters),
        "SM_USER_ARGS": json.dumps(arguments),
        **{f"SM_CHANNEL_{name.upper()}": str(root / "input" / "data" / name) for name in channels},
        **{f"SM_HP_{name.upper()}": _text(value) for name, value in hyperparameters.items()},
    }


def _option(name: str) -> str:
    return f"--{name}" if len(name) > 1 else f"-{name}"


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
