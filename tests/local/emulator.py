"""Code that runs in the emulator's interpreter, for what no request can show."""

import subprocess

from local.environment import ROOT
from local.server import INTERPRETER


def run(code: str) -> str:
    """Run code in the emulator's interpreter and return the last line of what it printed."""
    result = subprocess.run(
        [INTERPRETER, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return (result.stdout + result.stderr).splitlines()[-1]
