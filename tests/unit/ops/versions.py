"""Versions in the fake lake that the law is judged by, and the files that they have."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ops.conservation import Conservation
from ops.violations import ViolationKind
from tests.unit.ops.lake import CURATED, QUARANTINE, RAW, Lake

KEY = "landing/flights/a.csv"
URI = f"s3://{RAW}/{KEY}"
LETTER = "a" * 64


def raw_version(lake: Lake, key: str = KEY) -> str:
    return lake.connection.s3.put_object(Bucket=RAW, Key=key, Body=b"data")["VersionId"]


def parquet(lake: Lake, name: str, rows: int) -> str:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"x": pa.array(range(rows), pa.int64())}), buffer)
    lake.connection.s3.put_object(
        Bucket=CURATED, Key=f"curated/flights/{name}.parquet", Body=buffer.getvalue()
    )
    return f"s3://{CURATED}/curated/flights/{name}.parquet"


def quarantine(lake: Lake, name: str, rows: int) -> str:
    key = f"quarantine/flights/{name}.jsonl"
    lake.connection.s3.put_object(Bucket=QUARANTINE, Key=key, Body=b"{}\n" * rows)
    return f"s3://{QUARANTINE}/{key}"


def curated(lake: Lake, version: str = "A2", **values: Any) -> None:
    """Put a version in force: 40,000 rows in, one of them quarantined."""
    lake.ledger_entry(
        KEY,
        version,
        "curated",
        **{
            "version_id": raw_version(lake),
            "rows_in": 40_000,
            "rows_accepted": 39_999,
            "rows_quarantined": 1,
            "quarantined_by_reason": {"range": 1},
            "curated_uris": {parquet(lake, "one", 39_000), parquet(lake, "two", 999)},
            "quarantine_uri": quarantine(lake, "q", 1),
        }
        | values,
    )


def rejected(lake: Lake, version: str = "A1") -> None:
    lake.ledger_entry(
        KEY,
        version,
        "rejected",
        version_id=raw_version(lake),
        error_code="empty",
        message_keys={LETTER},
    )


def kinds(result: Conservation) -> list[ViolationKind]:
    return [violation.kind for violation in result.violations]
