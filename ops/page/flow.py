"""The loop from raw files to decisions, each stage with its figures."""

from collections import Counter

from ops.endpoint_status import in_words
from ops.page.facts import DAYS, Facts
from ops.page.words import NOT_DEPLOYED, NOTHING, count
from reporting import Arrow, Flow, Section, Side, Stage
from schemas.dead_letters import DeadLetterStatus
from schemas.findings import Measure
from schemas.monitoring import MonitoringStatus, Reaction
from schemas.releases import Action, ReleaseStatus
from schemas.runs import RunStatus

_REACTIONS = {
    Reaction.WARNED: "warning",
    Reaction.RETRAINING: "retraining",
    Reaction.ROLLBACK: "rollback",
    Reaction.NOTHING: "left alone",
}
_RIGHT, _LEFT, _DOWN = (Arrow(side=each) for each in (Side.RIGHT, Side.LEFT, Side.DOWN))
_DECIDED = (
    Arrow(side=Side.UP, label="retrains", at=0.22),
    Arrow(side=Side.UP, label="rolls back", at=0.78),
)
"""From decisions, which lie below trainings and releases, to the middle of each."""


def section(facts: Facts) -> Section:
    """Return the flow."""
    return Section(
        title="The flow, and what went through it",
        text="Files, rows and models are counted where they lie; predictions are those of the "
        f"last {DAYS} days.",
        flow=flow(facts),
    )


def flow(facts: Facts) -> Flow:
    """Return the loop: files, lake, training, releases, and back by way of what is decided."""
    return Flow(
        stages=[
            *_ingestion(facts),
            _training(facts),
            _releases(facts),
            _predictions(facts),
            _monitor(facts),
            _decisions(facts),
        ]
    )


def _ingestion(facts: Facts) -> list[Stage]:
    found = facts.conservation
    waiting = sum(
        found.dead_letters.get(status, 0)
        for status in (DeadLetterStatus.OPEN, DeadLetterStatus.REPLAYING)
    )
    return [
        Stage(
            name="Raw files", value=f"{found.received:,}", row=1, column=1,
            label="file versions received",
            details=[
                f"{found.curated:,} curated",
                f"{found.superseded:,} superseded",
                *[f"{found.in_flight:,} in flight"] * bool(found.in_flight),
            ],
            arrows=[_RIGHT, Arrow(side=Side.DOWN, label="unreadable", at=0.16)],
        ),
        Stage(
            name="Dead letters", value=f"{found.rejected + found.failed:,}", row=2, column=1,
            label="kept, each with its reason",
            details=[f"{waiting:,} wait for somebody", f"{found.lost:,} lost"],
            arrows=[Arrow(side=Side.UP, label="replay", at=0.8)],
            is_good=False if found.lost else None,
        ),
        Stage(
            name="Lake", value=f"{found.rows_accepted:,}", label="rows in force", row=1, column=2,
            details=[f"{found.rows_quarantined:,} quarantined, with reasons"], arrows=[_RIGHT],
        ),
    ]  # fmt: skip


def _training(facts: Facts) -> Stage:
    if facts.runs is None:
        return _missing("Training", 1, 3, _RIGHT)
    counts = Counter(each.status for each in facts.runs if not each.watchdog)
    stopped = sum(bool(each.watchdog) for each in facts.runs)
    told = {
        RunStatus.REGISTERED: "registered",
        RunStatus.REFUSED: "refused by the gate",
        RunStatus.FAILED: "failed",
        RunStatus.RUNNING: "running",
    }
    return Stage(
        name="Training", value=f"{len(facts.runs):,}", row=1, column=3, arrows=[_RIGHT],
        label="run" if len(facts.runs) == 1 else "runs",
        details=[
            *(f"{counts[each]:,} {name}" for each, name in told.items() if counts[each]),
            *[f"{stopped:,} stopped by the watchdog"] * bool(stopped),
        ],
    )  # fmt: skip


def _releases(facts: Facts) -> Stage:
    if facts.releases is None or facts.endpoint is None:
        return _missing("Releases", 1, 4, _RIGHT)
    done = [each for each in facts.releases if each.status is ReleaseStatus.SUCCEEDED]
    undone = sum(
        each.status in {ReleaseStatus.FAILED, ReleaseStatus.UNRECOVERED} for each in facts.releases
    )
    back = sum(each.action is Action.ROLLBACK for each in done)
    return Stage(
        name="Releases", value=f"{len(done):,}", row=1, column=4, arrows=[_RIGHT],
        label="guarded change" if len(done) == 1 else "guarded changes",
        details=[
            in_words(facts.endpoint.endpoint.serving),
            *[f"{undone:,} undone"] * bool(undone),
            *[count(back, "rollback")] * bool(back),
        ],
    )  # fmt: skip


def _predictions(facts: Facts) -> Stage:
    found = facts.serving
    if found is None:
        return _missing("Predictions", 1, 5, _DOWN)
    return Stage(
        name="Predictions", value=f"{found.logged:,}", label="logged", row=1, column=5,
        arrows=[_DOWN],
        details=[f"{found.flawed:,} flawed", f"{found.dead_letters:,} not logged"],
        is_good=False if found.dead_letters else None,
    )  # fmt: skip


def _monitor(facts: Facts) -> Stage:
    if facts.looks is None:
        return _missing("Monitor", 2, 5, _LEFT)
    done = [each for each in facts.looks if each.report.run.status is MonitoringStatus.DONE]
    last = next((each.summary for each in done if each.summary), None)
    details = []
    if last:
        drifted = sum(each.is_drifted for each in last.drift.values())
        details = [_auc(last.quality.get("auc")), count(drifted, "drifted column")]
    return Stage(
        name="Monitor", value=f"{len(done):,}", row=2, column=5, arrows=[_LEFT],
        label="run" if len(done) == 1 else "runs", details=details,
    )  # fmt: skip


def _auc(found: Measure | None) -> str:
    return f"AUC {found.value:.3f}" if found else "too few labels"


def _decisions(facts: Facts) -> Stage:
    if facts.looks is None:
        return _missing("Decisions", 2, 3, *_DECIDED, columns=2)
    counts = Counter(each.reaction for look in facts.looks for each in look.report.decisions)
    return Stage(
        name="Decisions", value=f"{counts.total():,}", label="each taken once", row=2, column=3,
        columns=2, arrows=_DECIDED,
        details=[
            f"{counts[each]:,} {name}" if each is Reaction.NOTHING else count(counts[each], name)
            for each, name in _REACTIONS.items()
            if counts[each]
        ],
    )  # fmt: skip


def _missing(name: str, row: int, column: int, *arrows: Arrow, columns: int = 1) -> Stage:
    return Stage(
        name=name, value=NOTHING, label=NOT_DEPLOYED, row=row, column=column, columns=columns,
        arrows=arrows,
    )  # fmt: skip
