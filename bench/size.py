"""How memory and time grow with the size of a file; each run in a fresh process."""

from collections.abc import Iterator

from bench import flights
from bench.flights import MEGABYTE
from bench.measuring import Child, run_python
from bench.results import Bound, Line
from bench.workshop import Workshop

SIZES_MB = (1, 10, 100, 500)
PEER_MB = 100
MUST_MB = 600
# Of the largest to the smaller ones: "constant", with room for what allocators do.
CONSTANT = 1.2
CONSTANT_FROM_MB = 100  # smaller files do not fill the writer's buffers


def size(workshop: Workshop) -> Iterator[Line]:
    """Peak memory at each size, and CPU time per MB."""
    children = {}
    for megabytes in SIZES_MB:
        workshop.say(f"{megabytes} MB of CSV in a fresh process")
        children[megabytes] = _child(workshop, "ours", megabytes)
    workshop.say(f"{PEER_MB} MB of CSV with pandas, in a fresh process")
    pandas = _peak_mb(_child(workshop, "pandas", PEER_MB))
    workshop.say(f"{PEER_MB} MB of CSV with plain pyarrow, in a fresh process")
    pyarrow = _peak_mb(_child(workshop, "pyarrow", PEER_MB))
    for megabytes, child in children.items():
        is_peers = megabytes == PEER_MB
        yield Line(
            what=f"peak memory, {megabytes} MB of CSV",
            ours=f"{_peak_mb(child):,.0f} MB",
            peer=f"pandas {pandas:,.0f} MB, plain pyarrow {pyarrow:,.0f} MB" if is_peers else "",
            figure=_peak_mb(child),
            unit="MB",
            must=Bound(MUST_MB),
        )
    yield Line(
        what=f"peak memory, growth from {CONSTANT_FROM_MB} to {SIZES_MB[-1]} MB",
        ours=f"{_peak_mb(children[SIZES_MB[-1]]):,.0f} MB",
        peer=f"{_peak_mb(children[CONSTANT_FROM_MB]):,.0f} MB at {CONSTANT_FROM_MB} MB",
        figure=_peak_mb(children[SIZES_MB[-1]]) / _peak_mb(children[CONSTANT_FROM_MB]),
        unit="×",
        goal=Bound(CONSTANT),
    )
    for megabytes, child in children.items():
        yield Line(
            what=f"CPU per MB, {megabytes} MB of CSV",
            ours=f"{child.output['cpu_seconds']:.2f} s",
            figure=1000 * child.output["cpu_seconds"] / megabytes,
            unit="ms/MB",
        )


def _child(workshop: Workshop, name: str, megabytes: int) -> Child:
    path = workshop.folder / f"{megabytes}MB.csv"
    if not path.exists():
        flights.write_csv(path, megabytes * MEGABYTE)
    return run_python(["-m", "bench.one_file", name, str(path)])


def _peak_mb(child: Child) -> float:
    return float(child.output["peak_bytes"]) / MEGABYTE
