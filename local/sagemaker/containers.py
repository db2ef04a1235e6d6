"""What stands for a container: a folder in place of /opt/ml, an interpreter, an environment."""

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from local.sagemaker.errors import JobFailedError
from local.sagemaker.settings import Settings

# The path as a word or the beginning of one: in `--data=/opt/ml/x` and `a:/opt/ml/x` as well,
# not in `/mnt/opt/ml` or `/opt/mlx`.
_ROOT = re.compile(r"(?<![\w./-])/opt/ml(?=/|$|[^\w.-])")
_INTERPRETERS = {"python", "python3"}

# As the images of AWS set them.
_IMAGE_VARIABLES = {
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONIOENCODING": "utf-8",
    "PYTHONUNBUFFERED": "1",
    # A second OpenMP thread per process thrashes a small machine.
    "OMP_NUM_THREADS": "1",
}
# As the image sagemaker-xgboost sets them, whatever runs in it.
_IMAGE_PATHS = {
    "SM_INPUT": "/opt/ml/input",
    "SM_INPUT_DATA_CONFIG_FILE": "/opt/ml/input/config/inputdataconfig.json",
    "SM_INPUT_TRAINING_CONFIG_FILE": "/opt/ml/input/config/hyperparameters.json",
    "SM_MODEL_DIR": "/opt/ml/model",
}


class Container:
    """One container's files and way of starting programs.

    Attributes:
        root: Folder that stands for /opt/ml.
        interpreter: The image's Python.
    """

    def __init__(self, settings: Settings, folder: Path, image: str, *, keep: bool = False) -> None:
        """Make its folder.

        Args:
            settings: Where caches go and which interpreter stands for which image.
            folder: The container's own.
            image: URI of the image.
            keep: Whether what the folder holds already stays there.

        Raises:
            JobFailedError: nothing stands for the image.
        """
        self._settings = settings
        self.interpreter = interpreter_of(settings, image)
        self.root = folder / "ml"
        self._temporary = folder / "tmp"
        # The programs' own, so that they find no settings or credentials of whoever runs this;
        # one for all, because it holds caches that are slow to make.
        self._home = settings.folder / "home"
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
        for path in (self.root, self._temporary, self._home):
            path.mkdir(parents=True, exist_ok=True)

    def path(self, inside: str) -> Path:
        """Return where a path of the container is."""
        return Path(self.reroot(inside))

    def make(self, *inside: str) -> None:
        """Make folders, given relative to /opt/ml."""
        for path in inside:
            self.root.joinpath(path).mkdir(parents=True, exist_ok=True)

    def write_json(self, inside: str, content: Any) -> None:
        """Write a file, given relative to /opt/ml."""
        file = self.root / inside
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))

    def reroot(self, text: str) -> str:
        """Return a text with every path below /opt/ml as it is here."""
        return _ROOT.sub(lambda _: str(self.root), text)

    def command(self, entrypoint: Sequence[str], arguments: Iterable[str]) -> list[str]:
        """Return the command that a container would run, as it runs here."""
        program, *rest = entrypoint
        if program in _INTERPRETERS:
            program = str(self.interpreter)
        return [self.reroot(word) for word in (program, *rest, *arguments)]

    def environment(
        self, given: Mapping[str, str], *, role: str = "", isolated: bool = False
    ) -> dict[str, str]:
        """Return all variables of a program: nothing of this process's but its path.

        Args:
            given: The request's variables.
            role: ARN of the role whose credentials the program gets.
            isolated: Whether it gets no credentials, as without network it could use none.
        """
        search = f"{self.interpreter.parent}:{os.environ.get('PATH', os.defpath)}"
        return {
            **_IMAGE_VARIABLES,
            **{name: self.reroot(value) for name, value in _IMAGE_PATHS.items()},
            "PATH": search,
            "HOME": str(self._home),
            "TMPDIR": str(self._temporary),
            **({} if isolated else client_variables(self._settings, role)),
            **{name: self.reroot(value) for name, value in given.items()},
        }


def interpreter_of(settings: Settings, image: str) -> Path:
    """Return the interpreter that stands for an image.

    Raises:
        JobFailedError: none does, in the words of AWS about an image that cannot be pulled; or it
            is not installed.
    """
    registry, slash, rest = image.partition("/")
    name = rest if slash and ("." in registry or ":" in registry) else image
    try:
        interpreter = settings.images[name if ":" in name else f"{name}:latest"]
    except KeyError:
        known = ", ".join(sorted(settings.images)) or "none"
        raise JobFailedError(
            "ClientError: Cannot pull algorithm container. Either the image does not exist or its "
            f"permissions are incorrect. (Image {image}; locally there are: {known})"
        ) from None
    if not interpreter.exists():
        raise JobFailedError(
            f"ClientError: the environment that stands for {name} is missing ({interpreter}): run "
            "`make setup`"
        )
    return interpreter


def client_variables(settings: Settings, role: str) -> dict[str, str]:
    """Return the variables that make a program a client of the cloud in a role's name."""
    token = session_token(role)
    return {
        "AWS_ENDPOINT_URL": settings.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        **({"AWS_SESSION_TOKEN": token} if token else {}),
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def session_token(role: str) -> str:
    """Return the token by which the cloud sees in whose name a request is made, "" for nobody's."""
    return f"role/{role.rpartition('/')[2]}" if role else ""
