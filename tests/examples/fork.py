"""A fork: a copy of the tree, in which somebody follows a document, and a cloud to deploy it to."""

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.trees import copy_tree
from local import LocalCloud
from local.environment import ROOT

ENVIRONMENT = "local"
RAIN = ROOT / "examples" / "rain"
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands_of(document: Path) -> list[str]:
    """Return the commands that a document tells people to type, in order."""
    blocks = CONSOLE.findall(document.read_text())
    return [line for block in blocks for line in block.splitlines()]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fork:
    """Somebody's repository.

    Attributes:
        tree: Its files.
        cloud: Where it is deployed to.
    """

    tree: Path
    cloud: LocalCloud

    @classmethod
    def make(cls, folder: Path, cloud: LocalCloud) -> "Fork":
        """Copy the tree to `folder`."""
        return cls(tree=copy_tree(folder), cloud=cloud)

    def follow(self, document: Path) -> None:
        """Run the commands of a document as they are written; each must succeed."""
        # The cloud runs already, on a port of its own, and ends with the test.
        ours: Mapping[str, Callable[[], object]] = {
            "make local-up deploy ENV=local": self._deploy,
            "make destroy ENV=local local-down": lambda: None,
        }
        for command in commands_of(document):
            if command in ours:
                ours[command]()
            else:
                self.run(command)

    def _deploy(self) -> None:
        self.cloud.deploy(self.tree, env=ENVIRONMENT)

    def run(self, command: str) -> str:
        """Run a command in the tree, as a shell does, and return its output; it must succeed."""
        result = subprocess.run(
            ["bash", "-c", command],  # noqa: S607
            check=False,
            cwd=self.tree,
            env=self.cloud.environment,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
        return result.stdout

    def ops(self, arguments: str) -> Any:
        """Return what a command of its operators answers."""
        return json.loads(self.run(f".venv/bin/python -m ops {arguments} --json"))
