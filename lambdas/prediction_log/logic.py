"""Every prediction that was answered is in the table once, whatever dies or crosses on the way.

A batch becomes one file per day. Its key is new, it is created only where there is none (S3 decides
among those who try), and never changed. Before a worker writes a request's predictions into its
file, it claims the request: the index then says that they are, or will be, in that file. So

- *a request is logged if and only if the file that the index names holds it*. A message is done
  when that was seen: the file was created with it, or read and found to hold it. Nothing is lost.
- *a claim moves to another file only after the old one was read and found not to hold the request*.
  The old file exists then and stays as it is, so it will never hold the request; if its writer is
  still alive, creating it fails. By induction, no other file than the one that the index names
  holds the request. Nothing is there twice.

Where there is no old file, its writer works or is dead. As long as it may live, the message waits;
after that, an empty file is created in its place, which keeps out a writer that lives longer than
it should. Time only tells when that is worthwhile: were it wrong, a writer would work in vain, and
its messages be delivered again.

A worker may die between any two calls, and any call may take effect without an answer: what it
leaves is a claim whose file does not hold the request, or one whose file does, and both are read
for what they are by the next delivery, in whatever batch it comes.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from lambdas.prediction_log.files import PredictionFiles
from lambdas.prediction_log.index import Claim, PredictionIndex
from lambdas.prediction_log.provenance import UNKNOWN
from lambdas.prediction_log.rows import Entry, flawed
from lambdas.shared.batch import Message
from lambdas.shared.deadline import Deadline, DeadlineError
from lambdas.shared.errors import TransientError
from schemas.names import VARIANT_DIMENSION, PredictionMetric
from schemas.predictions import predictions_prefix

# A request is claimed only while this many reserves of time are left: what was claimed is written.
_RESERVES_TO_CLAIM = 2


class Count(Protocol):
    """Emits metrics; see `lambdas.shared.telemetry.count`."""

    def __call__(self, of: str, values: Mapping[str, int], *, dimension: str) -> None:
        """Emit one set of counts."""


@dataclass(slots=True)
class _Batch:
    """What is known of a batch: each entry once, whoever sent it, and what went wrong."""

    entries: dict[str, Entry] = field(default_factory=dict)
    senders: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    errors: dict[str, Exception] = field(default_factory=dict)

    def add(self, message: Message, entry: Entry) -> None:
        self.entries.setdefault(entry.record.key, entry)
        self.senders[entry.record.key].append(message.message_id)

    def fail(self, entries: Iterable[Entry], error: Exception) -> None:
        for entry in entries:
            self.errors.update(dict.fromkeys(self.senders[entry.record.key], error))


class PredictionLog:
    """Writes batches of logged requests into the table.

    Args:
        index: Which file holds which request.
        files: The table's files.
        read: Returns the entry that a message is.
        new_stem: Returns a name that no file has.
        claim_lifetime: How long a worker may live that has claimed a request.
        count: Emits metrics.
    """

    def __init__(
        self,
        *,
        index: PredictionIndex,
        files: PredictionFiles,
        read: Callable[[Message], Entry],
        new_stem: Callable[[], str],
        claim_lifetime: timedelta,
        count: Count,
    ) -> None:
        self._index = index
        self._files = files
        self._read = read
        self._new_stem = new_stem
        self._claim_lifetime = claim_lifetime
        self._count = count

    def log(self, messages: Sequence[Message], deadline: Deadline) -> Mapping[str, Exception]:
        """Log what `messages` carry; return the errors of those that failed, by message id."""
        batch = self._read_all(messages)
        for day, entries in _by_day(batch.entries.values()).items():
            key = f"{predictions_prefix(day)}{self._new_stem()}.parquet"
            claimed = self._claim_all(entries, key, batch, deadline)
            if not claimed:
                continue
            try:
                deadline.check()
                self._write(key, claimed)
            except Exception as error:
                batch.fail(claimed, error)
        return batch.errors

    def _read_all(self, messages: Sequence[Message]) -> _Batch:
        batch = _Batch()
        for message in messages:
            try:
                batch.add(message, self._read(message))
            except Exception as error:
                batch.errors[message.message_id] = error
        return batch

    def _claim_all(
        self, entries: Sequence[Entry], key: str, batch: _Batch, deadline: Deadline
    ) -> list[Entry]:
        """Return the entries that are to be written to the file `key`."""
        claimed = []
        for entry in entries:
            try:
                if deadline.is_near(reserves=_RESERVES_TO_CLAIM):
                    raise DeadlineError
                if self._claim(entry, key):
                    claimed.append(entry)
            except Exception as error:
                batch.fail([entry], error)
        return claimed

    def _claim(self, entry: Entry, key: str) -> bool:
        """Claim a request for the file `key`; return False when it is logged already.

        Raises:
            TransientError: it is claimed by somebody who may still write it.
        """
        record = entry.record
        if self._index.claim(record, key):
            return True
        claim = self._index.get(record.key)
        if claim is None:
            raise _crossing(record.key)
        if claim.object_key == key:  # an earlier attempt, whose answer did not arrive
            return True
        if record.key in self._final_content(claim):
            return False
        if not self._index.take_over(record.key, claim, key):
            raise _crossing(record.key)
        return True

    def _final_content(self, claim: Claim) -> frozenset[str]:
        """Return the requests in the file of a claim, once nothing can change them any more.

        Raises:
            TransientError: the file is not there yet.
        """
        content = self._files.requests_in(claim.object_key)
        if content is not None:
            return content
        if self._index.age(claim) <= self._claim_lifetime:
            raise _crossing(claim.object_key)
        self._files.create(claim.object_key, ())
        content = self._files.requests_in(claim.object_key)
        if content is None:
            raise _crossing(claim.object_key)
        return content

    def _write(self, key: str, entries: Sequence[Entry]) -> None:
        rows = {entry.record.key: entry.rows for entry in entries}
        if not self._files.create(key, [row for some in rows.values() for row in some]):
            # Either an earlier attempt, whose answer did not arrive, or one that took over.
            content = self._files.requests_in(key)
            if content is None or not content >= rows.keys():
                raise _crossing(key)
        logged: Counter[str] = Counter()
        flaws: Counter[str] = Counter()
        for entry in entries:
            variant = entry.record.variant or UNKNOWN
            logged[variant] += len(entry.record.rows)
            flaws[variant] += flawed(rows[entry.record.key])
        for variant, predictions in logged.items():
            counts: dict[str, int] = {
                PredictionMetric.PREDICTIONS_LOGGED: predictions,
                PredictionMetric.PREDICTIONS_FLAWED: flaws[variant],
            }
            self._count(variant, counts, dimension=VARIANT_DIMENSION)


def _by_day(entries: Iterable[Entry]) -> Mapping[str, list[Entry]]:
    days: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        days[entry.record.day].append(entry)
    return days


def _crossing(subject: str) -> TransientError:
    return TransientError(
        "being-logged",
        "another worker may be logging the same request; the message is delivered again, and then "
        "finds it logged or logs it itself",
        subject,
    )
