"""Copies of curated objects, which a snapshot keeps when the lake goes on."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from lambdas.shared.clients import COPIES_AT_A_TIME
from lambdas.shared.deadline import Deadline
from lambdas.shared.errors import TransientError
from lambdas.shared.objects import MissingObjectError, Objects
from schemas.manifests import OBJECTS_PREFIX, SnapshotObject


def copy_objects(objects: Sequence[SnapshotObject], artifacts: Objects, deadline: Deadline) -> None:
    """Copy to the artifacts bucket what is not there yet, exactly the versions of the snapshot.

    Raises:
        TransientError: `unfinished`, the time is nearly up, and the next attempt goes on from
            here; or `being-replaced`, a version is gone before it was copied.
    """
    missing = missing_copies(objects, artifacts)

    def copy(each: SnapshotObject) -> bool:
        if deadline.is_near():
            return False
        try:
            artifacts.copy(each.source, f"{OBJECTS_PREFIX}{each.key}", version_id=each.version_id)
        except MissingObjectError as error:
            raise TransientError(
                "being-replaced",
                f"version {each.version_id} of {each.source} was removed before it was copied; "
                "the next attempt takes the one that replaced it",
                each.source,
            ) from error
        return True

    with ThreadPoolExecutor(max_workers=COPIES_AT_A_TIME) as workers:
        copied = list(workers.map(copy, missing))
    if not all(copied):
        raise TransientError(
            "unfinished",
            f"{copied.count(False):,} of {len(objects):,} objects are not copied yet and the "
            "function's time is nearly up; the next attempt goes on from here. If the attempts "
            "do not suffice, raise the function's timeout",
        )


def missing_copies(objects: Sequence[SnapshotObject], artifacts: Objects) -> list[SnapshotObject]:
    """Return those of `objects` that the artifacts bucket has no copy of."""
    prefixes = {f"{OBJECTS_PREFIX}{each.dataset}/" for each in objects}
    present = frozenset[str]().union(*(artifacts.keys(prefix) for prefix in sorted(prefixes)))
    return [each for each in objects if f"{OBJECTS_PREFIX}{each.key}" not in present]
