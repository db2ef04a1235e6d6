"""What a cold start imports, with nothing on the path but the function's asset and its layer."""

import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.measuring import ROOT, Child, in_turns, run_python
from bench.results import Bound, Line
from bench.workshop import Workshop
from config.layers import Layer, LayerPlatform

REPETITIONS = 9
FORBIDDEN = frozenset({"pandas", "numpy", "scipy", "pydantic", "aws_xray_sdk", "awswrangler"})
ASSET = ("lambdas/ingest", "lambdas/shared", "schemas", "contracts")

HANDLER = "from lambdas.ingest.handler import lambda_handler"
CLIENT = "import boto3; boto3.client('s3')"
BOTH = f"{HANDLER}; from lambdas.shared.clients import s3_client; s3_client()"
CODE = """
import json, sys, time
sys.path[:0] = sys.argv[1:]
start = time.process_time()
{statement}
seconds = time.process_time() - start
print(json.dumps([seconds, sorted({{name.partition(".")[0] for name in sys.modules}})]))
"""


def cold_import(workshop: Workshop) -> Iterator[Line]:
    """Import the ingest handler, beside boto3 and its S3 client."""
    layer = Layer.ARROW.folder(LayerPlatform.HOST)
    if not layer.is_dir():
        raise FileNotFoundError(f"{layer} is missing; run `make layers`")
    path = [str(_asset(workshop.folder / "asset")), str(layer / "python")]
    roots = set(_import(HANDLER, path).output[1])
    workshop.say(f"cold imports, {REPETITIONS} times: handler, boto3 with S3 client")
    seconds = in_turns(
        {
            name: partial(_seconds, statement, path)
            for name, statement in (("handler", HANDLER), ("client", CLIENT), ("both", BOTH))
        },
        REPETITIONS,
    )
    yield Line(
        what="cold import of the ingest handler, CPU",
        ours=f"{1000 * seconds['handler']:,.0f} ms",
        peer=f"boto3 with S3 client {1000 * seconds['client']:,.0f} ms",
        figure=seconds["handler"] / seconds["client"],
        unit="×",
        must=Bound(1.6),
        goal=Bound(1.2),
    )
    yield Line(
        what="the same and an S3 client, CPU",
        ours=f"{1000 * seconds['both']:,.0f} ms",
        peer=f"boto3 with S3 client {1000 * seconds['client']:,.0f} ms",
        figure=seconds["both"] / seconds["client"],
        unit="×",
        must=Bound(1.6),
    )
    found = sorted(roots & FORBIDDEN)
    yield Line(
        what="heavy packages that the ingest handler imports",
        ours=", ".join(found) or "none",
        peer=f"none of {len(FORBIDDEN)}",
        figure=len(found),
        unit="packages",
        must=Bound(0),
    )


def _seconds(statement: str, path: list[str]) -> float:
    return float(_import(statement, path).output[0])


def _import(statement: str, path: list[str]) -> Child:
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "POWERTOOLS_METRICS_NAMESPACE": "bench",
    }
    # Isolated and without site-packages: only what is put on the path can be imported.
    return run_python(
        ["-I", "-S", "-c", CODE.format(statement=statement), *path], environment=environment
    )


def _asset(folder: Path) -> Path:
    """Copy what the function is deployed with; repository paths are kept."""
    for package in ASSET:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "lambdas" / "__init__.py", folder / "lambdas")
    return folder
