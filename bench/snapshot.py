"""The real year as trainings read it: curated by our own ingestion, laid out as a snapshot."""

import tempfile
from pathlib import Path

from bench import flights
from bench.ours import ingest
from schemas.catalog import DATASETS


def write_snapshot(folder: Path) -> None:
    """Write the curated flights and weather of 2013 to `folder`, which is made."""
    for name, content in (("flights", flights.year()), ("weather", flights.weather())):
        with tempfile.TemporaryDirectory(dir=folder.parent) as staging:
            source = Path(staging, f"{name}.csv")
            source.write_bytes(content)
            partitions = ingest(source, Path(staging), DATASETS[name]).partitions
            for path, file in partitions.items():
                partition = folder / name / path
                partition.mkdir(parents=True)
                file.rename(partition / file.name)
