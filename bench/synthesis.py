"""What a resource costs at synthesis, beyond what an app costs that has next to none."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.assemblies import count_resources, synthesize
from bench.measuring import in_turns, run_python
from bench.results import Bound, Line
from bench.workshop import Workshop
from config import ENVIRONMENTS

REPETITIONS = 3
NOTHING = """
import json, sys
import aws_cdk as cdk
import app
empty = cdk.App(outdir=sys.argv[1], analytics_reporting=False)
cdk.CfnWaitConditionHandle(cdk.Stack(empty, "Empty"), "Nothing")
app.add_checks(empty)
empty.synth()
print(json.dumps(0))
"""


def synth(workshop: Workshop) -> Iterator[Line]:
    """Synthesize every environment in fresh processes, beside an empty app with the same checks."""
    resources: dict[str, int] = {}

    def nothing() -> float:
        with tempfile.TemporaryDirectory(dir=workshop.folder) as folder:
            return run_python(["-c", NOTHING, folder]).cpu_seconds

    def environment(name: str) -> float:
        with tempfile.TemporaryDirectory(dir=workshop.folder) as folder:
            seconds = synthesize(name, Path(folder)).cpu_seconds
            resources[name] = count_resources(Path(folder))
        return seconds

    workshop.say(f"synthesis of an empty app and of every environment, {REPETITIONS} times")
    measures = {name: partial(environment, name) for name in ENVIRONMENTS}
    seconds = in_turns({"nothing": nothing, **measures}, REPETITIONS)
    for name in ENVIRONMENTS:
        yield Line(
            what=f"synthesis of {name}, CPU beyond the fixed cost",
            ours=f"{seconds[name]:.1f} s, {resources[name]} resources",
            peer=f"an empty app {seconds['nothing']:.1f} s",
            figure=1000 * (seconds[name] - seconds["nothing"]) / resources[name],
            unit="ms/resource",
            must=Bound(60),
            goal=Bound(30),
        )
