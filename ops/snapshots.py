"""What a snapshot is made of: copies of curated files, counted, and the raw files behind them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from ops import lake, ledger
from ops.deployment import Deployment
from ops.ledger import split_uri
from ops.output import Advance, ignore
from schemas.keys import SOURCE_DIGITS, month_of, uri_of
from schemas.ledger import LedgerEntry
from schemas.manifests import OBJECTS_PREFIX, Manifest, SnapshotObject


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The copies of one dataset's month.

    Attributes:
        dataset: Name of the dataset.
        month: `YYYY-MM`; empty when the dataset is not kept by month.
        objects: Copies that the manifest lists.
        rows: Rows in those that are there and can be read, counted in them.
        missing: Copies that are gone.
        changed: Copies of another size than listed, or that cannot be read.
    """

    dataset: str
    month: str
    objects: int
    rows: int
    missing: int
    changed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RawFile:
    """A raw file that curated files of the snapshot came from.

    Attributes:
        uri: Its address; empty when the ledger does not know it any more.
        version_id: Its version.
        status: What became of that version since, as the ledger says.
        objects: Objects of the snapshot that came from it.
        rows: Its accepted rows, as the snapshot says.
    """

    uri: str
    version_id: str
    status: str
    objects: int
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A snapshot as it is now.

    Attributes:
        parts: By dataset and month.
        raw_files: What its objects came from, by address.
    """

    parts: tuple[Part, ...]
    raw_files: tuple[RawFile, ...]

    @property
    def missing(self) -> int:
        """Copies that are gone."""
        return sum(part.missing for part in self.parts)

    @property
    def changed(self) -> int:
        """Copies that are not what the manifest says."""
        return sum(part.changed for part in self.parts)


def look(
    deployment: Deployment, manifest: Manifest, bucket: str, *, advance: Advance = ignore
) -> Snapshot:
    """Return the snapshot of a manifest as it is now.

    Args:
        deployment: Where it lies.
        manifest: What it is made of.
        bucket: Bucket of the copies.
        advance: Called after each copy that is counted.
    """
    sizes = _sizes(deployment, manifest, bucket)
    rows = lake.count_rows(deployment, sizes, advance=advance)
    return Snapshot(
        parts=tuple(_parts(manifest, bucket, sizes, rows)),
        raw_files=tuple(_raw_files(manifest.objects, ledger.read(deployment).entries)),
    )


def _sizes(deployment: Deployment, manifest: Manifest, bucket: str) -> dict[str, int]:
    """Return the copies that are there: address to bytes."""
    wanted = {copy_uri(bucket, each) for each in manifest.objects}
    found: dict[str, int] = {}
    for dataset in sorted({each.dataset for each in manifest.objects}):
        found |= lake.object_sizes(deployment, bucket, f"{OBJECTS_PREFIX}{dataset}/")
    return {uri: size for uri, size in found.items() if uri in wanted}


def copy_uri(bucket: str, each: SnapshotObject) -> str:
    """Return the address of an object's copy."""
    return uri_of(bucket, f"{OBJECTS_PREFIX}{each.key}")


def _parts(
    manifest: Manifest, bucket: str, sizes: Mapping[str, int], rows: Mapping[str, int]
) -> Iterable[Part]:
    groups: dict[tuple[str, str], list[SnapshotObject]] = {}
    for each in manifest.objects:
        groups.setdefault((each.dataset, month_of(each.source)), []).append(each)
    for (dataset, month), members in sorted(groups.items()):
        uris = {copy_uri(bucket, each): each for each in members}
        present = uris.keys() & sizes.keys()
        changed = [uri for uri in present if sizes[uri] != uris[uri].size or rows.get(uri, -1) < 0]
        yield Part(
            dataset=dataset,
            month=month,
            objects=len(members),
            rows=sum(max(rows.get(uri, 0), 0) for uri in present),
            missing=len(members) - len(present),
            changed=len(changed),
        )


def _raw_files(
    objects: Iterable[SnapshotObject], entries: Iterable[LedgerEntry]
) -> Iterable[RawFile]:
    """Find raw files by the names of their curated ones: a digest of the key, and the version."""
    known = {(_source_digest(entry.object), entry.version): entry for entry in entries}
    by_stem: dict[str, SnapshotObject] = {}
    counts: Counter[str] = Counter()
    for each in objects:
        by_stem[each.stem] = each
        counts[each.stem] += 1
    files = []
    for stem, each in by_stem.items():
        source, _, rest = stem.partition("-")
        entry = known.get((source, rest.partition("-")[0]))
        files.append(
            RawFile(
                uri=entry.object if entry else "",
                version_id=entry.version_id if entry else "",
                status=entry.status.value if entry else "",
                objects=counts[stem],
                rows=each.rows,
            )
        )
    return sorted(files, key=lambda file: (not file.uri, file.uri))


def _source_digest(uri: str) -> str:
    bucket, key = split_uri(uri)
    return sha256(f"{bucket}/{key}".encode()).hexdigest()[:SOURCE_DIGITS]
