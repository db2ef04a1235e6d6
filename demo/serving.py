"""After the year: models are tried beside each other, and a bad one is undone.

All the while a client keeps asking, and none of its calls may fail for another reason than the bad
model.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from demo import prediction_audit, questions, releases, traffic
from demo.bad_release import BadRelease, BadReleases
from demo.client import Call, Client
from demo.comparison import Arm, compare
from demo.errors import DemoError
from demo.prediction_audit import Audit, Traced
from demo.traffic import Traffic
from demo.watch import Watch
from ops import labelled, prediction_log, queues, release_requests
from ops.consumers import Consumer
from ops.deployment import Deployment
from ops.prediction_log import LoggedPrediction
from ops.releases import read
from schemas.releases import Release, ReleaseRequest

MONTH = "2013-12"
"""No model has been trained on it."""
PERCENTS = (30, 50)
"""Shares of the challenger, one after the other."""
MODELS_UNDER_TEST = 2
CALLS_PER_STEP = 30
LONGEST_STEP_SECONDS = 300
LONGEST_LOG_SECONDS = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """Days of flights that were predicted before they arrived; times are for information.

    Attributes:
        requests: How many.
        rows: Flights in them.
        median_seconds: Of a request.
        p95_seconds: Of a request.
    """

    requests: int
    rows: int
    median_seconds: float
    p95_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingResult:
    """What came of it.

    Attributes:
        days: The flights that were predicted as the year went by.
        calls: Every call, those for the days included.
        answered: Of these, those that were answered.
        arms: The models that were tried beside each other, by version.
        bad: The bad model's release.
        releases: Every release of the environment, the latest last.
        audit: The log, compared with what the client was given.
        traced: One prediction per model, followed back to the raw files.
        traffic: Calls over time.
        marks: What happened, and at which second.
        seconds: All of it.
        unexpected: Calls that failed outside the bad model's release.
    """

    days: Days
    calls: int
    answered: int
    arms: Sequence[Arm]
    bad: BadRelease
    releases: Sequence[Release]
    audit: Audit
    traced: Sequence[Traced]
    traffic: Traffic
    marks: dict[str, float]
    seconds: float
    unexpected: Sequence[str]

    @property
    def violations(self) -> list[str]:
        """Everything that did not go as it must."""
        return [
            *self.unexpected,
            *["the A/B test had answers of one model only"] * (len(self.arms) < MODELS_UNDER_TEST),
            *self.bad.violations,
            *self.audit.violations,
            *(f"{each.prediction_id}: {text}" for each in self.traced for text in each.problems),
        ]


@dataclass(slots=True)
class ServingStory:
    """Lets models serve.

    Attributes:
        deployment: The app; a champion serves, and another model has served before.
        clock: Seconds since the demo began.
        watch: Sees the alarms.
        report: Told what happens.
        champion: Version that serves.
        previous: Version that served before.
        earlier: Calls of the year.
        marks: What has happened so far.
    """

    deployment: Deployment
    clock: Callable[[], float]
    watch: Watch
    report: releases.Report
    champion: int
    previous: int
    earlier: Sequence[Call]
    marks: dict[str, float] = field(default_factory=dict)

    def run(self) -> ServingResult:
        """Serve, compare, and survive a bad model.

        Raises:
            DemoError: the story cannot go on.
        """
        began = self.clock()
        days = questions.airport_days(MONTH)
        with Client(self.deployment, days, self.clock) as client:
            self._wait_for_calls(client)
            self._try_beside_each_other(client)
            bad = self._release_bad_model(client)
            self._wait_for_calls(client)
        calls = [*self.earlier, *client.calls]
        self._await_log()
        audit, arms = self._examine(calls)
        self.report("following predictions back to the raw files")
        return ServingResult(
            days=_days(self.earlier),
            calls=len(calls),
            answered=sum(each.is_answered for each in calls),
            arms=arms,
            bad=bad,
            releases=read(self.deployment),
            audit=audit,
            traced=prediction_audit.trace(self.deployment, calls),
            traffic=traffic.by_model(calls),
            marks=self.marks,
            seconds=self.clock() - began,
            unexpected=_unexpected(calls, bad),
        )

    def _wait_for_calls(self, client: Client) -> None:
        self.report(f"the client makes {CALLS_PER_STEP} calls")
        client.wait_for(CALLS_PER_STEP, timeout_seconds=LONGEST_STEP_SECONDS)

    def _try_beside_each_other(self, client: Client) -> None:
        """Give the previous model a share of the requests, another one, and none."""
        share, other = PERCENTS
        start = release_requests.ab_start(self.deployment, str(self.previous), share)
        for name, request in (
            (f"A/B {share} %", start),
            (f"A/B {other} %", release_requests.ab_weights(other)),
        ):
            self._ask_to_release(name, request)
            self._wait_for_calls(client)
        self._ask_to_release("A/B stop", release_requests.ab_stop())

    def _ask_to_release(self, name: str, request: ReleaseRequest) -> None:
        self.marks[name] = self.clock()
        releases.ask_for(self.deployment, request, lambda news: self.report(f"{name}: {news}"))

    def _release_bad_model(self, client: Client) -> BadRelease:
        self.marks["bad model"] = self.clock()
        bad = BadReleases(
            deployment=self.deployment,
            clock=self.clock,
            watch=self.watch,
            report=lambda news: self.report(f"bad model: {news}"),
        ).release(self.champion, lambda: client.calls)
        if bad.alarm is not None:
            self.marks["alarm"] = bad.alarm
        if bad.undone is not None:
            self.marks["rolled back"] = bad.undone
        return bad

    def _await_log(self) -> None:
        self.report("waiting until all predictions are logged")
        if not queues.wait_until_idle(
            self.deployment, Consumer.PREDICTIONS, timeout_seconds=LONGEST_LOG_SECONDS
        ):
            raise DemoError("the log of predictions did not become idle; see `ops status`")

    def _examine(self, calls: Sequence[Call]) -> tuple[Audit, list[Arm]]:
        """Read the log once: compare it with the calls, and the models tried with each other."""
        self.report("comparing the log with what the client was given")
        share, _ = PERCENTS
        start, stop = self.marks[f"A/B {share} %"], self.marks["A/B stop"]
        test = [each for each in calls if start <= each.ended <= stop]
        wanted = {name for each in test for name in each.prediction_ids}
        kept: list[LoggedPrediction] = []
        logged = prediction_log.read(self.deployment)
        audit = prediction_audit.audit(calls, _keeping(wanted, logged, kept))
        return audit, compare(test, labelled.label(self.deployment, kept).rows)


def _keeping(
    wanted: set[str], logged: Iterable[LoggedPrediction], kept: list[LoggedPrediction]
) -> Iterator[LoggedPrediction]:
    """Yield everything that is logged, and keep what is wanted: all of it is too much to hold."""
    for each in logged:
        if each.prediction_id in wanted:
            kept.append(each)
        yield each


def _days(calls: Sequence[Call]) -> Days:
    return Days(
        requests=len(calls),
        rows=sum(each.rows for each in calls),
        median_seconds=traffic.quantile(calls, 0.5),
        p95_seconds=traffic.quantile(calls, 0.95),
    )


def _unexpected(calls: Sequence[Call], bad: BadRelease) -> list[str]:
    return [
        f"the call {each.request_id} failed at second {each.ended:.0f}: {each.status} {each.code}"
        for each in calls
        if not each.is_answered and not bad.began <= each.ended <= bad.ended
    ]
