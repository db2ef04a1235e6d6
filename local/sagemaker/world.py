"""What every part of the service works with."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.sagemaker.kinds import Kind
from local.sagemaker.model import ApiModel
from local.sagemaker.records import Record, Records
from local.sagemaker.settings import Settings
from local.sagemaker.storage import Storage
from local.sagemaker.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Request:
    """A request that has passed the checks of its form.

    Attributes:
        operation: Name of the operation.
        params: Its members.
        role: Name of the role that asks; None when unknown.
    """

    operation: str
    params: Mapping[str, Any]
    role: str | None = None

    def __getitem__(self, member: str) -> Any:
        return self.params[member]


Handlers = Mapping[str, Callable[[Request], Mapping[str, Any] | None]]


@dataclass(frozen=True, slots=True)
class World:
    """The parts that all others share.

    Attributes:
        closing: Set once the service ends: what fails from then on fails because of that.
    """

    settings: Settings
    model: ApiModel
    records: Records
    storage: Storage
    telemetry: Telemetry
    closing: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, settings: Settings) -> "World":
        """Return the parts, with the records that the folder holds."""
        settings.folder.mkdir(parents=True, exist_ok=True)
        model = ApiModel()
        records = Records(
            settings.folder / "records", region=settings.region, account=settings.account
        )
        return cls(settings, model, records, Storage(settings), Telemetry(settings, model))

    def folder_of(self, kind: Kind, name: str) -> Path:
        """Return the folder that a resource's containers may use."""
        return self.settings.folder / kind.path / name

    def create(self, kind: Kind, name: str, members: Mapping[str, Any]) -> Record:
        """Add a record and tell of it.

        Raises:
            ApiError: the name is taken.
        """
        record = self.records.create(kind, name, members)
        self.telemetry.changed(kind, record)
        return record

    def change(self, kind: Kind, name: str, members: Mapping[str, Any]) -> Record:
        """Change a record and tell of it.

        Raises:
            ApiError: there is no such record.
        """
        record = self.records.update(kind, name, members)
        self.telemetry.changed(kind, record)
        return record
