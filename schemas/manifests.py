"""Snapshots: the exact data that a model was trained on, as a manifest of immutable objects.

A curated object may be replaced by a newer version of its raw file and is then deleted. So a
snapshot copies each object once, to a key that names the version, and never changes the copy;
snapshots share copies. Keys in the artifacts bucket:

    snapshots/objects/<dataset>/<partition>/<stem>@<version id>.parquet   the copies
    snapshots/manifests/<hash>.json                                       what a snapshot is made of
    snapshots/inputs/<hash>.manifest                                      the same, for SageMaker
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from schemas.keys import split_uri
from schemas.names import CURATED_PREFIX, SNAPSHOT_PREFIX
from schemas.windows import Window

OBJECTS_PREFIX = f"{SNAPSHOT_PREFIX}objects/"
_SUFFIX = ".parquet"


@dataclass(frozen=True, kw_only=True, slots=True)
class SnapshotObject:
    """One curated object as it was at the time of the snapshot.

    Attributes:
        dataset: Dataset it belongs to.
        source: URI of the curated object.
        version_id: Its version.
        etag: Its entity tag, without quotes.
        size: Bytes.
        rows: Rows of the raw file it came from, which may have become several objects.
    """

    dataset: str
    source: str
    version_id: str
    etag: str
    size: int
    rows: int

    @property
    def key(self) -> str:
        """Key of the copy below `OBJECTS_PREFIX`: where a job finds it below its data folder."""
        _, key = split_uri(self.source)
        path = key.removeprefix(CURATED_PREFIX).removesuffix(_SUFFIX)
        return f"{path}@{self.version_id}{_SUFFIX}"

    @property
    def stem(self) -> str:
        """Name that all objects of one version of a raw file share."""
        return self.source.rpartition("/")[2].removesuffix(_SUFFIX)


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """What a snapshot is made of.

    Attributes:
        window: Months of training and holdout.
        contracts: Dataset to the content hash of its contract.
        objects: Every object, sorted by key.
    """

    window: Window
    contracts: Mapping[str, str]
    objects: Sequence[SnapshotObject]

    @classmethod
    def of(
        cls, window: Window, contracts: Mapping[str, str], objects: Iterable[SnapshotObject]
    ) -> "Manifest":
        """Return the manifest of `objects`, in any order."""
        return cls(
            window=window,
            contracts=dict(sorted(contracts.items())),
            objects=tuple(sorted(objects, key=lambda each: each.key)),
        )

    @classmethod
    def from_text(cls, text: str) -> "Manifest":
        """Read what `text` wrote."""
        document: dict[str, Any] = json.loads(text)
        return cls.of(
            Window.from_json(document["window"]),
            document["contracts"],
            (SnapshotObject(**each) for each in document["objects"]),
        )

    @property
    def text(self) -> str:
        """The manifest as JSON; the same content gives the same bytes."""
        document = {
            "window": self.window.to_json(),
            "contracts": dict(self.contracts),
            "objects": [asdict(each) for each in self.objects],
        }
        return json.dumps(document, sort_keys=True, indent=1)

    @property
    def sha256(self) -> str:
        """Hash of `text`, 64 hex digits; the snapshot's identity."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def key(self) -> str:
        """Where it lies in the artifacts bucket."""
        return f"{SNAPSHOT_PREFIX}manifests/{self.sha256}.json"

    @property
    def input_key(self) -> str:
        """Where the same list lies for SageMaker."""
        return f"{SNAPSHOT_PREFIX}inputs/{self.sha256}.manifest"

    def input_text(self, bucket: str) -> str:
        """Return SageMaker's manifest file of the copies in `bucket`.

        Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
        """
        prefix = {"prefix": f"s3://{bucket}/{OBJECTS_PREFIX}"}
        return json.dumps([prefix, *(each.key for each in self.objects)])

    def rows(self, dataset: str, *, since: "Manifest | None" = None) -> int:
        """Return how many rows of `dataset` the snapshot holds, or holds more than `since`.

        Rows are counted by raw file, each once and whole, even where only one of its months lies
        in the window.
        """
        known = frozenset(each.key for each in since.objects) if since else frozenset()
        files = {
            each.stem: each.rows
            for each in self.objects
            if each.dataset == dataset and each.key not in known
        }
        return sum(files.values())
