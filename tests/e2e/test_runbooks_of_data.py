"""The runbooks of files and messages: each alarm by its cause, its page's commands, and recovery.

The commands are taken from the pages themselves: what stands there as an example is replaced by
what the rehearsal has caused, and everything else is run as it stands.
"""

import json
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from mlops_constructs.alarms import Runbook
from ops import parking
from ops.alarms import OK
from ops.consumers import Consumer
from ops.queues import depths
from schemas.dead_letters import DeadLetterStatus
from schemas.flights import FLIGHTS
from schemas.names import LANDING_PREFIX, Output
from schemas.weather import WEATHER
from tests.e2e import mishaps
from tests.e2e.lake import POISON, Lake
from tests.e2e.runbooks import Rehearsal, await_states, begin, rehearses
from tests.unit.lambdas.files import GOOD

# What pages take for an example: a file, its key, a dead letter, a reason, and a function.
FILE, KEY = "flights/2013-01-01.csv", "landing/flights/2013-01-01.csv"
LETTER, REASON = "0123abcd", "wrong-columns"
FUNCTION = "mlops-prod-ingestion-IngestionProcessor"

UNKNOWN = {"this": "is no event"}
STRANGE = "nobody here wrote this"
EMPTY = b""
PROCESSORS = ("ingestion-IngestionProcessor", "prediction-LogProcessor")
ARCHIVERS = ("ingestion-IngestionArchiver", "prediction-LogArchiver")
WEATHER_VALUES = {
    "origin": "EWR", "year": "2013", "month": "1", "day": "1", "hour": "1",
    "time_hour": "2013-01-01T06:00:00Z",
}  # fmt: skip
# Contract, a good row, and a value that no row may have.
DATASETS = {
    "flights": (FLIGHTS.column_names, GOOD, {"month": "13"}),
    "weather": (WEATHER.column_names, WEATHER_VALUES, {"humid": "101"}),
}


@pytest.fixture
def rehearsal(lake: Lake, request: pytest.FixtureRequest) -> Rehearsal:
    return begin(lake, request.function.__name__)


@pytest.fixture(autouse=True)
def _short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    # A local queue shows all its messages at once.
    monkeypatch.setattr(parking, "LONG_POLL_SECONDS", 0)


@pytest.fixture(scope="module", autouse=True)
def _something_of_every_dataset(lake: Lake) -> None:
    """Without it, the alarms on freshness are on, and so is the one that stands for all."""
    for dataset in DATASETS:
        key = f"landing/{dataset}/runbooks/first.csv"
        lake.put(key, csv(dataset, good=1))
        lake.await_outcome(key)


def csv(dataset: str, *, good: int, bad: int = 0) -> bytes:
    """A file with so many good rows and refused ones."""
    columns, values, refused = DATASETS[dataset]

    def line(row: Mapping[str, str]) -> str:
        return ",".join(row.get(name, "") for name in columns)

    lines = [",".join(columns), *[line(values)] * good, *[line(values | refused)] * bad]
    return "".join(f"{each}\n" for each in lines).encode()


def file_of(folder: Path, dataset: str, body: bytes) -> tuple[Path, str]:
    """Return a file that nobody else has, and the key under which `ops ingest` puts it."""
    path = folder / f"runbooks-{secrets.token_hex(4)}.csv"
    path.write_bytes(body)
    return path, f"landing/{dataset}/{path.name}"


@rehearses(
    {
        Runbook.DEAD_LETTERS: (
            "ingestion-Ingestion-DeadLettersAlarm",
            "prediction-Log-DeadLettersAlarm",
        ),
    }
)
def test_messages_die(lake: Lake, rehearsal: Rehearsal, tmp_path: Path) -> None:
    rehearsal.await_quiet()
    path, key = file_of(tmp_path, "flights", POISON)
    _, hopeless = file_of(tmp_path, "flights", EMPTY)
    lake.put(key, POISON)
    lake.put(hopeless, EMPTY)
    mishaps.send_to(lake, Consumer.PREDICTIONS, f"{STRANGE} {secrets.token_hex(4)}")
    rehearsal.await_alarms()

    page = rehearsal.pages[Runbook.DEAD_LETTERS]
    values = {FILE: str(path), KEY: key, LETTER: lake.await_letter(key).message_key[:12]}
    listed, shown, _ = page.follow("Look here first", values)
    assert "wrong-columns" in listed
    assert values[LETTER] in shown
    path.write_bytes(csv("flights", good=1))
    page.follow("A", values)
    letter = lake.await_letter(hopeless)
    page.follow("B", {REASON: letter.error_code})
    lake.await_letter(hopeless, deaths=2)
    page.follow("C", {LETTER: letter.message_key[:12]})
    page.follow("Verify")
    assert lake.in_force(key).rows_in == 1
    assert {each.status for each in lake.letters(key)} == {DeadLetterStatus.SUPERSEDED}
    assert {each.status for each in lake.letters(hopeless)} == {DeadLetterStatus.CLOSED}


