"""What a prediction takes beyond its model, layer by layer, on this machine and the local cloud.

Of AWS it says what our code adds, and nothing of AWS's own services and networks.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from bench.in_process import answer_in_process
from bench.measuring import clocked, in_turns, run_in_twin
from bench.model_server import model_server
from bench.results import Line
from bench.served import Served, ask_endpoint, ask_function, ask_nothing, event_of
from bench.workshop import Trained, Workshop
from local import LocalCloud

REPETITIONS = 31
# As many as a request may have before its log record is spilled, with room.
MANY_ROWS = 500
LAYERS = {
    "trees": "XGBoost on a matrix that is ready",
    "model": "features and trees, in process",
    "container": "the container's functions, in process",
    "server": "the model's server, over HTTP",
    "endpoint": "InvokeEndpoint",
    "predict": "the predict function's own code, in process",
    "nothing": "a function that does nothing, invoked",
    "function": "the predict function, invoked",
}
"""Each of the first five contains the one before; the last contains them all.

`predict` is handed the model's answer.
"""


def answering(workshop: Workshop) -> Iterator[Line]:
    """Ask for one flight and for many, at every layer."""
    trained = workshop.trained()
    assembly = workshop.assembly("local")
    with tempfile.TemporaryDirectory(dir=workshop.folder) as name:
        folder = Path(name)
        workshop.say("a model's server, an endpoint and the predict function")
        with (
            model_server(trained.model, folder) as ask_server,
            LocalCloud.start(state_dir=folder / "cloud") as cloud,
        ):
            served = Served.deploy(cloud, trained.model, assembly)
            for rows in (1, MANY_ROWS):
                workshop.say(f"predictions of {rows} at a time, {REPETITIONS} times each")
                body = trained.body(rows)
                seconds = _in_twin(trained, body, folder) | _outside(served, ask_server, body)
                yield from lines_of(rows, seconds)


def lines_of(rows: int, seconds: Mapping[str, float]) -> Iterator[Line]:
    """Return a line for each layer.

    Args:
        rows: In a request.
        seconds: By the clock, the least of all repetitions, for a request at each of `LAYERS`.
    """
    what = "one flight" if rows == 1 else f"{rows} flights at a time"
    for layer, description in LAYERS.items():
        yield Line(
            what=f"{what}: {description}",
            ours=f"{1000 * seconds[layer]:,.1f} ms",
            peer=f"{rows / seconds[layer]:,.0f} flights/s",
            figure=seconds[layer] / seconds["model"],
            unit="× the model in process",
        )


def _in_twin(trained: Trained, body: bytes, folder: Path) -> dict[str, float]:
    file = folder / "body.jsonl"
    file.write_bytes(body)
    clock: dict[str, float] = run_in_twin("answering", str(trained.model), str(file))["clock"]
    return clock


def _outside(served: Served, ask_server: Callable[[bytes], bytes], body: bytes) -> dict[str, float]:
    runtime, lambdas, event = served.runtime(), served.lambdas(), event_of(body)
    actions: dict[str, Callable[[], object]] = {
        "server": partial(ask_server, body),
        "endpoint": partial(ask_endpoint, runtime, body),
        "predict": partial(answer_in_process, event, ask_server(body)),
        "nothing": partial(ask_nothing, lambdas),
        "function": partial(ask_function, lambdas, event),
    }
    for action in actions.values():
        action()  # the first of each pays for starts that the others do not
    return in_turns(
        {name: partial(clocked, action) for name, action in actions.items()},
        REPETITIONS,
        choose=min,
    )
