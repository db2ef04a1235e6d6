"""Object keys: where raw files land and where what became of them lies."""

import re
from hashlib import sha256

from schemas.messages import ObjectVersion
from schemas.names import CURATED_PREFIX, LANDING_PREFIX, QUARANTINE_PREFIX

SOURCE_DIGITS = 16
CONTRACT_DIGITS = 8

_MONTH_SEGMENTS = re.compile(r"/year=(\d{4})/month=(\d{2})/")


def uri_of(bucket: str, key: str) -> str:
    """Return the address of an object."""
    return f"s3://{bucket}/{key}"


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an object's address."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def dataset_of(key: str) -> str | None:
    """Return the dataset a raw key belongs to, `landing/<dataset>/...`, or None."""
    if not key.startswith(LANDING_PREFIX):
        return None
    dataset, separator, rest = key.removeprefix(LANDING_PREFIX).partition("/")
    return dataset if dataset and separator and rest else None


def file_stem(version: ObjectVersion, contract_hash: str) -> str:
    """Return the file name, without suffix, of everything that `version` produces.

    The same version under the same contract always has the same name, so a retry overwrites
    instead of adding; two versions of one key never share one, so neither can damage the other.

    Args:
        version: The raw object's version.
        contract_hash: Content hash of the contract it was checked against, hexadecimal.
    """
    source = sha256(f"{version.bucket}/{version.key}".encode()).hexdigest()[:SOURCE_DIGITS]
    return f"{source}-{version.sequencer}-{contract_hash[:CONTRACT_DIGITS]}"


def curated_key(dataset: str, partition: str, stem: str) -> str:
    """Return the key of one curated Parquet file.

    Args:
        dataset: Name of the dataset.
        partition: Hive partition path such as `year=2013/month=1`; empty without partitions.
        stem: Result of `file_stem`.
    """
    folder = f"{partition}/" if partition else ""
    return f"{CURATED_PREFIX}{dataset}/{folder}{stem}.parquet"


def month_of(key: str) -> str:
    """Return the month, `YYYY-MM`, whose partition a curated key lies in; empty when in none."""
    segments = _MONTH_SEGMENTS.search(key)
    return f"{segments[1]}-{segments[2]}" if segments else ""


def quarantine_key(dataset: str, stem: str) -> str:
    """Return the key of the JSON Lines file with the rows of one version that were refused."""
    return f"{QUARANTINE_PREFIX}{dataset}/{stem}.jsonl"
