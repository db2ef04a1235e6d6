"""The model that a new one must beat: the one that serves."""

from lambdas.shared.registry import Registry, UnknownPackageError
from lambdas.shared.releases import ReleaseTable
from lambdas.shared.telemetry import logger
from lambdas.snapshot.recipe import Champion
from schemas.registry import IncompleteMetadataError


def champion_in_force(
    releases: ReleaseTable, registry: Registry, group_name: str
) -> Champion | None:
    """Return the model that serves, or the newest approved one when none serves.

    One that serves and is gone from the registry, or does not say where it comes from, cannot be
    compared with: nobody knows which data it has seen.
    """
    current = releases.current()
    if current is not None and current.serving.champion:
        arn = current.serving.champion
        try:
            return Champion(arn=arn, metadata=registry.describe(arn).metadata)
        except (UnknownPackageError, IncompleteMetadataError) as error:
            logger.warning("serving package passed over", arn=arn, error=str(error))
    found = registry.newest_approved(group_name)
    return Champion(arn=found[0], metadata=found[1]) if found else None
