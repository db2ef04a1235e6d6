"""What a transform job does to data: objects become requests, and answers become objects.

https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
"""

import json
from collections.abc import Callable, Iterable, Iterator

from local.sagemaker.errors import JobFailedError

CSV, JSON_LINES = "text/csv", "application/jsonlines"
_NEWLINE = b"\n"


def lines_of(content: bytes) -> list[bytes]:
    """Return the records of an object: its lines but the empty ones."""
    return [line for line in (each.rstrip(b"\r") for each in content.split(_NEWLINE)) if line]


def batches(records: Iterable[bytes], *, single: bool, limit: int) -> Iterator[list[bytes]]:
    """Yield the records of one request after the other.

    Args:
        records: Lines.
        single: Whether each record is a request of its own.
        limit: Most bytes of a request, 0 for any number.

    Raises:
        JobFailedError: a record is longer than a request may be.
    """
    batch: list[bytes] = []
    size = 0
    for record in records:
        refuse_too_long(record, limit)
        grown = size + len(record) + bool(batch)
        if batch and (single or (limit and grown > limit)):
            yield batch
            batch, grown = [], len(record)
        batch.append(record)
        size = grown
    if batch:
        yield batch


def refuse_too_long(payload: bytes, limit: int) -> None:
    """Refuse what does not fit into one request.

    Raises:
        JobFailedError: it does not.
    """
    if limit and len(payload) > limit:
        raise JobFailedError(
            f"ClientError: a payload of {len(payload)} bytes exceeds MaxPayloadInMB "
            f"({limit >> 20} MB): raise it, or split the data by lines"
        )


def request_of(batch: Iterable[bytes]) -> bytes:
    """Return the body of a batch's request."""
    return _NEWLINE.join(batch)


def assembled(answers: Iterable[bytes], *, by_lines: bool) -> bytes:
    """Return the object that answers make, a line end behind each of them when `by_lines`."""
    if not by_lines:
        return b"".join(answers)
    return b"".join(answer.removesuffix(_NEWLINE) + _NEWLINE for answer in answers)


def joined(records: list[bytes], answer: bytes, content_type: str) -> bytes:
    """Return the answer to some records with each of its lines joined to its record.

    Args:
        records: Lines of the type that the answer has, too.
        answer: As many lines.
        content_type: `CSV` or `JSON_LINES`.

    Raises:
        JobFailedError: there are more or fewer lines, or one is no JSON.
    """
    results = lines_of(answer)
    if len(results) != len(records):
        raise JobFailedError(
            "ClientError: Fail to join data: mismatched line count between the input and the "
            f"output ({len(records)} and {len(results)})"
        )
    join = _JOINS[content_type]
    try:
        return _NEWLINE.join(map(join, records, results))
    except ValueError as error:
        raise JobFailedError(f"ClientError: Fail to join data: {error}") from None


def _join_csv(record: bytes, result: bytes) -> bytes:
    return record + b"," + result


def _join_json(record: bytes, result: bytes) -> bytes:
    source, output = json.loads(record), json.loads(result)
    members = source if isinstance(source, dict) else {"SageMakerInput": source}
    return json.dumps({**members, "SageMakerOutput": output}).encode()


_JOINS: dict[str, Callable[[bytes, bytes], bytes]] = {CSV: _join_csv, JSON_LINES: _join_json}
