"""Writes months of the real data as files: `python -m demo.files FOLDER MONTH...`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from demo import shipments
from schemas.names import LANDING_PREFIX


def write(folder: Path, months: Sequence[str]) -> Iterator[Path]:
    """Write one file of flights per month, and the weather's files of these months.

    Args:
        folder: Gets a folder per dataset.
        months: Such as `2013-01`.

    Yields:
        Each file, once it is written.
    """
    flights: dict[str, list[str]] = {}
    for key, lines in shipments.daily_flights().items():
        month = "-".join(key.split("/")[2:4])
        if month in months:
            flights.setdefault(f"flights/{month}.csv", lines[:1]).extend(lines[1:])
    weather = {
        shipment.key.removeprefix(LANDING_PREFIX): shipment.body
        for shipment in shipments.weather_shipments()
        if "-".join(shipment.key.split("/")[2:4]) in months
    }
    bodies = {name: "\n".join([*lines, ""]).encode() for name, lines in flights.items()}
    for name, body in {**bodies, **weather}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        yield path


def main(arguments: Sequence[str]) -> int:
    """Write the months that are named."""
    folder, *months = arguments
    written = list(write(Path(folder), months))
    if not written:
        print(f"the data are of 2013; there are none of {', '.join(months)}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"{len(written)} files in {folder}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
