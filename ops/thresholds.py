"""Thresholds of monitoring: what model and deployment say, and what people change of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from config import MODEL
from ops import artifacts, models, releases
from ops.deployment import Deployment
from ops.errors import OpsError, code_of
from ops.models import Model
from ops.threshold_checks import problems
from schemas.constraints import (
    ConstraintsError,
    Document,
    deployment_patch,
    patch_between,
    patched,
    quality_patch,
)
from schemas.keys import uri_of
from schemas.monitoring import CONSTRAINTS_FILE, OVERRIDES_KEY
from schemas.names import Output

RESET = "python -m ops monitor baseline reset"

# Somebody was quicker: has written, has written at the same moment, or has deleted.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
_STALE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Overrides:
    """What people have changed, as it is stored.

    Attributes:
        text: The patch as JSON; empty when nobody has changed anything yet.
        etag: Of the object that holds it, so that nobody overwrites another's change; likewise.
    """

    text: str = ""
    etag: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is changed."""
        return self.text.strip() in {"", "{}"}

    def patch(self) -> Document:
        """Return the patch.

        Raises:
            OpsError: it is none.
        """
        if not self.text:
            return {}
        return _parsed(self.text, "what people have changed", f"Undo it: `{RESET}`")


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One threshold that people have changed, or are about to.

    Attributes:
        where: Path in the document; features by name.
        before: What it was; None when there was none.
        after: What it is instead; None when it was taken away.
    """

    where: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """What an edited document comes to.

    Attributes:
        patch: Everything that people want otherwise than model and deployment.
        changes: What becomes otherwise than it is now; empty when nothing does.
    """

    patch: Document
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """Thresholds in force for the model that serves.

    Attributes:
        model: The model.
        deployed: Constraints as the model's baseline and the deployment have them.
        constraints: Constraints in force, with what people have changed.
        patch: What people have changed.
        etag: Of the object that holds their changes; empty without one.
    """

    model: Model
    deployed: Document
    constraints: Document
    patch: Document
    etag: str

    @property
    def changes(self) -> tuple[Change, ...]:
        """What people have changed of what model and deployment say."""
        return changes_of(self.deployed, self.patch)


def overrides(deployment: Deployment) -> Overrides:
    """Return what people have changed."""
    bucket = deployment[Output.ARTIFACTS_BUCKET_NAME]
    try:
        found = deployment.connection.s3.get_object(Bucket=bucket, Key=OVERRIDES_KEY)
    except ClientError as error:
        if code_of(error) == "NoSuchKey":
            return Overrides()
        raise
    return Overrides(text=found["Body"].read().decode(), etag=found["ETag"])


def read(deployment: Deployment) -> Thresholds:
    """Return the thresholds of the model that serves.

    Raises:
        OpsError: nothing serves, its baseline is gone, or what people have changed does not fit.
    """
    arn = releases.current(deployment).serving.champion
    if not arn:
        raise OpsError(
            "nothing serves yet, so there are no thresholds",
            "Release a model: `python -m ops release`",
        )
    model = models.describe(deployment, arn)
    people = overrides(deployment)
    patch = people.patch()
    try:
        deployed = patched(_baseline(deployment, model), _deployment_patch(model))
    except ConstraintsError as error:
        raise OpsError(
            f"the thresholds in config/model.py do not fit model {model.version}: {error}",
            "Correct `monitoring` there, deploy, or train again",
        ) from error
    try:
        constraints = patched(deployed, patch)
    except ConstraintsError as error:
        raise OpsError(
            f"what people have changed does not fit model {model.version}: {error}",
            f"Undo it: `{RESET}`",
        ) from error
    return Thresholds(
        model=model, deployed=deployed, constraints=constraints, patch=patch, etag=people.etag
    )


def _baseline(deployment: Deployment, model: Model) -> Document:
    if model.metadata is None:
        raise OpsError(
            f"model {model.version} does not say where its baseline is: {model.problem}",
            "Release a model that the training pipeline has registered",
        )
    uri = f"{model.metadata.baseline_uri}{CONSTRAINTS_FILE}"
    text = artifacts.read_text(deployment, uri)
    if text is None:
        raise OpsError(
            f"the baseline of model {model.version} is gone: {uri}",
            "Bring its older version back, or train again",
        )
    return _parsed(text, uri, "Bring its older version back, or train again")


def _deployment_patch(model: Model) -> Document:
    limits = MODEL.monitoring
    patch = deployment_patch(
        max_psi=limits.max_psi, min_auc=limits.min_auc, unwatched=limits.unwatched
    )
    auc = float(model.metadata.auc) if model.metadata else 0
    return patched(patch, quality_patch(auc, limits.max_auc_loss))


def parse(text: str) -> Document:
    """Return an edited document; whether it fits a model is not known yet.

    Raises:
        OpsError: it is no JSON, or no document with thresholds.
    """
    document = _parsed(text, "the edited document", "Correct it")
    try:
        patch_between(document, document)
    except ConstraintsError as error:
        raise OpsError(f"the edited document does not fit: {error}", "Correct it") from error
    return document


def edited(thresholds: Thresholds, text: str) -> Edit:
    """Return what an edited document comes to.

    Args:
        thresholds: What was edited.
        text: The whole document as JSON.

    Raises:
        OpsError: it is no JSON, or what was changed makes no sense; says where, and what would.
    """
    document = parse(text)
    try:
        patch = patch_between(thresholds.deployed, document)
        difference = patch_between(thresholds.constraints, document)
    except ConstraintsError as error:
        raise OpsError(f"the edited document does not fit: {error}", "Correct it") from error
    if found := problems(patch, document):
        raise OpsError("; ".join(found), "Correct it")
    return Edit(patch=patch, changes=changes_of(thresholds.constraints, difference))


def store(deployment: Deployment, patch: Document, *, etag: str) -> None:
    """Store what people have changed, unless somebody has done so meanwhile.

    Args:
        deployment: Where.
        patch: What they have changed, in all; empty for nothing.
        etag: Of what is to be replaced; empty when there was nothing.

    Raises:
        OpsError: somebody else has changed it; nothing was stored.
    """
    condition: dict[str, Any] = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
    try:
        deployment.connection.s3.put_object(
            Bucket=deployment[Output.ARTIFACTS_BUCKET_NAME],
            Key=OVERRIDES_KEY,
            Body=json.dumps(patch, sort_keys=True, indent=1).encode(),
            ContentType="application/json",
            **condition,
        )
    except ClientError as error:
        if code_of(error) not in _STALE:
            raise
        uri = uri_of(deployment[Output.ARTIFACTS_BUCKET_NAME], OVERRIDES_KEY)
        raise OpsError(
            f"somebody else has changed {uri} meanwhile; nothing was stored",
            "See what is in force now, `python -m ops monitor baseline show`, and edit that",
        ) from error


def changes_of(document: Mapping[str, Any], patch: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return what a patch changes of a document, threshold by threshold."""
    return tuple(_changes(_by_name(document), patch, ""))


def _by_name(document: Mapping[str, Any]) -> Mapping[str, Any]:
    named = {each["name"]: each for each in document.get("features", [])}
    return {**document, "features": named}


def _changes(before: Mapping[str, Any], patch: Mapping[str, Any], above: str) -> Iterator[Change]:
    for name, after in patch.items():
        where, old = f"{above}{name}", before.get(name)
        if isinstance(after, Mapping):
            yield from _changes(old if isinstance(old, Mapping) else {}, after, f"{where}.")
        elif after != old:
            yield Change(where=where, before=old, after=after)


def _parsed(text: str, what: str, remedy: str) -> Document:
    try:
        document = json.loads(text, parse_constant=_refuse)
    except ValueError as error:
        raise OpsError(f"{what} is no JSON: {error}", remedy) from error
    if not isinstance(document, dict):
        raise OpsError(f"{what} is no JSON object", remedy)
    return document


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
