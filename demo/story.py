"""The steps of the demo, in order. Each does one thing that happens to real pipelines."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from demo import shipments
from demo.accounts import Sent
from demo.errors import DemoError
from demo.shipments import Shipment
from demo.trees import ROOT, copy_with_wrong_contract
from demo.watch import Watch
from local.cloud import LocalCloud
from ops import dead_letters, ledger
from ops.aws import connect
from ops.deployment import Deployment, find_environment
from ops.pacing import Pacer, Poll
from ops.queues import messages_under_way, wait_until_idle
from ops.reprocess import object_version
from schemas.ledger import LedgerStatus
from schemas.messages import ObjectVersion, s3_event
from schemas.names import LANDING_PREFIX, Output
from schemas.windows import month_name, month_number

ENVIRONMENT = "local"
STREAMED = ("2013-01", "2013-02")
STREAM_FILES_PER_SECOND = 25
DUPLICATED_EVENTS = 100
REPEATED_FILES = 10
UPLOAD_THREADS = 4
LONGEST_WAIT_SECONDS = 600

ReportProgress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is."""


@dataclass(slots=True)
class Story:
    """One run of the demo.

    Attributes:
        cloud: The embedded cloud, running.
        folder: Where the run may write.
        progress: Shows how far a step is.
        sent: Every object version uploaded so far.
        marks: Name of a step to the second at which it began.
    """

    cloud: LocalCloud
    folder: Path
    progress: ReportProgress
    sent: list[Sent] = field(default_factory=list)
    marks: dict[str, float] = field(default_factory=dict)
    replayed: int = 0
    burst_files: int = 0
    burst_seconds: float = 0.0
    _began: float = field(default_factory=time.monotonic)
    _deployment: Deployment | None = None

    def clock(self) -> float:
        """Return the seconds since the run began."""
        return time.monotonic() - self._began

    @property
    def deployment(self) -> Deployment:
        """The app, once it is deployed."""
        if self._deployment is None:
            raise DemoError("nothing is deployed yet")
        return self._deployment

    def mark(self, name: str) -> None:
        """Remember that the step `name` begins now."""
        self.marks[name] = self.clock()

    def deploy_with_wrong_contract(self) -> None:
        """Deploy a copy of the tree in which the contract of the weather misnames a column."""
        self._deploy(copy_with_wrong_contract(self.folder / "tree"))

    def deploy(self) -> None:
        """Deploy the tree itself."""
        self._deploy(ROOT)

    def _deploy(self, tree: Path) -> None:
        self.cloud.deploy(tree, env=ENVIRONMENT)
        connection = connect(find_environment(ENVIRONMENT), self.cloud.environment)
        self._deployment = Deployment.find(ENVIRONMENT, connection)

    def stream(self) -> None:
        """Send January and February as a steady stream, and their weather."""
        files = [
            shipments.intact(key, lines)
            for key, lines in _of_months(shipments.daily_flights(), STREAMED).items()
        ]
        weather = self._weather(STREAMED)
        pacer = Pacer(STREAM_FILES_PER_SECOND)
        for done, shipment in enumerate([*weather, *files], start=1):
            pacer.wait()
            self._upload(shipment)
            self.progress("steady stream", done, len(weather) + len(files))

    def wait_for_dead_letters(self, watch: Watch) -> bool:
        """Wait until the weather is in the dead-letter table; return whether the alarm fired."""
        expected = sum("/weather/" in each.uri for each in self.sent)
        for _ in Poll(LONGEST_WAIT_SECONDS, 1):
            found = dead_letters.replayable(self.deployment)
            self.progress("dead letters", min(len(found), expected), expected)
            if len(found) >= expected:
                break
        else:
            raise DemoError("the files with the wrong contract were not dead-lettered in time")
        return watch.wait_until_fired("DeadLetter", timeout_seconds=60)

    def replay(self) -> None:
        """Send the dead letters back, now that the contract is right."""
        letters = dead_letters.replayable(self.deployment)
        results = dead_letters.replay(self.deployment, letters)
        self.replayed = len(results)
        self._drain("replay")

    def damaged_month(self, month: str) -> None:
        """Send a month at once, with broken rows and broken files, and what is there once more."""
        generator = random.Random(shipments.SEED)  # noqa: S311 - reproducible, not secret
        flights = _of_months(shipments.daily_flights(), [month])
        damaged = set(generator.sample(list(flights), shipments.DAMAGED_FILES))
        load = [
            shipments.damaged_rows(key, lines, generator)
            if key in damaged
            else shipments.intact(key, lines)
            for key, lines in flights.items()
        ]
        load += [each for each in self._weather([month]) if not self._is_sent(each)]
        load += shipments.damaged_files(next(iter(flights.values())))
        generator.shuffle(load)
        self._send_duplicates(generator)
        self._upload_all(f"{month}, damaged", load)
        self._drain(f"{month}, damaged")

    def arrive(self, months: Sequence[str]) -> None:
        """Send months at once, and what says that they are complete: data of the month after.

        That is the next month's weather, which comes a month at a time, and its first day.
        """
        after = month_name(month_number(months[-1]) + 1)
        flights = shipments.daily_flights()
        load = [shipments.intact(key, lines) for key, lines in _of_months(flights, months).items()]
        load += [
            shipments.intact(key, lines)
            for key, lines in _of_months(flights, [after]).items()
            if key.startswith(f"{_month_prefix(after)}01/")
        ]
        load += self._weather([*months, after])
        name = f"{months[0]} to {months[-1]}" if len(months) > 1 else months[0]
        self._upload_all(name, [each for each in load if not self._is_sent(each)])
        self._drain(name)

    def burst(self) -> None:
        """Deliver everything that is curated once more, all at once."""
        curated = ledger.entries(self.deployment, status=LedgerStatus.CURATED)
        began = self.clock()
        with ThreadPoolExecutor(UPLOAD_THREADS) as pool:
            versions = (object_version(entry) for entry in curated)
            for done, _ in enumerate(pool.map(self._send_event, versions), start=1):
                self.progress("burst: send", done, len(curated))
        self._drain("burst")
        self.burst_files, self.burst_seconds = len(curated), self.clock() - began

    def correct_and_repeat(self) -> None:
        """Send a spoiled export, correct it under the same key; send some files a second time."""
        flights = shipments.daily_flights()
        keys = list(flights)[:REPEATED_FILES]
        good = shipments.intact("landing/flights/corrections/EWR.csv", flights[keys[0]])
        self._upload(shipments.semicolons(good))
        for _ in Poll(LONGEST_WAIT_SECONDS, 1):
            waiting = dead_letters.replayable(self.deployment)
            if any("corrections" in letter.subject for letter in waiting):
                break
        else:
            raise DemoError("the spoiled export was not dead-lettered in time")
        self._upload_all("corrections", [good, *(shipments.intact(k, flights[k]) for k in keys)])
        self._drain("corrections")

    def redeliver_replaced_versions(self) -> None:
        """Deliver events of older versions again, after the newer ones were curated."""
        for entry in ledger.entries(self.deployment, status=LedgerStatus.SUPERSEDED):
            self._send_event(object_version(entry))
        self._drain("late events")

    def _send_duplicates(self, generator: random.Random) -> None:
        curated = ledger.entries(self.deployment, status=LedgerStatus.CURATED)
        for entry in generator.sample(curated, DUPLICATED_EVENTS):
            self._send_event(object_version(entry))

    def _send_event(self, version: ObjectVersion) -> None:
        self.deployment.connection.sqs.send_message(
            QueueUrl=self.deployment[Output.INGESTION_QUEUE_URL], MessageBody=s3_event(version)
        )

    def _is_sent(self, shipment: Shipment) -> bool:
        return any(each.shipment.key == shipment.key for each in self.sent)

    def _weather(self, months: Sequence[str]) -> list[Shipment]:
        prefixes = tuple(f"{LANDING_PREFIX}weather/{each.replace('-', '/')}/" for each in months)
        return [each for each in shipments.weather_shipments() if each.key.startswith(prefixes)]

    def _upload_all(self, step: str, load: Sequence[Shipment]) -> None:
        with ThreadPoolExecutor(UPLOAD_THREADS) as pool:
            for done, sent in enumerate(pool.map(self._put, load), start=1):
                self._record(sent)
                self.progress(f"{step}: upload", done, len(load))

    def _upload(self, shipment: Shipment) -> None:
        self._record(self._put(shipment))

    def _put(self, shipment: Shipment) -> Sent:
        bucket = self.deployment[Output.RAW_BUCKET_NAME]
        answer = self.deployment.connection.s3.put_object(
            Bucket=bucket, Key=shipment.key, Body=shipment.body
        )
        uri = f"s3://{bucket}/{shipment.key}"
        return Sent(uri=uri, version_id=answer["VersionId"], shipment=shipment)

    def _record(self, sent: Sent) -> None:
        if sent.shipment.rejection is None:
            self.sent = [
                replace(each, is_replaced=True) if each.uri == sent.uri else each
                for each in self.sent
            ]
        self.sent.append(sent)

    def _drain(self, step: str) -> None:
        most = messages_under_way(self.deployment) or 1
        for _ in Poll(LONGEST_WAIT_SECONDS, 1):
            left = messages_under_way(self.deployment)
            most = max(most, left)
            self.progress(f"{step}: processing", most - left, most)
            if left == 0:
                break
        if not wait_until_idle(self.deployment, timeout_seconds=LONGEST_WAIT_SECONDS):
            raise DemoError(f"{step}: the queues did not become empty; see `ops status`")


def _of_months(flights: Mapping[str, list[str]], months: Sequence[str]) -> dict[str, list[str]]:
    """Return the daily files of some months, `YYYY-MM`."""
    prefixes = tuple(map(_month_prefix, months))
    return {key: lines for key, lines in flights.items() if key.startswith(prefixes)}


def _month_prefix(month: str) -> str:
    return f"{LANDING_PREFIX}flights/{month.replace('-', '/')}/"
