"""The curated lake as it is now: the ledger's view of it, and the versions of its objects."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from lambdas.shared.errors import PermanentError, TransientError
from lambdas.snapshot.selection import CuratedFile
from schemas.keys import uri_of
from schemas.ledger import STATUS_INDEX, LedgerEntry, LedgerStatus
from schemas.manifests import SnapshotObject
from schemas.names import CURATED_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectVersionTypeDef

# What a snapshot reads of an entry; the others, such as the files of old runs, can be long.
_ATTRIBUTES = ("object", "version", "status", "dataset", "rows_accepted", "curated_uris")

_UNVERSIONED = "null"


class CuratedLake:
    """Reads the ledger and the curated bucket.

    Args:
        ledger: Table of the object versions.
        s3: Client.
        bucket: Name of the curated bucket.
    """

    def __init__(self, ledger: "Table", s3: "S3Client", bucket: str) -> None:
        self._ledger = ledger
        self._s3 = s3
        self._bucket = bucket

    def entries(self, datasets: Sequence[str]) -> Iterator[LedgerEntry]:
        """Yield the curated versions of raw files of `datasets`, as of a moment ago."""
        query: dict[str, Any] = {
            "IndexName": STATUS_INDEX,
            "KeyConditionExpression": Key("status").eq(LedgerStatus.CURATED),
            "FilterExpression": Attr("dataset").is_in(list(datasets)),
            "ProjectionExpression": ", ".join(f"#{name}" for name in _ATTRIBUTES),
            "ExpressionAttributeNames": {f"#{name}": name for name in _ATTRIBUTES},
        }
        while True:
            page = self._ledger.query(**query)
            yield from map(LedgerEntry.from_item, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def objects(self, files: Iterable[CuratedFile]) -> list[SnapshotObject]:
        """Return each of `files` with the version that it has now.

        Raises:
            TransientError: `being-replaced`; the ledger names a file that is not there.
            PermanentError: `unversioned-bucket`.
        """
        wanted = list(files)
        versions = {
            uri_of(self._bucket, version["Key"]): version
            for dataset in sorted({file.dataset for file in wanted})
            for version in self._latest(f"{CURATED_PREFIX}{dataset}/")
        }
        if missing := [file.uri for file in wanted if file.uri not in versions]:
            raise TransientError(
                "being-replaced",
                f"{len(missing)} of {len(wanted)} curated files are not there, such as "
                f"{missing[0]}: newer versions of their raw files are replacing them. If it keeps "
                "happening, somebody deleted them: see `ops audit`, and reprocess the raw files",
                missing[0],
            )
        return [_snapshot_object(file, versions[file.uri]) for file in wanted]

    def _latest(self, prefix: str) -> Iterator["ObjectVersionTypeDef"]:
        pages = self._s3.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        for page in pages:
            for version in page.get("Versions", ()):
                if version["IsLatest"]:
                    yield version


def _snapshot_object(file: CuratedFile, version: "ObjectVersionTypeDef") -> SnapshotObject:
    if version["VersionId"] == _UNVERSIONED:
        raise PermanentError(
            "unversioned-bucket",
            f"{file.uri} has no version, so nobody could tell later which one a model was trained "
            "on; switch versioning of the curated bucket on, and reprocess its raw file",
            file.uri,
        )
    return SnapshotObject(
        dataset=file.dataset,
        source=file.uri,
        version_id=version["VersionId"],
        etag=version["ETag"].strip('"'),
        size=version["Size"],
        rows=file.rows,
    )
