"""What every benchmark is given: a folder, and a place to say what it is doing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.assemblies import synthesize
from bench.measuring import run_in_twin
from bench.results import Line
from bench.snapshot import write_snapshot


@dataclass(frozen=True, slots=True)
class Trained:
    """What `bench.twin.half_a_year` writes.

    Attributes:
        folder: Where to.
    """

    folder: Path

    @property
    def model(self) -> Path:
        """The model's folder, as a container has it."""
        return self.folder / "model"

    def body(self, rows: int) -> bytes:
        """Return the body of a request in JSON Lines: the first flights that the model missed."""
        lines = (self.folder / "asked" / "requests" / "requests.jsonl").read_bytes().splitlines()
        return b"".join(line + b"\n" for line in lines[:rows])


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where benchmarks are run.

    Attributes:
        folder: For temporary files; the same for all benchmarks.
        say: Called with what is being measured now.
    """

    folder: Path
    say: Callable[[str], None]

    def assembly(self, environment: str) -> Path:
        """Return the folder of an environment's templates, which are synthesized only once."""
        folder = self.folder / "cdk.out" / environment
        if not folder.exists():
            self.say(f"synthesis of {environment}")
            synthesize(environment, folder)
        return folder

    def snapshot(self) -> Path:
        """Return the folder of the year's curated files, which are written only once."""
        folder = self.folder / "snapshot"
        if not folder.exists():
            self.say("ingestion of the year")
            write_snapshot(folder)
        return folder

    def trained(self) -> Trained:
        """Return a model of half a year, which is trained only once."""
        folder = self.folder / "half-a-year"
        if not folder.exists():
            snapshot = self.snapshot()
            self.say("training on half a year")
            run_in_twin("half_a_year", str(snapshot), str(folder))
        return Trained(folder)


Benchmark = Callable[[Workshop], Iterator[Line]]
