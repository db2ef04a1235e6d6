"""From a model back to the raw files: each link is looked up and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from ops import artifacts, jobs, snapshots
from ops.deployment import Deployment
from ops.errors import OpsError
from ops.jobs import JobKind, JobRef
from ops.ledger import split_uri
from ops.models import Model
from ops.output import Advance, ignore
from ops.snapshots import Snapshot
from schemas.manifests import Manifest
from schemas.registry import ModelMetadata
from schemas.training import BASELINE_PREFIX, CONSTRAINTS_FILE, STATISTICS_FILE, Parameters


class LinkState(StrEnum):
    """What a check of a link said."""

    OK = "ok"
    UNVERIFIED = "unverified"
    MISSING = "MISSING"
    CHANGED = "CHANGED"


BROKEN = frozenset({LinkState.MISSING, LinkState.CHANGED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One thing that the model rests on.

    Attributes:
        name: What it is to the model.
        state: Whether it is there, and what was registered.
        finding: What was found, for people.
        facts: What is registered of it: name to value.
    """

    name: str
    state: LinkState
    finding: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lineage:
    """Everything that a model rests on.

    Attributes:
        model: The model.
        is_intact: Whether nothing is missing or changed.
        links: From the model's archive to its data, in this order.
        snapshot: The data; None when its manifest is missing or changed.
    """

    model: Model
    is_intact: bool
    links: tuple[Link, ...]
    snapshot: Snapshot | None = None


def trace(deployment: Deployment, model: Model, *, advance: Advance = ignore) -> Lineage:
    """Return what a model rests on, each link checked.

    Args:
        deployment: Where it is registered.
        model: The model.
        advance: Called after each object of the snapshot that is counted.

    Raises:
        OpsError: it does not say where it comes from.
    """
    metadata = model.metadata
    if metadata is None:
        raise OpsError(
            f"the lineage of model {model.version} is unknown: {model.problem}",
            "Nobody can train it again: reject it",
        )
    job = _describe_job(deployment, metadata)
    links = [
        _hashed(deployment, "archive", metadata.artifact_uri, metadata.artifact_sha256),
        _job(metadata, job),
        _code(deployment, metadata, job.get("CreationTime")),
        _image(metadata, job),
        _parameters(deployment, metadata, job),
        _evaluation(deployment, model, metadata),
        _baseline(deployment, metadata),
        _hashed(deployment, "manifest", metadata.manifest_uri, metadata.manifest_sha256),
    ]
    snapshot = None
    if links[-1].state is LinkState.OK:
        manifest = _manifest(deployment, metadata)
        bucket, _ = split_uri(metadata.manifest_uri)
        snapshot = snapshots.look(deployment, manifest, bucket, advance=advance)
        links.append(_data(snapshot, metadata))
    return Lineage(
        model=model,
        is_intact=not any(link.state in BROKEN for link in links),
        links=tuple(links),
        snapshot=snapshot,
    )


def _describe_job(deployment: Deployment, metadata: ModelMetadata) -> Mapping[str, Any]:
    """Return the training job's description; an empty one when SageMaker knows none."""
    name = metadata.training_job_arn.rpartition("/")[2]
    return jobs.description(deployment, JobRef(kind=JobKind.TRAINING, name=name)) or {}


def _hashed(deployment: Deployment, name: str, uri: str, registered: str) -> Link:
    """Check an object whose SHA-256 is registered."""
    link = partial(Link, name=name, facts={"uri": uri, "sha256": registered})
    found = artifacts.digest(deployment, uri)
    if found is None:
        return link(state=LinkState.MISSING, finding="the object is gone")
    if found != registered:
        return link(state=LinkState.CHANGED, finding=f"its SHA-256 is {found} now")
    return link(state=LinkState.OK, finding="its SHA-256 is the registered one")


def _job(metadata: ModelMetadata, job: Mapping[str, Any]) -> Link:
    facts = {"arn": metadata.training_job_arn, "run": metadata.run_id}
    link = partial(Link, name="training job", facts=facts)
    if not job:
        return link(state=LinkState.MISSING, finding="SageMaker does not know it any more")
    made = job.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")
    if made != metadata.artifact_uri:
        return link(
            state=LinkState.CHANGED, finding=f"it made {made or 'nothing'}, not this archive"
        )
    finding = f"it made the archive, on {metadata.platform}"
    return link(state=LinkState.OK, finding=finding)


