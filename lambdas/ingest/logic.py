"""What becomes of one object version.

A run writes in an order that can be cut anywhere: it notes what it is about to write in the
ledger, writes the files, puts them in force in one transaction, and removes what they replace. The
next delivery of the same message finds in the ledger what the cut one has left, and a file that is
not in force always stands in the ledger until it is removed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contracts.arrow import read_blocks
from contracts.errors import FileRejectedError, FileRejection
from contracts.files import FileFormat, format_of, most_good_rows
from lambdas.ingest.lake import Lake
from lambdas.ingest.ledger import Ledger, OvertakenError
from lambdas.ingest.result import Result
from lambdas.ingest.staging import stage_file
from lambdas.ingest.workspace import workspace
from lambdas.shared.dead_letters import DeadLetterTable
from lambdas.shared.deadline import Deadline
from lambdas.shared.errors import PermanentError, TransientError
from schemas.datasets import DatasetContract
from schemas.dead_letters import DeadLetterStatus
from schemas.keys import curated_key, dataset_of, file_stem, quarantine_key, uri_of
from schemas.ledger import LedgerEntry, LedgerStatus
from schemas.messages import ObjectVersion
from schemas.names import LANDING_PREFIX, Metric

UNKNOWN_DATASET = "unknown"
"""Value of the metrics' dimension for files of no known dataset: keys are anybody's choice."""

Counter = Callable[[str, Mapping[str, int]], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """How an object version came to be processed.

    Attributes:
        message_key: Key of the message that announced it.
        is_repeated: Whether the same message was delivered before.
        is_shared: Whether the message announces other versions, too: it is not settled with one.
    """

    message_key: str
    is_repeated: bool
    is_shared: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How a file is to be read.

    Attributes:
        contract: What its rows must satisfy.
        file_format: How its rows are written.
    """

    contract: DatasetContract
    file_format: FileFormat


