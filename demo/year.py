"""The year goes by: flights are predicted, arrive, and the platform looks at what it has said.

What it decides happens by itself; the demo follows, and trains by the calendar what nothing else
has trained.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from demo import monitoring, questions, releases
from demo.client import Call, call
from demo.errors import DemoError
from demo.monitoring import Monitored
from demo.story import Story
from demo.trainings import (
    FORGETFUL,
    LAST_THREE_MONTHS,
    TrainingResult,
    Trainings,
)
from ops import queues
from ops.consumers import Consumer
from schemas.monitoring import Reaction
from schemas.windows import month_name, month_number

FIRST_MONTH, LAST_MONTH, AFTER_THE_YEAR = "2013-04", "2013-12", "2014-01"
EVERY_MONTH = tuple(f"2013-{month:02}" for month in range(4, 13))
SOME_MONTHS = ("2013-04", "2013-10")
"""Months that are lived through; the others only arrive. All with `FULL=1`."""
EVERY_OTHER_DAY = 2
"""Which days of such a month are predicted; all with `FULL=1`."""
CALENDAR_FROM = "2013-05"
"""From here on a month that brought no other training brings one by the calendar."""
LEAST_GAIN = 0.04
"""Of the mean AUC from May to December, where every month is lived through."""
ASKING_THREADS = 3
LONGEST_LOG_SECONDS = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class YearResult:
    """What the year has shown.

    Attributes:
        training: Every training, and how good models were by month.
        monitored: Every month that was lived through.
        calls: Every request for predictions.
        served: Month to the version that answered in it.
        is_full: Whether every month was lived through.
        seconds: All of it.
    """

    training: TrainingResult
    monitored: Sequence[Monitored]
    calls: Sequence[Call]
    served: Mapping[str, int]
    is_full: bool
    seconds: float

    @property
    def violations(self) -> list[str]:
        """Everything that did not go as it must."""
        reactions = [each.reaction for month in self.monitored for each in month.decisions]
        failed = [each for each in self.calls if not each.is_answered]
        return [
            *self.training.violations,
            *["drift warned nobody in spring"]
            * (not any(month.decision(Reaction.WARNED) for month in self.monitored[:1])),
            *[f"retraining gained {self.training.gain:.3f}, less than {LEAST_GAIN}"]
            * (self.is_full and self.training.gain < LEAST_GAIN),
            *["bad quality began no training"] * (Reaction.RETRAINING not in reactions),
            *(f"the request {each.request_id} was not answered: {each.code}" for each in failed),
            *(
                f"{each.month}: of {each.predictions:,} predictions no outcome is known"
                for each in self.monitored
                if not each.labelled
            ),
        ]


@dataclass(slots=True)
class Year:
    """Lives through the months.

    Attributes:
        story: Sends files; the app is deployed.
        clock: Seconds since the demo began.
        report: Told what happens.
        is_full: Whether every month is lived through.
    """

    story: Story
    clock: Callable[[], float]
    report: releases.Report
    is_full: bool
    _trainings: Trainings = field(init=False)
    _monitored: list[Monitored] = field(default_factory=list)
    _calls: list[Call] = field(default_factory=list)
    _served: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._trainings = Trainings(
            deployment=self.story.deployment, clock=self.clock, report=self.report
        )

    def run(self) -> YearResult:
        """Train the first model, and live through the year with it.

        Raises:
            DemoError: the story cannot go on.
        """
        began = self.clock()
        self._trainings.first()
        self._trainings.by_heart()
        for month in EVERY_MONTH if self.is_full else SOME_MONTHS:
            self._live_through(month)
            if month == LAST_THREE_MONTHS.holdout_from:
                self._trainings.train(FORGETFUL, LAST_THREE_MONTHS)
        if not self.is_full:
            self.story.arrive(self._not_arrived_before(AFTER_THE_YEAR))
            self._trainings.by_calendar(LAST_MONTH)
        return YearResult(
            training=self._trainings.conclude(began),
            monitored=self._monitored,
            calls=self._calls,
            served=self._served,
            is_full=self.is_full,
            seconds=self.clock() - began,
        )

    def _live_through(self, month: str) -> None:
        if skipped := self._not_arrived_before(month):
            self.story.arrive(skipped)
        since = datetime.now(UTC).isoformat()
        self._ask_for(month)
        self.story.arrive([month])
        self._await_log()
        found = monitoring.look(
            self.story.deployment, month, since, clock=self.clock, report=self.report
        )
        self._monitored.append(found)
        self._served[month] = found.version
        retraining = found.decision(Reaction.RETRAINING)
        if retraining is not None:
            self._trainings.follow(f"bad quality in {month}", retraining.execution_arn)
        elif month >= CALENDAR_FROM:
            self._trainings.by_calendar(month)

    def _not_arrived_before(self, month: str) -> list[str]:
        """Return the months before one that have not arrived yet."""
        lived = max(self._served, default=month_name(month_number(FIRST_MONTH) - 1))
        return [month_name(each) for each in range(month_number(lived) + 1, month_number(month))]

    def _ask_for(self, month: str) -> None:
        """Ask for flights of a month before they arrive."""
        days = questions.airport_days(month)
        if not self.is_full:
            days = [each for each in days if int(each.name[-2:]) % EVERY_OTHER_DAY]
        with ThreadPoolExecutor(ASKING_THREADS, thread_name_prefix="asking") as pool:
            answers = pool.map(
                lambda day: call(self.story.deployment, day, f"year-{day.name}", self.clock), days
            )
            for done, answer in enumerate(answers, start=1):
                self._calls.append(answer)
                self.report(f"predicting {month}: {done} of {len(days)} airport-days")

    def _await_log(self) -> None:
        if not queues.wait_until_idle(
            self.story.deployment, Consumer.PREDICTIONS, timeout_seconds=LONGEST_LOG_SECONDS
        ):
            raise DemoError("the log of predictions did not become idle; see `ops status`")