def _code(deployment: Deployment, metadata: ModelMetadata, trained_at: datetime | None) -> Link:
    facts = {
        "uri": metadata.code_uri,
        "version": metadata.code_sha256,
        "commit": metadata.git_commit or "not told",
    }
    link = partial(Link, name="code", facts=facts)
    found = artifacts.look(deployment, metadata.code_uri)
    if found is None:
        return link(state=LinkState.MISSING, finding="the zip is gone")
    if f"/{metadata.code_sha256}/" not in metadata.code_uri:
        return link(state=LinkState.CHANGED, finding="the zip does not lie under its version")
    # The version is a hash over the files in the zip, not over the zip.
    if trained_at is not None and found.modified_at > trained_at:
        return link(
            state=LinkState.UNVERIFIED,
            finding="the zip was written after the training: compare it with its older versions",
        )
    return link(
        state=LinkState.OK, finding="the zip lies under its version, untouched since the training"
    )


def _image(metadata: ModelMetadata, job: Mapping[str, Any]) -> Link:
    facts = {"uri": metadata.image_uri, "lock of its twin": metadata.lock_sha256}
    link = partial(Link, name="image", facts=facts)
    ran = job.get("AlgorithmSpecification", {}).get("TrainingImage")
    if ran is None:
        return link(state=LinkState.UNVERIFIED, finding="which one the job ran is unknown")
    if ran != metadata.image_uri:
        return link(state=LinkState.CHANGED, finding=f"the training job ran {ran}")
    return link(state=LinkState.OK, finding="the training job ran it")


def _parameters(deployment: Deployment, metadata: ModelMetadata, job: Mapping[str, Any]) -> Link:
    found = _hashed(deployment, "parameters", metadata.parameters_uri, metadata.parameters_sha256)
    if found.state is not LinkState.OK:
        return found
    text = artifacts.read_text(deployment, metadata.parameters_uri) or ""
    registered = Parameters.from_text(text).hyperparameters
    settings = ", ".join(f"{name}={value}" for name, value in registered.items())
    found = replace(found, facts={**found.facts, "hyperparameters": settings})
    told = job.get("HyperParameters", registered)
    if wrong := sorted(name for name, value in registered.items() if told.get(name) != value):
        return replace(
            found,
            state=LinkState.CHANGED,
            finding=f"the training job was told another {', '.join(wrong)}",
        )
    return found


def _evaluation(deployment: Deployment, model: Model, metadata: ModelMetadata) -> Link:
    uri = metadata.evaluation_uri
    if model.evaluation_sha256:
        return _hashed(deployment, "evaluation", uri, model.evaluation_sha256)
    link = partial(Link, name="evaluation", facts={"uri": uri})
    if artifacts.look(deployment, uri) is None:
        return link(state=LinkState.MISSING, finding="the object is gone")
    return link(state=LinkState.UNVERIFIED, finding="no hash of it is registered")


def _baseline(deployment: Deployment, metadata: ModelMetadata) -> Link:
    link = partial(Link, name="baseline", facts={"uri": metadata.baseline_uri})
    names = [each.removeprefix(BASELINE_PREFIX) for each in (STATISTICS_FILE, CONSTRAINTS_FILE)]
    gone = [
        name for name in names if not artifacts.look(deployment, f"{metadata.baseline_uri}{name}")
    ]
    if gone:
        return link(state=LinkState.MISSING, finding=f"gone: {', '.join(gone)}")
    return link(state=LinkState.OK, finding=f"{' and '.join(names)} are there")


def _manifest(deployment: Deployment, metadata: ModelMetadata) -> Manifest:
    return Manifest.from_text(artifacts.read_text(deployment, metadata.manifest_uri) or "")


def _data(snapshot: Snapshot, metadata: ModelMetadata) -> Link:
    link = partial(Link, name="data", facts={"hash of its content": metadata.data_sha256})
    objects = sum(part.objects for part in snapshot.parts)
    if snapshot.missing:
        finding = f"{snapshot.missing:,} of {objects:,} copies are gone"
        return link(state=LinkState.MISSING, finding=finding)
    if snapshot.changed:
        finding = f"{snapshot.changed:,} of {objects:,} copies are not what the manifest lists"
        return link(state=LinkState.CHANGED, finding=finding)
    return link(state=LinkState.OK, finding=f"all {objects:,} copies are there, each of its size")
