"""What became of everything that was going on when a former process ended."""

import shutil
from typing import Any

from local.sagemaker import summaries
from local.sagemaker.kinds import (
    ENDPOINT,
    PROCESSING_JOB,
    TRAINING_JOB,
    TRANSFORM_JOB,
    TUNING_JOB,
    Kind,
)
from local.sagemaker.records import Record, now
from local.sagemaker.traffic import FLEET
from local.sagemaker.training import transition
from local.sagemaker.world import World

REASON = (
    "InternalServerError: The local SageMaker ended while this was going on; "
    "its processes ended with it. Please try again."
)
_GOING_ON = ("InProgress", "Stopping")


def recover(world: World) -> None:
    """Record the interruption of jobs and deployments, and remove what they left."""
    for kind in (TRAINING_JOB, PROCESSING_JOB, TRANSFORM_JOB, TUNING_JOB):
        for record in world.records.all_of(kind):
            if record[kind.status_member] in _GOING_ON:
                world.records.update(kind, record[kind.name_member], _interrupted(kind, record))
        shutil.rmtree(world.settings.folder / kind.path, ignore_errors=True)
    for record in world.records.all_of(ENDPOINT):
        if record["EndpointStatus"] in ("Creating", "Updating", "RollingBack"):
            world.records.update(ENDPOINT, record["EndpointName"], _back_in_service(record))
        _remove_other_fleets(world, record)


def _back_in_service(endpoint: Record) -> dict[str, Any]:
    """Return what changes of an endpoint that was being deployed: it serves what it served."""
    changes = {"FailureReason": REASON, "PendingDeploymentSummary": None}
    if FLEET not in endpoint:
        return {**changes, "EndpointStatus": "Failed"}
    variants = summaries.of_variants(endpoint[FLEET]["Variants"])
    return {**changes, "EndpointStatus": "InService", "ProductionVariants": variants}


def _remove_other_fleets(world: World, endpoint: Record) -> None:
    kept = endpoint.get(FLEET, {}).get("Folder")
    for folder in world.folder_of(ENDPOINT, endpoint["EndpointName"]).glob("*"):
        if str(folder) != kept:
            shutil.rmtree(folder, ignore_errors=True)


def _interrupted(kind: Kind, record: Record) -> dict[str, Any]:
    changes: dict[str, Any] = {kind.status_member: "Failed", "FailureReason": REASON}
    if kind is TRAINING_JOB:
        changes |= transition(record, "Failed", "Training job failed", last=True)
        changes["TrainingEndTime"] = now()
    elif kind is PROCESSING_JOB:
        changes["ProcessingEndTime"] = now()
    elif kind is TRANSFORM_JOB:
        changes["TransformEndTime"] = now()
    else:
        changes["HyperParameterTuningEndTime"] = now()
    return changes
