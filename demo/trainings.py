"""Models are trained, judged, and replaced as the year goes by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from demo import releases
from demo.errors import DemoError
from demo.scoring import auc_by_month
from ops import conclusions, following, runs, training
from ops.conclusions import Conclusion, Outcome
from ops.deployment import Deployment
from ops.following import Look
from schemas.evaluations import CHALLENGER, CHAMPION
from schemas.runs import Mode, TrainingRun
from schemas.windows import Window, month_name, month_number

FIRST = Window(train_from="2013-01", holdout_from="2013-03", holdout_to="2013-04")
LAST_THREE_MONTHS = Window(train_from="2013-07", holdout_from="2013-10", holdout_to="2013-11")
FORGETFUL = "the last three months, in October"
BY_HEART = "trees that learn flights by heart"
LEARNING_BY_HEART: Mapping[str, str] = {
    "max_depth": "20",
    "eta": "0.01",
    "min_child_weight": "0",
    "subsample": "1",
    "colsample_bytree": "1",
    "num_boost_round": "10000",
    "early_stopping_rounds": "1000",
}
"""Trees that may know each example by name. Patience for a thousand rounds beyond the best lets
nothing end the job long after it shows, but the watchdog."""
COMPARED_MONTHS = tuple(f"2013-{month:02}" for month in range(5, 13))
LONGEST_TRAINING_SECONDS = 900
POLL_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """One execution of the training pipeline, and what came of it.

    Attributes:
        title: What it is in the story.
        window: Months of training and holdout.
        conclusion: What became of it.
        reasons: Why.
        auc: Of the model on its holdout; None when it was not judged.
        champion_auc: Of the model then in force, on the same rows; None without one.
        version: Version in the registry; None when it was not registered.
        problem: Why the registered model does not serve; empty when it does.
        watchdog: Why the watchdog has stopped a job of it; empty when it has not.
        seconds: From its beginning until it served, or to its end.
    """

    title: str
    window: Window
    conclusion: Conclusion
    reasons: Sequence[str]
    auc: float | None
    champion_auc: float | None
    version: int | None
    problem: str
    watchdog: str
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingResult:
    """What the year has shown of a model that is retrained, and of one that is not.

    Attributes:
        trained: Every execution, in order.
        static: Month to the AUC of the first model, had it never been replaced.
        managed: Month to the AUC of the model trained on everything before it, or the last such.
        auc: Version to month to AUC.
        seconds: All of it.
    """

    trained: Sequence[Trained]
    static: dict[str, float]
    managed: dict[str, float]
    auc: Mapping[int, dict[str, float]]
    seconds: float

    @property
    def last_two(self) -> tuple[int, int]:
        """Versions of the model that served before, and of the one that serves.

        Raises:
            DemoError: fewer than two were registered.
        """
        versions = [each.version for each in self.trained if each.version and not each.problem]
        if len(versions) < 2:  # noqa: PLR2004 - the name says it
            raise DemoError("two models must serve one after the other, before they are compared")
        return versions[-2], versions[-1]

    @property
    def gain(self) -> float:
        """Mean AUC from May to December that retraining has gained."""
        gains = [self.managed[month] - self.static[month] for month in COMPARED_MONTHS]
        return sum(gains) / len(gains)

    @property
    def violations(self) -> list[str]:
        """Everything that did not go as it must."""
        conclusions_of = {each.title: each.conclusion for each in self.trained}
        return [
            *["the model of the last three months was not refused"]
            * (conclusions_of[FORGETFUL] is not Conclusion.REFUSED),
            *["the watchdog let trees learn by heart"]
            * (not any(each.title == BY_HEART and each.watchdog for each in self.trained)),
            *[f"{each.title}: the training failed: {'; '.join(each.reasons)}"
              for each in self.trained
              if each.conclusion is Conclusion.FAILED and each.title != BY_HEART],
            *[f"{each.title}: model {each.version} does not serve: {each.problem}"
              for each in self.trained if each.problem],
            *["retraining gained nothing"] * (self.gain <= 0),
        ]  # fmt: skip


@dataclass(slots=True)
class Trainings:
    """Trains as the months go by.

    Attributes:
        deployment: The app.
        clock: Tells the seconds since the demo began.
        report: Told of the states of executions.
        trained: What came of it so far.
    """

    deployment: Deployment
    clock: Callable[[], float]
    report: releases.Report
    trained: list[Trained] = field(default_factory=list)

    def first(self) -> Trained:
        """Train the model that is never retrained, to compare with.

        Raises:
            DemoError: it was not registered, or not approved or released in time.
        """
        static = self.train("January and February", FIRST)
        if static.version is None:
            raise DemoError(f"the first model is {static.conclusion}: {'; '.join(static.reasons)}")
        return static

    def by_calendar(self, month: str) -> Trained:
        """Train on everything before `month`, which judges."""
        window = Window(
            train_from=FIRST.train_from,
            holdout_from=month,
            holdout_to=month_name(month_number(month) + 1),
        )
        return self.train(f"everything before {month}", window)

    def by_heart(self) -> Trained:
        """Begin a training that would come to nothing, and run for long."""
        settings = [f"{name}={value}" for name, value in LEARNING_BY_HEART.items()]
        return self.train(BY_HEART, FIRST, settings)

    def train(self, title: str, window: Window, settings: Sequence[str] = ()) -> Trained:
        """Train on a window, as somebody who asks for it, with some settings of their own."""
        request = training.request(
            months=(window.train_from, window.holdout_from, window.holdout_to),
            mode=Mode.TRAIN,
            settings=settings,
        )
        started = following.begin(self.deployment, "demo", request)
        return self.follow(title, started.execution_arn)

    def follow(self, title: str, execution_arn: str) -> Trained:
        """Follow a training that somebody has begun, until its model serves or it has ended.

        Raises:
            DemoError: a model was not approved or released in time.
        """
        began = self.clock()
        execution = following.follow(
            self.deployment,
            execution_arn,
            timeout_seconds=LONGEST_TRAINING_SECONDS,
            report=self._show(title),
            poll_seconds=POLL_SECONDS,
        )
        outcome = conclusions.conclude(self.deployment, execution)
        version, problem = self._released(title, outcome)
        run = self._run_of(title, outcome)
        result = Trained(
            title=title,
            window=Window(
                train_from=run.train_from, holdout_from=run.holdout_from, holdout_to=run.holdout_to
            ),
            conclusion=outcome.conclusion,
            reasons=outcome.reasons,
            auc=_auc(outcome, CHALLENGER),
            champion_auc=_auc(outcome, CHAMPION),
            version=version,
            problem=problem,
            watchdog=run.watchdog,
            seconds=self.clock() - began,
        )
        self.trained.append(result)
        return result

    def conclude(self, began: float) -> TrainingResult:
        """Score all models on every month; return what the year has shown since second `began`."""
        in_force = {each.window.holdout_from: each.version for each in self.trained if each.version}
        auc = auc_by_month(self.deployment, list(in_force.values()))
        months = auc[in_force[FIRST.holdout_from]]
        return TrainingResult(
            trained=self.trained,
            static=dict(months),
            managed={month: auc[_newest(in_force, month)][month] for month in months},
            auc=auc,
            seconds=self.clock() - began,
        )

    def _run_of(self, title: str, outcome: Outcome) -> TrainingRun:
        run = runs.show(self.deployment, outcome.run_id).run if outcome.run_id else None
        if run is None:
            raise DemoError(f"{title}: the training began no run: {'; '.join(outcome.reasons)}")
        return run

    def _released(self, title: str, outcome: Outcome) -> tuple[int | None, str]:
        """Wait until the model that an execution has registered, if any, serves.

        Only then does the next training meet it as the champion.

        Returns:
            Its version, and why it does not serve, if so.
        """
        if outcome.conclusion is not Conclusion.REGISTERED:
            return None, ""
        model = releases.await_approval(self.deployment, outcome.model_package_arn)
        name = f"{title}: model {model.version}"
        released = releases.await_release(
            self.deployment, model.arn, lambda news: self.report(f"{name}: {news}")
        )
        if not released.is_ok:
            return model.version, f"{released.status}: {released.reason}"
        self.report(f"{name} serves")
        return model.version, ""

    def _show(self, title: str) -> Callable[[Look], None]:
        def show(look: Look) -> None:
            if look.execution.visits:
                self.report(f"{title}: {look.execution.visits[-1].state}")

        return show


def _newest(in_force: dict[str, int], month: str) -> int:
    """Return the version trained last on nothing but what came before `month`."""
    return in_force[max(each for each in in_force if each <= month)]


def _auc(outcome: Outcome, model: str) -> float | None:
    scores = outcome.scores.get(model)
    return scores.auc if scores else None
