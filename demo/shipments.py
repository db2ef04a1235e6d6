"""What the demo sends: a real year as daily files, and damage whose outcome is known before."""

import csv
import gzip
import io
import json
import random
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from demo.real_data import source_folder
from schemas.catalog import DATASETS
from schemas.datasets import ColumnType
from schemas.names import LANDING_PREFIX

SEED = 2013
DAMAGED_FILES = 40
ROWS_DAMAGED_PER_FILE = 6
# The source holds one reading that no anemometer ever made: 1,048 mph at Newark on 12 February.
HIGHEST_CREDIBLE_WIND_MPH = 253


@dataclass(frozen=True, kw_only=True, slots=True)
class Shipment:
    """One file and what must become of it.

    Attributes:
        key: Key in the raw bucket.
        body: The file's bytes.
        rows: Records in the file; 0 when it will be rejected.
        quarantined: Reason code to number of rows that must be quarantined.
        rejection: Code with which the whole file must be rejected; None when it is curated.
    """

    key: str
    body: bytes
    rows: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)
    rejection: str | None = None


def daily_flights() -> dict[str, list[str]]:
    """Return the lines, header first, of one file per day and airport: 1,095 of them.

    Keys sort by date: `landing/flights/2013/01/31/EWR.csv`.
    """
    with zipfile.ZipFile(source_folder() / "flights.csv.zip") as archive:
        text = archive.read("flights.csv").decode()
    header, *lines = text.splitlines()
    origin = header.split(",").index("origin")
    files: dict[str, list[str]] = defaultdict(lambda: [header])
    for line in lines:
        values = line.split(",")
        year, month, day = values[:3]
        files[f"{LANDING_PREFIX}flights/{year}/{month:0>2}/{day:0>2}/{values[origin]}.csv"].append(
            line
        )
    return dict(sorted(files.items()))


def monthly_weather() -> dict[str, list[dict[str, str]]]:
    """Return the hourly records of one file per month and airport: 36 of them."""
    files: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (source_folder() / "weather.csv").open(newline="") as source:
        for record in csv.DictReader(source):
            stem = f"{record['year']}/{record['month']:0>2}/{record['origin']}"
            files[f"{LANDING_PREFIX}weather/{stem}"].append(record)
    return dict(sorted(files.items()))


def intact(key: str, lines: list[str]) -> Shipment:
    """Ship `lines` as they are."""
    return Shipment(key=key, body=_encoded(lines), rows=len(lines) - 1)


def weather_shipments() -> Iterator[Shipment]:
    """Ship the weather, LaGuardia's as JSON Lines and the others' as CSV."""
    for stem, records in monthly_weather().items():
        is_json = stem.endswith("LGA")
        yield Shipment(
            key=f"{stem}.jsonl" if is_json else f"{stem}.csv",
            body=_json_lines(records) if is_json else _csv(records),
            rows=len(records),
            quarantined=Counter("range" for record in records if _is_incredible(record)),
        )


def _is_incredible(record: Mapping[str, str]) -> bool:
    wind = record["wind_speed"]
    return wind not in DATASETS["weather"].null_values and float(wind) > HIGHEST_CREDIBLE_WIND_MPH


def _csv(records: Sequence[Mapping[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, records[0].keys(), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def _json_lines(records: Sequence[Mapping[str, str]]) -> bytes:
    return "".join(f"{json.dumps(_typed(record))}\n" for record in records).encode()


def _typed(record: Mapping[str, str]) -> dict[str, object]:
    contract = DATASETS["weather"]
    convert = {ColumnType.INT64: int, ColumnType.FLOAT64: float}
    return {
        name: None
        if value in contract.null_values
        else convert.get(contract.column(name).type, str)(value)
        for name, value in record.items()
    }


def damaged_rows(key: str, lines: list[str], generator: random.Random) -> Shipment:
    """Ship `lines` with `ROWS_DAMAGED_PER_FILE` rows broken, one for each reason."""
    names = lines[0].split(",")
    damages = {
        "type": ("dep_delay", "late"),
        "range": ("distance", "-5"),
        "domain": ("carrier", "??"),
        "missing": ("sched_dep_time", ""),
        "encoding": ("tailnum", "\udcff"),
        "ragged": ("dest", "IAH,surplus"),
    }
    broken = list(lines)
    chosen = generator.sample(range(1, len(lines)), ROWS_DAMAGED_PER_FILE)
    for index, (name, value) in zip(chosen, damages.values(), strict=True):
        values = lines[index].split(",")
        values[names.index(name)] = value
        broken[index] = ",".join(values)
    return Shipment(
        key=key, body=_encoded(broken), rows=len(lines) - 1, quarantined=Counter(damages.keys())
    )


def damaged_files(lines: list[str]) -> Iterator[Shipment]:
    """Ship files that must be rejected whole, each under a key that says its damage."""
    whole = _encoded(lines)
    half = [",".join(["?", *line.split(",")[1:]]) for line in lines[1 : len(lines) // 2]]
    bodies = {
        "empty": b"",
        "truncated": whole[: -len(lines[-1]) // 2],
        "undecodable": gzip.compress(whole, mtime=0),
        "wrong-columns": whole.replace(b"dep_delay", b"departure_delay", 1),
        "too-many-bad-rows": _encoded([lines[0], *half, *lines[len(lines) // 2 :]]),
    }
    for code, body in bodies.items():
        yield Shipment(key=f"{LANDING_PREFIX}flights/damaged/{code}.csv", body=body, rejection=code)
    yield Shipment(key=f"{LANDING_PREFIX}trains/2013.csv", body=whole, rejection="unknown-dataset")
    yield Shipment(
        key=f"{LANDING_PREFIX}flights/damaged/book.xlsx", body=whole, rejection="unsupported-format"
    )
    yield Shipment(
        key=f"{LANDING_PREFIX}flights/damaged/Übergröße + utf-16.csv",
        body=whole.decode().encode("utf-16"),
        rejection="undecodable",
    )


def semicolons(shipment: Shipment) -> Shipment:
    """Ship the same file as a spreadsheet of another country would export it."""
    return Shipment(
        key=shipment.key, body=shipment.body.replace(b",", b";"), rejection="wrong-columns"
    )


def _encoded(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
