"""The recipe of a registered model, from what its model package says."""

from hashlib import sha256

from lambdas.shared.errors import InvalidInputError
from lambdas.shared.objects import MissingObjectError, Objects
from lambdas.shared.registry import Registry, UnknownPackageError
from lambdas.snapshot.copies import missing_copies
from lambdas.snapshot.recipe import Champion, Code, Recipe
from schemas.keys import split_uri
from schemas.manifests import Manifest
from schemas.registry import IncompleteMetadataError, ModelMetadata
from schemas.runs import Mode, Trigger
from schemas.training import Parameters


def recipe_of(
    arn: str,
    execution_arn: str,
    *,
    job_name_prefix: str,
    group_name: str,
    registry: Registry,
    artifacts: Objects,
) -> tuple[Recipe, Champion]:
    """Return what a registered model was made from, and the model.

    Args:
        arn: Its model package.
        execution_arn: Execution that trains it again.
        job_name_prefix: First part of the names of all jobs.
        group_name: Group that the package must belong to.
        registry: Registered models.
        artifacts: Where what they were made from lies.

    Raises:
        InvalidInputError: there is no such package, it does not say what it was made from, or
            something of that is gone or was changed.
    """
    metadata = _metadata(arn, group_name, registry)
    manifest = Manifest.from_text(
        _unchanged(metadata.manifest_uri, metadata.manifest_sha256, "manifest", artifacts)
    )
    if missing := missing_copies(manifest.objects, artifacts):
        raise InvalidInputError(
            f"{len(missing):,} of the {len(manifest.objects):,} objects that {arn} was trained on "
            f"are gone, such as {missing[0].key}; bring them back from their older versions"
        )
    if not artifacts.exists(_key(metadata.code_uri, "code", artifacts)):
        raise _gone(metadata.code_uri, "code")
    text = _unchanged(metadata.parameters_uri, metadata.parameters_sha256, "parameters", artifacts)
    recipe = Recipe(
        trigger=Trigger.REPRODUCTION,
        execution_arn=execution_arn,
        manifest=manifest,
        code=Code(uri=metadata.code_uri, sha256=metadata.code_sha256),
        parameters=_parameters(text, metadata.parameters_uri),
        image_uri=metadata.image_uri,
        job_name_prefix=job_name_prefix,
        reproduces=arn,
    )
    return recipe, Champion(arn=arn, metadata=metadata)


def _metadata(arn: str, group_name: str, registry: Registry) -> ModelMetadata:
    try:
        package = registry.describe(arn)
        if package.group_name != group_name:
            raise InvalidInputError(
                f"{arn} belongs to the group {package.group_name!r}; this pipeline trains models "
                f"of {group_name!r}"
            )
        return package.metadata
    except UnknownPackageError as error:
        raise InvalidInputError(
            f"{arn} cannot be reproduced: {error}. See `ops models list`"
        ) from error
    except IncompleteMetadataError as error:
        raise InvalidInputError(f"{arn} cannot be reproduced: {error}") from error


def _parameters(text: str, uri: str) -> Parameters:
    parameters = Parameters.from_text(text)
    if parameters.mode is not Mode.TRAIN:
        raise InvalidInputError(
            f"{uri} tells how to look for hyperparameters, not which ones won; only a model whose "
            "package names the latter can be reproduced"
        )
    return parameters


def _unchanged(uri: str, digest: str, what: str, artifacts: Objects) -> str:
    key = _key(uri, what, artifacts)
    try:
        text = artifacts.read(key)
    except MissingObjectError as error:
        raise _gone(uri, what) from error
    found = sha256(text.encode()).hexdigest()
    if found != digest:
        raise InvalidInputError(
            f"{uri}, the {what} of the model, was changed: its hash is {found}, registered is "
            f"{digest}. Bring its older version back"
        )
    return text


def _key(uri: str, what: str, artifacts: Objects) -> str:
    bucket, key = split_uri(uri)
    if bucket != artifacts.bucket:
        raise InvalidInputError(
            f"{uri}, the {what} of the model, is not in {artifacts.bucket}; reproduce the model in "
            "the environment that trained it"
        )
    return key


def _gone(uri: str, what: str) -> InvalidInputError:
    return InvalidInputError(
        f"{uri}, the {what} of the model, is gone; bring it back from its older versions"
    )
