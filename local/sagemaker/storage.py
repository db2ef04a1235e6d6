"""Objects in S3, moved in the name of a job's role and many at a time."""

import json
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker import sessions
from local.sagemaker.containers import session_token
from local.sagemaker.errors import JobFailedError, JobStoppedError
from local.sagemaker.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

THREADS = 8
_CHUNK_BYTES = 1 << 20
_DENIED = {"AccessDenied", "403", "Forbidden"}
_ABSENT = {"NoSuchKey", "NoSuchBucket", "404"}


class Storage:
    """Makes one client per role, and holds the threads that all transfers share."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="transfer")
        self._lock = threading.Lock()
        self._buckets: dict[str, RoleStorage] = {}

    def of_role(self, role: str) -> "RoleStorage":
        """Return the storage as a role (its ARN) sees it."""
        with self._lock:
            if role not in self._buckets:
                self._buckets[role] = RoleStorage(
                    self._client(role), role, self._settings.region, self._threads
                )
            return self._buckets[role]

    def _client(self, role: str) -> "S3Client":
        made: S3Client = sessions.client(
            "s3",
            region_name=self._settings.region,
            endpoint_url=self._settings.endpoint_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 -- a dummy, as all keys of the local cloud
            aws_session_token=session_token(role) or None,
            config=Config(
                max_pool_connections=THREADS,
                retries={"mode": "standard", "total_max_attempts": 3},
                s3={"addressing_style": "path"},
                # Checksums guard against networks; here they only cost time.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
        # Else each upload first asks whether it may come, which takes a round trip or a second.
        made.meta.events.register("before-send.s3.PutObject", _without_asking)
        return made

    def close(self) -> None:
        """End the threads; what has not begun is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class RoleStorage:
    """S3 as one role sees it. Failures become reasons as SageMaker gives them."""

    def __init__(
        self, client: "S3Client", role: str, region: str, threads: ThreadPoolExecutor
    ) -> None:
        self._client = client
        self._role = role
        self._region = region
        self._threads = threads

    def download(self, data_type: str, uri: str, folder: Path, stopped: Callable[[], bool]) -> None:
        """Bring objects into a folder.

        Args:
            data_type: `S3Prefix` for every object below the prefix `uri`, `ManifestFile` for
                those that the manifest at `uri` names, at their places below its prefix.
            uri: See above.
            folder: An existing folder.
            stopped: Asked before each object whether to give up.

        Raises:
            JobFailedError: there is no object, or one cannot be had.
            JobStoppedError: `stopped` returned true.
        """
        if data_type == "ManifestFile":
            self._download_manifest(uri, folder, stopped)
        else:
            self._download_prefix(uri, folder, stopped)

    def _download_prefix(self, uri: str, folder: Path, stopped: Callable[[], bool]) -> None:
        bucket, prefix = split_uri(uri)
        keys = list(self._keys(uri, bucket, prefix))
        if not keys:
            raise self._nothing_found(uri, bucket)
        self._download(bucket, {key: place_of(key, prefix) for key in keys}, folder, stopped)

    def _download_manifest(self, uri: str, folder: Path, stopped: Callable[[], bool]) -> None:
        try:
            first, *places = json.loads(self.read(uri))
            prefix = str(first["prefix"])
        except (ValueError, TypeError, KeyError):
            raise JobFailedError(
                f"ClientError: Data download failed: {uri} is no manifest: it must be a JSON list "
                'of {"prefix": "s3://..."} and of keys relative to that prefix'
            ) from None
        bucket, start = split_uri(prefix)
        if not places:
            raise self._nothing_found(uri, bucket)
        self._download(bucket, {start + place: place for place in places}, folder, stopped)

    def read(self, uri: str) -> bytes:
        """Return the content of one object.

        Raises:
            JobFailedError: it cannot be had.
        """
        bucket, key = split_uri(uri)
        try:
            return self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise self._failure("Data download failed", uri, error) from error

    def exists(self, uri: str) -> bool:
        """Return whether the role can see an object."""
        bucket, key = split_uri(uri)
        try:
            self._client.head_object(Bucket=bucket, Key=key)
        except (BotoCoreError, ClientError):
            return False
        return True

    def upload(self, file: Path, uri: str, key_id: str = "") -> None:
        """Put one file.

        Args:
            file: What to put.
            uri: Where to.
            key_id: KMS key to encrypt it with.

        Raises:
            JobFailedError: it cannot be put.
        """
        with file.open("rb") as body:
            self.write(body, uri, key_id)

    def write(self, body: bytes | BinaryIO, uri: str, key_id: str = "") -> None:
        """Put one object; see `upload`."""
        bucket, key = split_uri(uri)
        encryption: Mapping[str, Any] = (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}
        )
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=body, **encryption)
        except (BotoCoreError, ClientError) as error:
            raise self._failure("Artifact upload failed", uri, error) from error

    def upload_folder(self, folder: Path, uri: str, key_id: str = "") -> None:
        """Put every file below a folder, at the same place below a prefix.

        Raises:
            JobFailedError: one cannot be put.
        """
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        base = uri.rstrip("/")
        _complete(
            [
                self._threads.submit(
                    self.upload, file, f"{base}/{file.relative_to(folder).as_posix()}", key_id
                )
                for file in files
            ]
        )

    def _keys(self, uri: str, bucket: str, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=bucket, Prefix=prefix):
                for found in page.get("Contents", ()):
                    if not found["Key"].endswith("/"):  # a marker of a folder, not a file
                        yield found["Key"]
        except ClientError as error:
            if _code(error) in _ABSENT:
                raise self._nothing_found(uri, bucket) from error
            raise self._failure("Data download failed", uri, error) from error
        except BotoCoreError as error:
            raise self._failure("Data download failed", uri, error) from error

    def _download(
        self, bucket: str, places: Mapping[str, str], folder: Path, stopped: Callable[[], bool]
    ) -> None:
        _refuse_outside(places.values())
        for parent in {folder.joinpath(place).parent for place in places.values()}:
            parent.mkdir(parents=True, exist_ok=True)
        _complete(
            [
                self._threads.submit(self._fetch, bucket, key, folder / place, stopped)
                for key, place in places.items()
            ]
        )

    def _fetch(self, bucket: str, key: str, file: Path, stopped: Callable[[], bool]) -> None:
        if stopped():
            raise JobStoppedError
        try:
            body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
            with file.open("wb") as target:
                shutil.copyfileobj(body, target, _CHUNK_BYTES)
        except (BotoCoreError, ClientError) as error:
            raise self._failure("Data download failed", f"s3://{bucket}/{key}", error) from error

    def _nothing_found(self, uri: str, bucket: str) -> JobFailedError:
        return JobFailedError(
            f'ClientError: No S3 objects found under S3 URL "{uri}" given in input data source. '
            f"Please ensure that the bucket exists in the selected region ({self._region}), that "
            f'objects exist under that S3 prefix, and that the role "{self._role}" has '
            f'"s3:ListBucket" permissions on bucket "{bucket}".'
        )

    def _failure(self, what: str, uri: str, error: Exception) -> JobFailedError:
        reason = str(error)
        if isinstance(error, ClientError) and _code(error) in _DENIED:
            reason = f'Access denied (403): the role "{self._role}" lacks a permission. {error}'
        return JobFailedError(f"ClientError: {what} for {uri}: {reason}")


def _without_asking(request: Any, **_: Any) -> None:
    del request.headers["Expect"]


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an S3 URI.

    Raises:
        JobFailedError: it is none.
    """
    if not uri.startswith("s3://"):
        raise JobFailedError(f"ClientError: {uri} is no S3 URI (s3://bucket/key)")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def place_of(key: str, prefix: str) -> str:
    """Return where below an input's folder SageMaker puts the object `key` of a prefix.

    A prefix names a folder (with or without its slash), one object, or the beginning of names.
    """
    folder = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
    if key.startswith(folder):
        return key.removeprefix(folder)
    return key[prefix.rfind("/") + 1 :]


def _refuse_outside(places: Iterable[str]) -> None:
    for place in places:
        if place.startswith("/") or ".." in PurePosixPath(place).parts:
            raise JobFailedError(f"ClientError: Data download failed: {place} leaves its folder")


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _complete(transfers: Iterable["Future[None]"]) -> None:
    """Await transfers; the first failure drops those that have not begun, and is raised."""
    done, rest = wait(list(transfers), return_when=FIRST_EXCEPTION)
    for transfer in rest:
        transfer.cancel()
    wait(rest)
    for transfer in done:
        transfer.result()
