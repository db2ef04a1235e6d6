"""Templates, synthesized in a fresh process: this one need not start the CDK."""

import json
from pathlib import Path

from bench.measuring import Child, run_python

_SYNTHESIZE = """
import json, sys
from app import build_app
build_app(sys.argv[2], outdir=sys.argv[1]).synth()
print(json.dumps(0))
"""


def synthesize(environment: str, folder: Path) -> Child:
    """Synthesize one environment into `folder`."""
    return run_python(["-c", _SYNTHESIZE, str(folder), environment])


def count_resources(folder: Path) -> int:
    """Return the number of resources in the templates of `folder`."""
    return sum(
        len(json.loads(path.read_text()).get("Resources", {}))
        for path in folder.glob("*.template.json")
    )
