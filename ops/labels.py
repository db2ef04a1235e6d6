"""What became known after predictions: rows of the main dataset with the same primary key."""

from collections.abc import Mapping, Sequence
from typing import Any

from ops import lake, parquet
from ops.deployment import Deployment
from schemas.catalog import DATASETS, MODEL_DATASETS, MODEL_INPUT
from schemas.datasets import DatasetContract
from schemas.names import CURATED_PREFIX, Output

Key = tuple[Any, ...]


def main_dataset() -> DatasetContract:
    """Return the contract of the dataset that has a row per example."""
    return DATASETS[MODEL_DATASETS[0]]


def new_columns() -> tuple[str, ...]:
    """Return the columns of the main dataset that requests do not carry."""
    known = set(MODEL_INPUT.column_names)
    return tuple(name for name in main_dataset().column_names if name not in known)


def key_of(row: Mapping[str, Any]) -> Key:
    """Return the primary key of a request, or of a row of the main dataset."""
    return tuple(row.get(name) for name in MODEL_INPUT.primary_key)


def arrived(deployment: Deployment, asked: Sequence[Mapping[str, Any]]) -> dict[Key, parquet.Row]:
    """Return the rows of the main dataset that arrived for requests, by primary key.

    Of several with one key, the one in the last file by name counts.

    Args:
        deployment: Where they lie.
        asked: Requests.
    """
    wanted = set(map(key_of, asked))
    bucket = deployment[Output.CURATED_BUCKET_NAME]
    uris: set[str] = set()
    for prefix in set(map(_prefix, asked)):
        uris |= lake.object_sizes(deployment, bucket, prefix).keys()
    found: dict[Key, parquet.Row] = {}
    for uri, rows in parquet.read_all(deployment, uris):
        partitions = _partitions(uri)
        for row in rows:
            whole = row | partitions
            if (key := key_of(whole)) in wanted:
                found[key] = whole
    return found


def _prefix(asked: Mapping[str, Any]) -> str:
    """Return where the row for a request lies: as deep as the request's key tells its partition."""
    prefix = f"{CURATED_PREFIX}{main_dataset().name}/"
    for partition in main_dataset().partition_columns:
        value = asked.get(partition.name)
        if partition.name not in MODEL_INPUT.primary_key or not isinstance(value, int):
            break
        prefix += f"{partition.segment(value)}/"
    return prefix


def _partitions(uri: str) -> dict[str, int]:
    """Return the values of the partition columns, which the path holds instead of the file."""
    segments = (part.partition("=") for part in uri.split("/"))
    return {name: int(value) for name, separator, value in segments if separator}