@rehearses(
    {
        Runbook.PARKING_QUEUE: (
            "ingestion-Ingestion-ParkingAlarm",
            "prediction-Log-ParkingAlarm",
        ),
        Runbook.PLATFORM: ("observability-UnhealthyAlarm",),
    }
)
def test_dead_letters_cannot_be_archived(lake: Lake, rehearsal: Rehearsal) -> None:
    rehearsal.await_quiet()
    key = f"landing/flights/runbooks/parked-{secrets.token_hex(4)}.csv"
    page, platform = rehearsal.pages.values()
    archivers = [mishaps.function(lake, each) for each in ARCHIVERS]
    dead_letters = [lake.deployment[each.outputs.dead_letter_queue] for each in Consumer]
    with mishaps.denied(lake, *archivers, actions="dynamodb:*"):
        with mishaps.impatient(lake, *dead_letters):
            lake.put(key, POISON)
            mishaps.send_to(lake, Consumer.PREDICTIONS, f"{STRANGE} {secrets.token_hex(4)}")
            rehearsal.await_alarms()
        alarms, _ = platform.follow("Look here first")
        assert "docs/runbooks/parking-queue.md" in alarms
        listed, _ = page.follow("Look here first")
        assert "1 parked messages" in listed
    page.follow("A")
    lake.await_letter(key)
    page.follow("Verify")
    await_states(lake, rehearsal.names, OK)
    platform.follow("Verify")
    assert [depths(lake.deployment, each, with_age=False)[-1].total for each in Consumer] == [0, 0]


@rehearses(
    {
        Runbook.QUEUE_AGE: ("ingestion-Ingestion-LateAlarm", "prediction-Log-LateAlarm"),
        Runbook.THROTTLES_AND_ERRORS: (
            "ingestion-Ingestion-ThrottlesAlarm",
            "ingestion-Ingestion-ErrorsAlarm",
            "ingestion-Ingestion-ArchiverThrottlesAlarm",
            "ingestion-Ingestion-ArchiverErrorsAlarm",
            "prediction-Log-ThrottlesAlarm",
            "prediction-Log-ErrorsAlarm",
            "prediction-Log-ArchiverThrottlesAlarm",
            "prediction-Log-ArchiverErrorsAlarm",
            "observability-AccountThrottlesAlarm",
        ),
    }
)
def test_functions_do_not_run(lake: Lake, rehearsal: Rehearsal) -> None:
    """Somebody calls them by hand, which they cannot bear, and then stops them altogether."""
    rehearsal.await_quiet()
    processors = [mishaps.function(lake, each) for each in PROCESSORS]
    functions = [*processors, *(mishaps.function(lake, each) for each in ARCHIVERS)]
    slots = {each: mishaps.reserved(lake, each) for each in functions}
    key = f"landing/flights/runbooks/late-{secrets.token_hex(4)}.csv"
    age, throttles = (rehearsal.pages[each] for each in rehearsal.alarms)
    with ExitStack() as cause:
        # Ten minutes as they are deployed.
        for name in rehearsal.alarms[Runbook.QUEUE_AGE]:
            cause.enter_context(mishaps.changed_alarm(lake, name, Threshold=1))
        for each in processors:
            cause.enter_context(mishaps.not_fed(lake, each))
        lake.put(key, csv("flights", good=1))
        mishaps.send_to(lake, Consumer.PREDICTIONS, f"{STRANGE} {secrets.token_hex(4)}")
        mishaps.invoke(lake, *functions, event=UNKNOWN)
        cause.enter_context(mishaps.stopped(lake, *functions))
        mishaps.invoke(lake, *functions, event=UNKNOWN)
        rehearsal.await_alarms()

        throttles.follow("Look here first")
        for each in functions:
            values = {FUNCTION: each, "20": str(slots[each])}
            throttles.follow("A", values)
        age.follow("Look here first")
        for each in processors:
            uuid = mishaps.mapping_of(lake, each)
            found, _ = age.follow(
                "A", {FUNCTION: each, "91eaeb7e-c976-1234-9451-8709db01f137": uuid}
            )
            assert uuid in found
        await_states(lake, rehearsal.names, OK)
    age.follow("B")
    throttles.follow("B")
    assert {each: mishaps.reserved(lake, each) for each in functions} == slots
    lake.await_outcome(key)
    age.follow("Verify")
    throttles.follow("Verify")


