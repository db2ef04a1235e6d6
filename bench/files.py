"""How fast files are read, and that no bad row gets through or is lost."""

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from bench import flights, peers
from bench.flights import MEGABYTE
from bench.measuring import cpu_seconds, in_turns
from bench.ours import ingest
from bench.results import Bound, Line
from bench.workshop import Workshop
from config import ENVIRONMENTS
from contracts.errors import FileRejectedError
from contracts.files import FileFormat
from lambdas.ingest.staging import StagedFiles

SIZE = 10 * MEGABYTE
BAD_SHARE = 0.01
REPETITIONS = 9
REPETITIONS_WITH_PANDAS = 5
REPETITIONS_OF_FIT = 3
# Per cent of the timeout: a tenth is kept back, and a Lambda vCPU may be a third as fast.
WITHIN_DEADLINE = 90
WITHIN_SLOW_DEADLINE = 30

Job = Callable[[Path, Path], object]


def csv(workshop: Workshop) -> Iterator[Line]:
    """Validated CSV to Parquet, beside plain pyarrow and pandas, on one thread."""
    pa.set_cpu_count(1)
    good = flights.write_csv(workshop.folder / "good.csv", SIZE)
    bad, _ = _spoilt(workshop.folder, BAD_SHARE, FileFormat.CSV)
    workshop.say(f"10 MB of CSV, {REPETITIONS} times: ours, plain pyarrow")
    near = in_turns({"ours": _run(ingest, good), "peer": _run(peers.plain_pyarrow, good)},
                    REPETITIONS)  # fmt: skip
    # pandas in a race of its own: it leaves the allocator and the caches in another state.
    workshop.say(f"10 MB of CSV, {REPETITIONS_WITH_PANDAS} times: ours, pandas, also with bad rows")
    far = in_turns(
        {
            "ours": _run(ingest, good),
            "peer": _run(peers.pandas_path, good),
            "ours, bad": _run(ingest, bad),
            "peer, bad": _run(peers.pandas_path, bad),
        },
        REPETITIONS_WITH_PANDAS,
    )
    yield Line(
        what="CSV to Parquet, 10 MB, CPU, against plain pyarrow",
        ours=_speed(near["ours"]),
        peer=f"unchecked typed pyarrow {_speed(near['peer'])}",
        figure=near["ours"] / near["peer"],
        unit="× its CPU",
        goal=Bound(1.5),
    )
    yield Line(
        what="CSV to Parquet, 10 MB, CPU, against pandas",
        ours=_speed(far["ours"]),
        peer=f"pandas with equal rules {_speed(far['peer'])}",
        figure=far["peer"] / far["ours"],
        unit="× as fast",
        must=Bound(5, is_floor=True),
    )
    yield Line(
        what="the same with 1 % bad rows",
        ours=_speed(far["ours, bad"]),
        peer=f"pandas with equal rules {_speed(far['peer, bad'])}",
        figure=far["peer, bad"] / far["ours, bad"],
        unit="× as fast",
    )


def json_lines(workshop: Workshop) -> Iterator[Line]:
    """JSON Lines to Parquet, beside decoding alone, which nothing in Python can avoid."""
    pa.set_cpu_count(1)
    good, _ = _spoilt(workshop.folder, 0, FileFormat.JSON_LINES)
    bad, _ = _spoilt(workshop.folder, BAD_SHARE, FileFormat.JSON_LINES)
    workshop.say(f"10 MB of JSON Lines, {REPETITIONS_WITH_PANDAS} times: ours, decoding alone")
    seconds = in_turns(
        {
            "ours": _run(ingest, good),
            "peer": _run(_decode, good),
            "ours, bad": _run(ingest, bad),
        },
        REPETITIONS_WITH_PANDAS,
    )
    for what, name in (("JSON Lines to Parquet, 10 MB, CPU", "ours"),
                       ("the same with 1 % bad rows", "ours, bad")):  # fmt: skip
        yield Line(
            what=what,
            ours=_speed(seconds[name]),
            peer=f"json.loads alone {_speed(seconds['peer'])}",
            figure=seconds[name] / seconds["peer"],
            unit="× its CPU",
        )


def quarantine(workshop: Workshop) -> Iterator[Line]:
    """Every injected bad row must be found, with its line, reason and column, and no other."""
    for file_format in FileFormat:
        workshop.say(f"bad rows injected into 10 MB of {file_format.name}")
        path, faults = _spoilt(workshop.folder, BAD_SHARE, file_format)
        with tempfile.TemporaryDirectory(dir=workshop.folder) as folder:
            found = _quarantined(ingest(path, Path(folder)))
        hits = len(set(found) & set(faults))
        strangers = len(set(found) - set(faults))
        yield Line(
            what=f"bad rows quarantined with line and reason, {file_format.value}",
            ours=f"{hits:,}, and {strangers} good ones",
            peer=f"{len(faults):,} injected",
            figure=100 * hits / len(faults) - 100 * strangers,
            unit="%",
            must=Bound(100, is_floor=True),
        )


def fit(workshop: Workshop) -> Iterator[Line]:
    """The largest file that is accepted must be read within the function's timeout."""
    pa.set_cpu_count(1)
    cases = {
        (file_format, share): _spoilt(workshop.folder, share, file_format)[0]
        for share in (0, 1)
        for file_format in FileFormat
    }
    workshop.say("time for the largest file that is accepted")
    seconds = in_turns(
        {case: _run(_try_ingest, path) for case, path in cases.items()}, REPETITIONS_OF_FIT
    )
    for name, environment in ENVIRONMENTS.items():
        limit = environment.ingestion
        for (file_format, is_bad), path in cases.items():
            longest = limit.max_file_bytes * seconds[file_format, is_bad] / path.stat().st_size
            yield Line(
                what=f"largest file in {name}, {limit.max_file_bytes >> 20} MiB of {file_format}"
                + ", every row bad" * is_bad,
                ours=f"{longest:.1f} s here",
                peer=f"timeout {limit.timeout_seconds} s",
                figure=100 * longest / limit.timeout_seconds,
                unit="% of it",
                must=None if is_bad else Bound(WITHIN_DEADLINE),
                goal=Bound(WITHIN_DEADLINE if is_bad else WITHIN_SLOW_DEADLINE),
            )


def _spoilt(
    folder: Path, share: float, file_format: FileFormat
) -> tuple[Path, list[flights.Fault]]:
    path = folder / f"bad-{share}.{file_format.value}"
    data, faults = flights.spoil(flights.lines_of(SIZE, file_format), share, file_format)
    path.write_bytes(data)
    return path, faults


def _run(job: Job, source: Path) -> Callable[[], float]:
    """Return a measure of `job`, which gets an empty folder each time."""

    def measure() -> float:
        with tempfile.TemporaryDirectory(dir=source.parent) as folder:
            return cpu_seconds(lambda: job(source, Path(folder)))

    return measure


def _try_ingest(source: Path, folder: Path) -> None:
    try:
        ingest(source, folder)
    except FileRejectedError:
        return  # it has too many bad rows, which is known when enough of them were read


def _decode(source: Path, _folder: Path) -> None:
    with source.open("rb") as file:
        for line in file:
            json.loads(line)


def _quarantined(files: StagedFiles) -> list[flights.Fault]:
    if files.quarantine is None:
        return []
    rows = map(json.loads, files.quarantine.read_text().splitlines())
    return [flights.Fault(row["line"], row["reason"], row["column"]) for row in rows]


def _speed(seconds: float) -> str:
    return f"{SIZE / MEGABYTE / seconds:,.0f} MB/s"
