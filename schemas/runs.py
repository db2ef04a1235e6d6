"""Training runs: one item per snapshot, code and parameters, so that nothing is registered twice.

The table's partition key is the run's id. Whoever begins a run claims its item with a conditional
write; a second execution for the same three finds it claimed.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from schemas.names import RUNS_PREFIX

RUN_ID = "run_id"
STATUS_INDEX = "by-status"
"""Global secondary index: partition key `status`, sort key `began_at`."""
_DIGITS = 8


class RunStatus(StrEnum):
    """What became of a run."""

    RUNNING = "running"
    REGISTERED = "registered"
    REFUSED = "refused"
    FAILED = "failed"
    REPRODUCED = "reproduced"
    DIFFERS = "differs"


class Trigger(StrEnum):
    """Why a run was begun."""

    MANUAL = "manual"
    SCHEDULE = "schedule"
    NEW_DATA = "new-data"
    QUALITY = "quality"
    """The model that serves has become worse."""
    REPRODUCTION = "reproduction"


class Mode(StrEnum):
    """How the model is found."""

    TRAIN = "train"
    TUNE = "tune"


def run_id(holdout_from: str, *parts: str) -> str:
    """Return the id of a run: its holdout month, and a digest of everything that decides it.

    Args:
        holdout_from: First month of the holdout, `YYYY-MM`.
        parts: Hashes of manifest, code and parameters; for a reproduction also its execution.
    """
    digest = sha256("\n".join(parts).encode()).hexdigest()[:_DIGITS]
    return f"{holdout_from.replace('-', '')}-{digest}"


def run_prefix(run: str) -> str:
    """Return the prefix of a run's artifacts, such as `runs/201303-1a2b3c4d/`."""
    return f"{RUNS_PREFIX}{run}/"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingRun:
    """One run in the table.

    Attributes:
        run_id: See `run_id`.
        status: What became of it.
        trigger: Why it was begun.
        execution_arn: Execution of the state machine that holds, or held, the claim.
        attempt: How often it was begun; part of its jobs' names, which SageMaker never reuses.
        train_from: First month of training, `YYYY-MM`.
        holdout_from: First month of the holdout.
        holdout_to: First month after it.
        manifest_uri: Its data.
        rows: Rows of the raw files that the snapshot took of the main dataset.
        model_package_arn: What it registered, or what a reproduction was compared with.
        evaluation_uri: `evaluation.json`, once there is one.
        reason: Why it was refused or failed, for people.
        watchdog: Why the watchdog stopped a job of it, for people; empty when it did not.
        began_at: ISO 8601 in UTC.
        ended_at: ISO 8601 in UTC; empty while it runs.
    """

    run_id: str
    status: RunStatus
    trigger: Trigger
    execution_arn: str
    attempt: int = 1
    train_from: str = ""
    holdout_from: str = ""
    holdout_to: str = ""
    manifest_uri: str = ""
    rows: int = 0
    model_package_arn: str = ""
    evaluation_uri: str = ""
    reason: str = ""
    watchdog: str = ""
    began_at: str = ""
    ended_at: str = ""

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "TrainingRun":
        """Read an item as boto3's table resource returns it (numbers are `Decimal`)."""
        known = {name: item[name] for name in cls.__dataclass_fields__ if name in item}
        known |= {name: int(known[name]) for name in ("attempt", "rows") if name in known}
        known["status"] = RunStatus(known["status"])
        known["trigger"] = Trigger(known["trigger"])
        return cls(**known)

    def to_item(self) -> dict[str, Any]:
        """Return the item that `from_item` reads."""
        return {name: getattr(value, "value", value) for name, value in asdict(self).items()}