class Ingestion:
    """Decides what becomes of object versions.

    Args:
        ledger: What is known of them.
        lake: Their files.
        dead_letters: Messages that died over them.
        datasets: Contracts by name of the dataset.
        curated_bucket_name: Bucket of the Parquet files.
        quarantine_bucket_name: Bucket of the rows that were refused.
        max_file_bytes: Largest file that is read.
        count: Called with a dataset and counts by `Metric`, right after an outcome is written for
            the first time. A worker killed between the two counts nothing; a replay whose outcome
            differs from the former one counts again.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        lake: Lake,
        dead_letters: DeadLetterTable,
        datasets: Mapping[str, DatasetContract],
        curated_bucket_name: str,
        quarantine_bucket_name: str,
        max_file_bytes: int,
        count: Counter,
    ) -> None:
        self._ledger = ledger
        self._lake = lake
        self._dead_letters = dead_letters
        self._datasets = datasets
        self._curated_bucket_name = curated_bucket_name
        self._quarantine_bucket_name = quarantine_bucket_name
        self._max_file_bytes = max_file_bytes
        self._count = count

    def process(
        self, version: ObjectVersion, delivery: Delivery, deadline: Deadline
    ) -> LedgerStatus:
        """Bring `version` to its outcome, however often and in whatever order it is delivered.

        Returns:
            `CURATED` or `SUPERSEDED`.

        Raises:
            PermanentError: the file is rejected; its code is a `FileRejection`.
            TransientError: it is to be tried again.
        """
        own_key = "" if delivery.is_shared else delivery.message_key
        entry = self._ledger.begin(version, dataset_of(version.key) or "", own_key)
        if self._ledger.is_overtaken(version):
            return self._retire(entry)
        if entry.status is LedgerStatus.CURATED and not version.reprocess:
            self._clean_up(entry)
            return LedgerStatus.CURATED
        try:
            return self._run(version, entry, delivery, deadline)
        except OvertakenError:
            if self._ledger.is_overtaken(version):
                return self._retire(self._ledger.get(entry))
            raise TransientError(
                "concurrent-run",
                "another delivery of the same version is being processed; this one is tried again "
                "and then finds its result",
                version.uri,
            ) from None

    def _run(
        self, version: ObjectVersion, entry: LedgerEntry, delivery: Delivery, deadline: Deadline
    ) -> LedgerStatus:
        contract_hash = ""
        try:
            plan = self._plan(version)
            contract_hash = plan.contract.content_hash
            if delivery.is_repeated:
                _raise_known_rejection(entry, contract_hash)
            self._curate(version, entry, plan, deadline)
        except FileRejectedError as rejection:
            self._reject(entry, rejection, contract_hash, delivery)
            raise PermanentError(rejection.code, rejection.message, version.uri) from rejection
        return LedgerStatus.CURATED

    def _plan(self, version: ObjectVersion) -> Plan:
        """Refuse what can be refused without reading the file.

        Raises:
            FileRejectedError: `unknown-dataset`, `unsupported-format`, `too-large`.
        """
        contract = self._datasets.get(dataset_of(version.key) or "")
        if contract is None:
            raise FileRejectedError(
                FileRejection.UNKNOWN_DATASET,
                f"the key {version.key!r} names no known dataset; upload the file as "
                f"{LANDING_PREFIX}<dataset>/<name>, where <dataset> is one of: "
                f"{', '.join(sorted(self._datasets))}; or add a contract and replay the message",
            )
        file_format = format_of(version.key)
        if version.size > self._max_file_bytes:
            raise FileRejectedError(
                FileRejection.TOO_LARGE,
                f"the file has {version.size:,} bytes, of which at most {self._max_file_bytes:,} "
                "are read; split it, or raise max_file_bytes and replay the message",
            )
        return Plan(contract=contract, file_format=file_format)

    def _curate(
        self, version: ObjectVersion, entry: LedgerEntry, plan: Plan, deadline: Deadline
    ) -> None:
        with workspace() as folder:
            with self._lake.open(version, deadline) as source:
                blocks = read_blocks(source, plan.contract, plan.file_format)
                most = most_good_rows(plan.contract, plan.file_format, source.size)
                files = stage_file(blocks, plan.contract, folder, deadline, most_good_rows=most)
            stem = file_stem(version, plan.contract.content_hash)
            curated = {
                uri_of(self._curated_bucket_name, curated_key(plan.contract.name, part, stem)): path
                for part, path in files.partitions.items()
            }
            quarantined = {}
            if files.quarantine is not None:
                key = quarantine_key(plan.contract.name, stem)
                quarantined[uri_of(self._quarantine_bucket_name, key)] = files.quarantine
            staged = self._ledger.stage(entry, frozenset(curated) | frozenset(quarantined))
            for uri, path in (quarantined | curated).items():
                deadline.check()
                self._lake.put(uri, path)
        result = Result(
            rows_in=files.rows_in,
            rows_accepted=files.rows_accepted,
            quarantined_by_reason=files.quarantined_by_reason,
            curated_uris=tuple(sorted(curated)),
            quarantine_uri=next(iter(quarantined), ""),
        )
        committed = self._ledger.commit(staged, plan.contract.content_hash, result)
        if entry.status is not LedgerStatus.CURATED:
            self._count_curated(committed)
        self._clean_up(committed)
        self._dead_letters.settle_existing(entry.begun_message_keys, DeadLetterStatus.RESOLVED)
        if entry.status is LedgerStatus.CURATED:
            self._ledger.forget(committed, entry.in_force_uris - committed.in_force_uris)

    def _reject(
        self,
        entry: LedgerEntry,
        rejection: FileRejectedError,
        contract_hash: str,
        delivery: Delivery,
    ) -> None:
        """Record a rejection; nothing that a run was cut off in writing stays in the lake."""
        self._ledger.reject(
            entry,
            contract_hash=contract_hash,
            error_code=rejection.code,
            error_message=rejection.message,
            message_key=delivery.message_key,
        )
        self._lake.delete(entry.loose_uris)
        if entry.status is LedgerStatus.PROCESSING:
            dimension = entry.dataset if entry.dataset in self._datasets else UNKNOWN_DATASET
            self._count(dimension, {Metric.FILES_REJECTED: 1})

    def _clean_up(self, entry: LedgerEntry) -> None:
        """Remove what the version in force replaces; all of it can be done again."""
        self._lake.delete(entry.loose_uris)
        for older in self._ledger.older_versions(entry):
            self._retire(older)
        if not entry.error_code:
            # With an error, the keys are those of a reprocessing that was refused since.
            self._dead_letters.settle(entry.message_keys, DeadLetterStatus.RESOLVED)

    def _retire(self, entry: LedgerEntry) -> LedgerStatus:
        """Let a version give way to the newer one in force."""
        while True:
            self._lake.delete(entry.written_uris)
            self._dead_letters.settle(entry.message_keys, DeadLetterStatus.SUPERSEDED)
            self._dead_letters.settle_existing(
                entry.begun_message_keys, DeadLetterStatus.SUPERSEDED
            )
            try:
                self._ledger.supersede(entry)
            except OvertakenError:
                entry = self._ledger.get(entry)
            else:
                return LedgerStatus.SUPERSEDED

    def _count_curated(self, entry: LedgerEntry) -> None:
        counts: dict[str, int] = {
            Metric.FILES_CURATED: 1,
            Metric.ROWS_IN: entry.rows_in,
            Metric.ROWS_ACCEPTED: entry.rows_accepted,
            Metric.ROWS_QUARANTINED: entry.rows_quarantined,
        }
        self._count(entry.dataset, counts)


def _raise_known_rejection(entry: LedgerEntry, contract_hash: str) -> None:
    """Refuse a file again, without reading it, that was refused under the same contract.

    Only for messages on their way to the dead-letter queue, which are delivered a few times in a
    row: a replay reads the file again, because code or settings may have changed since.
    """
    if entry.status is LedgerStatus.REJECTED and entry.contract_hash == contract_hash:
        raise FileRejectedError(FileRejection(entry.error_code), entry.error_message)