@rehearses(
    {
        Runbook.FRESHNESS: (
            "ingestion-FlightsFreshnessAlarm",
            "ingestion-WeatherFreshnessAlarm",
        ),
        Runbook.QUARANTINE_SHARE: (
            "ingestion-FlightsQuarantineAlarm",
            "ingestion-WeatherQuarantineAlarm",
        ),
    }
)
def test_files_stay_away_then_come_spoilt(lake: Lake, rehearsal: Rehearsal, tmp_path: Path) -> None:
    freshness, quarantine = (rehearsal.pages[each] for each in rehearsal.alarms)
    files = {each: file_of(tmp_path, each, csv(each, good=0)) for each in DATASETS}
    values = {
        name: {FILE: str(path), KEY: key, "flights": name} for name, (path, key) in files.items()
    }
    for name in DATASETS:
        lake.put(f"{LANDING_PREFIX}{name}/runbooks/first.csv", csv(name, good=1))
    rehearsal.await_quiet()
    with ExitStack() as cause:
        # A day as they are deployed. Two minutes are two seconds.
        for name in rehearsal.alarms[Runbook.FRESHNESS]:
            cause.enter_context(mishaps.changed_alarm(lake, name, Period=60, EvaluationPeriods=2))
        names = [f"mlops-local-{each}" for each in rehearsal.alarms[Runbook.FRESHNESS]]
        await_states(lake, names, "ALARM")
        freshness.follow("Look here first", values["flights"])
        for name, (path, _) in files.items():
            # Files still pass, but the alarm warns at half the limit.
            path.write_bytes(csv(name, good=1_000, bad=48))
            freshness.follow("A", values[name])
    rehearsal.await_alarms()

    *_, shown = quarantine.follow("Look here first", values["flights"])
    assert "range" in shown
    for name, (path, _) in files.items():
        path.write_bytes(csv(name, good=1_000))
        quarantine.follow("A", values[name])
    # Of flights, other tests leave files in the lake that are rejected whatever the contract says.
    quarantine.follow("B", values["weather"])
    quarantine.follow("Verify", values["flights"])
    freshness.follow("Verify")
    assert [lake.in_force(key).rows_quarantined for _, key in files.values()] == [0, 0]


# Alarms by the beginning of the names of their queues.
UNDELIVERED = {
    "training-pipeline-Undelivered": "training-pipeline-Undelivered-Alarm",
    "release-Undelivered": "release-Undelivered-Alarm",
    "model-monitor-Undelivered": "model-monitor-Undelivered-Alarm",
    "data-lake-AlarmsUndelivered": "data-lake-Alarms-UndeliveredAlarm",
}


@rehearses({Runbook.UNDELIVERED: (*UNDELIVERED.values(), "observability-UnannouncedAlarm")})
def test_events_are_not_acted_upon(lake: Lake, rehearsal: Rehearsal) -> None:
    """They make no sense; and one who should hear of it is gone."""
    rehearsal.await_quiet()
    page, topic = rehearsal.pages[Runbook.UNDELIVERED], lake.deployment[Output.ALARM_TOPIC_ARN]
    queues = {each: mishaps.resource(lake, "AWS::SQS::Queue", each) for each in UNDELIVERED}
    gone = mishaps.gone_subscriber(lake, topic, queues["data-lake-AlarmsUndelivered"])
    deaf = ("training-pipeline-Approver", "model-monitor-MonitorRespond")
    functions = [mishaps.function(lake, each) for each in deaf]
    mishaps.invoke(lake, *functions, event=UNKNOWN, wait=False)
    # The local EventBridge does not keep what a rule's state machine does not take.
    lake.deployment.connection.sqs.send_message(
        QueueUrl=queues["release-Undelivered"], MessageBody=json.dumps(UNKNOWN)
    )
    rehearsal.await_alarms()

    values = {
        each: {"mlops-prod-training-pipeline-Undelivered": f"mlops-local-{each}", "QUEUE_URL": url}
        for each, url in queues.items()
    }
    for each, url in queues.items():
        alarms, found, messages = page.follow("Look here first", values[each])
        assert "docs/runbooks/undelivered.md" in alarms
        assert url in found
        assert "is no event" in messages or "AlarmName" in messages
    topics, subscriptions, _ = page.follow("E", {"TOPIC_ARN": topic, "SUBSCRIPTION_ARN": gone})
    assert topic in topics
    assert gone in subscriptions
    for each in queues:
        page.follow("Verify", values[each])
    for section in "ABCD":
        page.skip(section, because="it needs a model: see the tests of models")
