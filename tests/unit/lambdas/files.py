"""Flight files, good and bad."""

from schemas.flights import FLIGHTS

GOOD = {
    "year": "2013", "month": "1", "day": "1", "dep_time": "517", "sched_dep_time": "515",
    "dep_delay": "2", "arr_time": "830", "sched_arr_time": "819", "arr_delay": "11",
    "carrier": "UA", "flight": "1545", "tailnum": "N14228", "origin": "EWR", "dest": "IAH",
    "air_time": "227", "distance": "1400", "hour": "5", "minute": "15",
    "time_hour": "2013-01-01T10:00:00Z",
}  # fmt: skip

HEADER = ",".join(FLIGHTS.column_names)


def row(**values: str) -> str:
    """One CSV row, good but for `values`."""
    fields = GOOD | values
    return ",".join(fields[name] for name in FLIGHTS.column_names)


def flights(*rows: str) -> bytes:
    """A CSV file with a header and `rows`."""
    return "".join(f"{line}\n" for line in (HEADER, *rows)).encode()
