"""Data capture: what an endpoint was asked and answered, as files in S3, written in batches.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

import base64
import json
import logging
import random
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.sagemaker.errors import JobFailedError
from local.sagemaker.storage import Storage

logger = logging.getLogger(__name__)

_WRITE_SECONDS = 2.0
_CONTENT_TYPES = (("CsvContentTypes", "CSV"), ("JsonContentTypes", "JSON"))


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that a model has answered."""

    input: bytes
    input_type: str
    output: bytes
    output_type: str
    inference_id: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where records go together, and in whose name."""

    role: str
    key_id: str
    folder: str


class Captures:
    """Collects records and writes them in a thread of its own, in small files."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._lock = threading.Lock()
        self._records: defaultdict[_Place, list[str]] = defaultdict(list)
        self._closing = threading.Event()
        self._writer = threading.Thread(target=self._write, name="capture", daemon=True)
        self._writer.start()

    def add(
        self, config: Mapping[str, Any], endpoint: str, variant: Mapping[str, Any], asked: Exchange
    ) -> None:
        """Take a share of the exchanges, as the DataCaptureConfig says; they are in S3 soon.

        Args:
            config: The DataCaptureConfig.
            endpoint: Name of the endpoint.
            variant: Description of the variant that answered.
            asked: What went to and fro.
        """
        percent = config["InitialSamplingPercentage"]
        if not config.get("EnableCapture", True) or random.uniform(0, 100) >= percent:  # noqa: S311
            return
        at = datetime.now(UTC)
        base = f"{config['DestinationS3Uri'].rstrip('/')}/{endpoint}/{variant['VariantName']}"
        place = _Place(variant["Role"], config.get("KmsKeyId", ""), f"{base}/{at:%Y/%m/%d/%H}")
        line = json.dumps(_record(config, asked, at))
        with self._lock:
            self._records[place].append(line)

    def _write(self) -> None:
        while not self._closing.wait(_WRITE_SECONDS):
            self._flush()

    def _flush(self) -> None:
        with self._lock:
            records, self._records = self._records, defaultdict(list)
        for place, lines in records.items():
            name = f"{datetime.now(UTC):%M-%S-%f}"[:-3]
            uri = f"{place.folder}/{name}-{uuid.uuid4()}.jsonl"
            body = "".join(f"{line}\n" for line in lines).encode()
            try:
                self._storage.of_role(place.role).write(body, uri, place.key_id)
            except JobFailedError as error:
                # As on AWS: nobody who asks an endpoint waits for its capture, or hears of it.
                logger.error("lost %d captured records: %s", len(lines), error)  # noqa: TRY400

    def close(self) -> None:
        """Write what is left."""
        self._closing.set()
        self._writer.join()
        self._flush()


def _record(config: Mapping[str, Any], asked: Exchange, at: datetime) -> dict[str, Any]:
    inference_id = {"inferenceId": asked.inference_id} if asked.inference_id else {}
    return {
        "captureData": dict(_captured(config, asked)),
        "eventMetadata": {
            "eventId": str(uuid.uuid4()),
            **inference_id,
            "inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        },
        "eventVersion": "0",
    }


def _captured(config: Mapping[str, Any], asked: Exchange) -> Iterator[tuple[str, dict[str, str]]]:
    modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
    headers = config.get("CaptureContentTypeHeader") or {}
    for mode, content_type, body in (
        ("Input", asked.input_type, asked.input),
        ("Output", asked.output_type, asked.output),
    ):
        if modes & {mode, "InputAndOutput"}:
            encoding = _encoding(headers, content_type)
            is_text = encoding != "BASE64"
            yield (
                f"endpoint{mode}",
                {
                    "observedContentType": content_type,
                    "mode": mode.upper(),
                    "data": (body if is_text else base64.b64encode(body)).decode(errors="replace"),
                    "encoding": encoding,
                },
            )


def _encoding(headers: Mapping[str, list[str]], content_type: str) -> str:
    """Return how a body is written: as it is when its type is listed, else in base 64."""
    kind = content_type.partition(";")[0].strip().lower()
    for member, encoding in _CONTENT_TYPES:
        if kind in (listed.lower() for listed in headers.get(member, ())):
            return encoding
    return "BASE64"
