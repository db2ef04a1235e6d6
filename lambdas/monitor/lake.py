"""The curated bucket as a run sees it: predictions of some days, and labels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.shared.errors import InvalidInputError
from schemas.keys import month_of
from schemas.names import CURATED_PREFIX, PREDICTIONS_PREFIX
from schemas.predictions import predictions_prefix

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

_SUFFIX = ".parquet"
_INSTANT = timedelta.resolution


@dataclass(frozen=True, kw_only=True, slots=True)
class DataObject:
    """One object that a job reads.

    Attributes:
        key: Its key; the job finds it there below its data folder.
        etag: Its entity tag; another one for other content.
    """

    key: str
    etag: str


class DataLake:
    """Lists predictions and labels.

    Args:
        s3: Client.
        bucket: Name of the curated bucket.
        dataset: Dataset that has the labels.
    """

    def __init__(self, s3: "S3Client", bucket: str, dataset: str) -> None:
        self._s3 = s3
        self._dataset = dataset
        self.bucket = bucket

    def predictions(self, since: datetime, until: datetime) -> list[DataObject]:
        """Return the files of the days of a span of time, sorted by key."""
        first, last = (
            predictions_prefix(moment.date().isoformat()) for moment in (since, until - _INSTANT)
        )
        found = []
        # Days sort like their names, so one listing finds them, however many there are.
        for entry in self._listed(PREDICTIONS_PREFIX, start_after=first):
            if not entry["Key"].startswith(last) and entry["Key"] > last:
                break
            found.append(_data_object(entry))
        return found

    def labels(self, since: datetime, months: Sequence[str]) -> list[DataObject]:
        """Return the files that hold labels, sorted by key.

        Args:
            since: Files that were written then or later, when no months are named.
            months: Months whose files are taken, whenever they were written.

        Raises:
            InvalidInputError: there are no files of one of `months`.
        """
        entries = list(self._listed(f"{CURATED_PREFIX}{self._dataset}/"))
        if not months:
            second = since.replace(microsecond=0)  # S3 tells no less
            return [_data_object(each) for each in entries if each["LastModified"] >= second]
        chosen = [each for each in entries if month_of(each["Key"]) in months]
        present = {month_of(each["Key"]) for each in chosen}
        if missing := [month for month in months if month not in present]:
            raise InvalidInputError(
                f"label_months names {', '.join(missing)}, of which {self._dataset} has no files; "
                "upload them (see `ops status`), or leave label_months out for the labels that "
                "have arrived since"
            )
        return [_data_object(each) for each in chosen]

    def _listed(self, prefix: str, start_after: str = "") -> Iterator["ObjectTypeDef"]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, StartAfter=start_after
        )
        for page in pages:
            for entry in page.get("Contents", ()):
                if entry["Key"].endswith(_SUFFIX):
                    yield entry


def _data_object(entry: "ObjectTypeDef") -> DataObject:
    return DataObject(key=entry["Key"], etag=entry["ETag"].strip('"'))
