"""What happened: trainings, releases, decisions and alarms on one time line."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from ops.alarms import IN_ALARM
from ops.endpoint_status import in_words
from ops.page.facts import Facts, is_news
from ops.page.words import NOTHING, lasted, minute, moment, shortened
from reporting import Figure, Section, Table
from reporting.lanes import Event, Tone, lanes
from schemas.monitoring import Reaction
from schemas.names import STACK_PREFIX
from schemas.registry import version_of
from schemas.releases import Action, Release, ReleaseStatus
from schemas.runs import RunStatus, TrainingRun, Trigger

MOST = 60
"""Last events that are drawn."""
_TITLE = "What changed, and when"
_RUNS = {
    RunStatus.REGISTERED: Tone.GOOD,
    RunStatus.REPRODUCED: Tone.GOOD,
    RunStatus.REFUSED: Tone.WARNING,
    RunStatus.FAILED: Tone.BAD,
    RunStatus.DIFFERS: Tone.BAD,
}
_RELEASES = {
    ReleaseStatus.SUCCEEDED: Tone.GOOD,
    ReleaseStatus.FAILED: Tone.BAD,
    ReleaseStatus.UNRECOVERED: Tone.BAD,
    ReleaseStatus.ABANDONED: Tone.BAD,
}
_REACTIONS = {Reaction.WARNED: Tone.WARNING, Reaction.ROLLBACK: Tone.BAD}
_TRIGGERS = {
    Trigger.MANUAL: "by hand",
    Trigger.SCHEDULE: "by schedule",
    Trigger.NEW_DATA: "new data",
    Trigger.QUALITY: "bad quality",
    Trigger.REPRODUCTION: "reproduction",
}


def section(facts: Facts) -> Section:
    """Return the time line, and the table of releases."""
    if facts.releases is None:
        text = "Nothing is trained or released here: the stacks that do it are not deployed."
        return Section(title=_TITLE, text=text)
    events = sorted(_events(facts), key=lambda each: each.began)[-MOST:]
    if not events:
        return Section(title=_TITLE, text="Nothing was trained or released yet.")
    # Lanes in the order of the flow, whatever happened first.
    order = list(dict.fromkeys(each.lane for each in _events(facts)))
    picture = lanes(sorted(events, key=lambda each: order.index(each.lane)), x_label="time, UTC")
    return Section(
        title=_TITLE,
        text="Every change of what serves is a guarded release: verified, watched by alarms, and "
        "undone by itself when one of them fires.",
        figures=[
            Figure(
                svg=picture,
                caption="Bars last as long as what they stand for. Crosses, also those at the end "
                "of bars, are failures, alarms and what was undone; triangles are warnings, "
                "refusals and the alarm of drift.",
            )
        ],
        tables=[_table(facts.releases[::-1])] if facts.releases else [],
    )


def _events(facts: Facts) -> Iterator[Event]:
    yield from (event for run in facts.runs or () for event in _training(run))
    yield from (event for each in facts.releases or () for event in _release(each))
    for look in facts.looks or ():
        for each in look.report.decisions:
            if decided := moment(each.decided_at):
                yield Event(
                    lane="decisions", name=f"{each.concern}: {each.reaction}", began=decided,
                    tone=_REACTIONS.get(each.reaction, Tone.NEUTRAL),
                )  # fmt: skip
    yield from alarm_events(facts)


def alarm_events(facts: Facts) -> Iterator[Event]:
    """Yield the times at which single alarms were on."""
    # Those that went on before that of which there is a history.
    on = {each.name: each.since for each in facts.on if each.since and each.since < facts.since}
    for change in facts.changes:
        if change.state == IN_ALARM:
            on[change.alarm] = change.moment
        elif change.alarm in on:
            yield _alarm(facts, change.alarm, on.pop(change.alarm), change.moment)
    yield from (_alarm(facts, name, began, facts.now) for name, began in on.items())


def _alarm(facts: Facts, name: str, began: datetime, ended: datetime) -> Event:
    # All names begin alike.
    name = name.removeprefix(f"{STACK_PREFIX}-{facts.environment}-")
    tone = Tone.WARNING if is_news(name) else Tone.BAD
    return Event(lane="alarms", name=name, began=began, ended=ended, tone=tone)


def _training(run: TrainingRun) -> Iterator[Event]:
    began = moment(run.began_at)
    if began is None:
        return
    outcome = (
        f"model {version_of(run.model_package_arn)}"
        if run.status is RunStatus.REGISTERED and run.model_package_arn
        else "stopped by the watchdog" if run.watchdog else run.status.value
    )  # fmt: skip
    yield Event(
        lane="trainings",
        name=f"{_TRIGGERS[run.trigger]} → {outcome}",
        began=began,
        ended=moment(run.ended_at),
        tone=_RUNS.get(run.status, Tone.NEUTRAL),
    )


def _release(release: Release) -> Iterator[Event]:
    began = moment(release.began_at)
    if began is None or release.status in {ReleaseStatus.SKIPPED, ReleaseStatus.UNCHANGED}:
        return
    undone = ": undone" if release.status is ReleaseStatus.FAILED else ""
    yield Event(
        lane="rollbacks" if release.action is Action.ROLLBACK else "releases",
        name=f"{_target(release)}{undone}",
        began=began,
        ended=moment(release.ended_at),
        tone=_RELEASES.get(release.status, Tone.NEUTRAL),
    )


def _target(release: Release) -> str:
    target = release.target
    if not target.champion:
        return "nothing"
    if target.challenger:
        return f"A/B {target.challenger_percent} % model {version_of(target.challenger)}"
    return f"model {version_of(target.champion)}"


def _table(releases: Sequence[Release]) -> Table:
    return Table(
        title="Every release and rollback",
        is_folded=True,
        header=["began, UTC", "action", "asked by", "to be", "outcome", "time", "why"],
        rows=[
            [
                minute(each.began_at),
                each.action.value,
                each.trigger.value,
                in_words(each.target),
                each.status.value,
                lasted(each.began_at, each.ended_at),
                shortened(each.reason or each.note) or NOTHING,
            ]
            for each in releases
        ],
    )
