"""What is known of each resource, in memory and in a folder that outlives the process."""

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from local.sagemaker import kinds
from local.sagemaker.kinds import Kind

# Members as the API has them, timestamps as seconds since the epoch, and members of our own that
# no answer contains. A record is never changed, only replaced: whoever holds one may read it
# without a lock.
Record = Mapping[str, Any]


def now() -> float:
    """Return the time as the API gives it, to the millisecond."""
    return round(time.time(), 3)


class Records:
    """All records. Each change is on disk when the call returns.

    Attributes:
        lock: Held while a record changes; hold it to change one depending on what it is.
    """

    def __init__(self, folder: Path, *, region: str, account: str) -> None:
        self.lock = threading.RLock()
        self._folder = folder
        self._arn_prefix = f"arn:aws:sagemaker:{region}:{account}:"
        self._records: dict[Kind, dict[str, Record]] = {kind: {} for kind in kinds.ALL}
        for kind in kinds.ALL:
            for file in folder.joinpath(kind.name).glob("*.json"):
                self._records[kind][unquote(file.stem)] = json.loads(file.read_text())

    def arn(self, kind: Kind, name: str) -> str:
        """Return the ARN of a resource, whether it exists or not."""
        return f"{self._arn_prefix}{kind.path}/{name}"

    def create(self, kind: Kind, name: str, members: Mapping[str, Any]) -> Record:
        """Add a record with its name, ARN and times.

        Raises:
            ApiError: the name is taken.
        """
        arn, created = self.arn(kind, name), now()
        with self.lock:
            if name in self._records[kind]:
                raise kind.taken_error(name, arn)
            return self._put(
                kind,
                name,
                {
                    **members,
                    kind.name_member: name,
                    kind.arn_member: arn,
                    "CreationTime": created,
                    "LastModifiedTime": created,
                },
            )

    def get(self, kind: Kind, name_or_arn: str) -> Record:
        """Return a record.

        Raises:
            ApiError: there is none.
        """
        name = self.name_of(kind, name_or_arn)
        try:
            return self._records[kind][name]
        except KeyError:
            raise kind.missing_error(name, self.arn(kind, name)) from None

    def name_of(self, kind: Kind, name_or_arn: str) -> str:
        """Return the name in an ARN of the kind; anything else is a name already."""
        return name_or_arn.partition(f":{kind.path}/")[2] or name_or_arn

    def by_arn(self, arn: str) -> tuple[Kind, str, Record]:
        """Return kind, name and record of any resource.

        Raises:
            ApiError: there is none.
        """
        kind = kinds.kind_of_arn(arn)
        record = self.get(kind, arn)
        return kind, record[kind.name_member], record

    def all_of(self, kind: Kind) -> list[Record]:
        """Return every record of a kind, the oldest first."""
        with self.lock:
            return list(self._records[kind].values())

    def update(self, kind: Kind, name: str, changes: Mapping[str, Any]) -> Record:
        """Replace members of a record; None removes one.

        Raises:
            ApiError: there is no such record.
        """
        with self.lock:
            merged = {**self.get(kind, name), "LastModifiedTime": now(), **changes}
            kept = {member: value for member, value in merged.items() if value is not None}
            return self._put(kind, name, kept)

    def remove(self, kind: Kind, name: str) -> None:
        """Forget a record.

        Raises:
            ApiError: there is no such record.
        """
        with self.lock:
            self.get(kind, name)
            self._file(kind, name).unlink()
            del self._records[kind][name]

    def _put(self, kind: Kind, name: str, record: Record) -> Record:
        file = self._file(kind, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(record))
        partial.replace(file)
        self._records[kind][name] = record
        return record

    def _file(self, kind: Kind, name: str) -> Path:
        return self._folder / kind.name / f"{quote(name, safe='')}.json"
