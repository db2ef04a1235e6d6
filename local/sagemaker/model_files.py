"""A model's files, where the container that serves it looks for them."""

from pathlib import Path

from local.sagemaker import archives, script_mode, serving
from local.sagemaker.containers import Container
from local.sagemaker.models import ServedModel
from local.sagemaker.world import World

_SERVING = Path(serving.__file__)


def install(world: World, folder: Path, served: ServedModel) -> None:
    """Put model and code where the container looks for them.

    Args:
        world: Whose storage holds the archive, which is read as the model's role.
        folder: Of the container; see `Container`.
        served: The model.

    Raises:
        JobFailedError: an object cannot be read, or is no archive; the message says which.
    """
    container = Container(world.settings, folder, served.image)
    storage = world.storage.of_role(served.role)
    archive = folder / "model.tar.gz"
    archive.write_bytes(storage.read(served.data))
    archives.unpack(archive, container.root / "model")
    archive.unlink()
    script_mode.bring_code(
        container,
        served.code,
        container.root / "code",
        None if served.isolated else storage,
    )


def command(container: Container, program: str) -> list[str]:
    """Return the command of a process that serves what was installed, without its port file.

    Args:
        container: Of the folder that it was installed in.
        program: File name of the user's module.
    """
    return [
        # Without the script's own folder on the path: its neighbours are none of the user's
        # modules.
        str(container.interpreter), "-P", str(_SERVING),
        "--program", program,
        "--code", str(container.root / "code"),
        "--model", str(container.root / "model"),
    ]  # fmt: skip
