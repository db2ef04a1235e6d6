"""Files into the lake: checks first, then uploads."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from os import SEEK_END
from pathlib import Path, PurePosixPath

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from ops.deployment import Deployment
from ops.errors import OpsError, explain
from ops.output import Advance, ignore
from schemas.catalog import DATASETS
from schemas.names import LANDING_PREFIX, Output

SUFFIXES = (".csv", ".jsonl")
UPLOADS_AT_A_TIME = 16
MAX_PROBLEMS_SHOWN = 10
MAX_PUT_BYTES = 5 * 1024**3
"""Largest object of a single PUT; far above any environment's `max_file_bytes`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A file and where it goes.

    Attributes:
        path: The file.
        key: Key in the raw bucket.
    """

    path: Path
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Uploaded:
    """A file that was uploaded.

    Attributes:
        path: The file.
        uri: The raw object, without its version.
        version_id: Version that this upload made.
        etag: Entity tag without quotes.
        size: Bytes.
        uploaded_at: Begin of the upload, ISO 8601 in UTC.
    """

    path: Path
    uri: str
    version_id: str
    etag: str
    size: int
    uploaded_at: str


def plan_uploads(
    paths: Sequence[Path], *, dataset: str | None = None, prefix: str = ""
) -> list[Upload]:
    """Decide where files go, or refuse all of them; nothing is uploaded yet.

    A folder's files keep their paths below it. Hidden files are left out.

    Args:
        paths: Files and folders.
        dataset: Dataset of all of them; by default each file's nearest folder that is named like
            a dataset.
        prefix: Folder below `landing/<dataset>/`; empty for none.

    Raises:
        OpsError: something cannot be ingested; names every problem.
    """
    problems: list[str] = []
    uploads: dict[str, Upload] = {}
    if dataset is not None and dataset not in DATASETS:
        raise OpsError(f"unknown dataset {dataset!r}", f"Use --dataset with one of: {_known()}")
    for path in paths:
        if not path.exists():
            problems.append(f"{path} does not exist")
            continue
        for file, relative in _files(path):
            target = dataset or _dataset_from(file)
            problem = _problem(file, target)
            if problem or target is None:
                problems.append(problem)
                continue
            key = LANDING_PREFIX + str(PurePosixPath(target, prefix.strip("/"), relative))
            if key in uploads:
                problems.append(f"{file} and {uploads[key].path} would both become {key}")
            uploads[key] = Upload(path=file, key=key)
    if not uploads and not problems:
        problems.append(f"{', '.join(map(str, paths))}: no files")
    if problems:
        more = len(problems) - MAX_PROBLEMS_SHOWN
        shown = problems[:MAX_PROBLEMS_SHOWN] + ([f"and {more} more"] if more > 0 else [])
        raise OpsError("nothing was uploaded: " + "; ".join(shown), "Correct these, then run again")
    return list(uploads.values())


def _known() -> str:
    return ", ".join(sorted(DATASETS))


def _files(path: Path) -> Iterator[tuple[Path, PurePosixPath]]:
    """Yield files with the path that they keep in the bucket."""
    if path.is_file():
        yield path, PurePosixPath(path.name)
        return
    for file in sorted(path.rglob("*")):
        relative = PurePosixPath(file.relative_to(path).as_posix())
        if file.is_file() and not any(part.startswith(".") for part in relative.parts):
            yield file, relative


def _dataset_from(file: Path) -> str | None:
    folders = reversed(file.absolute().parent.parts)
    return next((folder for folder in folders if folder in DATASETS), None)


def _problem(file: Path, dataset: str | None) -> str:
    """Say why `file` cannot be ingested; empty when it can."""
    if not file.name.endswith(SUFFIXES):
        return f"{file} is neither {' nor '.join(SUFFIXES)}"
    if dataset is None:
        return f"{file} lies in no folder named like a dataset: use --dataset ({_known()})"
    if file.stat().st_size > MAX_PUT_BYTES:
        return f"{file} is larger than {MAX_PUT_BYTES:,} bytes: split it"
    return ""


def upload(
    deployment: Deployment, uploads: Sequence[Upload], *, advance: Advance = ignore
) -> list[Uploaded]:
    """Put files into the raw bucket, several at a time, unchecked, in any order.

    Args:
        deployment: Where to.
        uploads: What, from `plan_uploads` or made by hand.
        advance: Called after each file.

    Returns:
        One entry per file, in the order of `uploads`.

    Raises:
        OpsError: a file could not be read or put; says how many were uploaded all the same.
    """
    bucket = deployment[Output.RAW_BUCKET_NAME]
    results: list[Uploaded] = []
    with ThreadPoolExecutor(UPLOADS_AT_A_TIME) as pool:
        futures = [pool.submit(_put, deployment, bucket, each) for each in uploads]
        try:
            for future in futures:
                results.append(future.result())
                advance(1)
        except (OSError, Boto3Error, BotoCoreError, ClientError) as error:
            pool.shutdown(cancel_futures=True)
            done = sum(not each.cancelled() and each.exception() is None for each in futures)
            raise _stopped(deployment, error, done, len(uploads)) from error
    return results


def _put(deployment: Deployment, bucket: str, item: Upload) -> Uploaded:
    uploaded_at = datetime.now(UTC).isoformat(timespec="seconds")
    with item.path.open("rb") as body:
        answer = deployment.connection.s3.put_object(Bucket=bucket, Key=item.key, Body=body)
        size = body.seek(0, SEEK_END)
    return Uploaded(
        path=item.path,
        uri=f"s3://{bucket}/{item.key}",
        version_id=answer.get("VersionId", ""),
        etag=answer["ETag"].strip('"'),
        size=size,
        uploaded_at=uploaded_at,
    )


def _stopped(
    deployment: Deployment,
    error: OSError | Boto3Error | BotoCoreError | ClientError,
    done: int,
    total: int,
) -> OpsError:
    if isinstance(error, OSError):
        reason = OpsError(str(error), "Make the file readable")
    else:
        reason = explain(error, local_endpoint=deployment.connection.endpoint_url)
    return OpsError(
        f"{done:,} of {total:,} files were uploaded, then: {reason.cause}",
        f"{reason.remedy}; then run the same command again: files uploaded twice count once",
    )
