"""Alarms that can go off, and go off for the right reason."""

from collections.abc import Callable, Iterator, Sequence

from queue_rules.application import Application, Function, Queue, Resource
from queue_rules.findings import SQS_GUIDE, Severity, Violation, cannot_check, rule
from queue_rules.rules.common import (
    consumed_queues,
    mapped_functions,
    of_unknown_functions,
    of_unknown_queues,
)
from queue_rules.values import Unknown
from queue_rules.watches import Watch, watches

QUEUES, FUNCTIONS = "AWS/SQS", "AWS/Lambda"
RECEIVED = "NumberOfMessagesReceived"
VISIBLE = "ApproximateNumberOfMessagesVisible"
AGE = "ApproximateAgeOfOldestMessage"
STATISTICS = {RECEIVED: {"Sum"}, VISIBLE: {"Sum", "Maximum", "Average"}}
# Why other metrics of a dead-letter queue do not tell.
MISLEADING = {
    VISIBLE: f"{VISIBLE} stays 0, because its consumer empties the queue",
    RECEIVED: f"{RECEIVED} stays 0, because nothing receives from the queue",
    "NumberOfMessagesSent": "NumberOfMessagesSent does not count what SQS itself moves here",
}


@rule(
    "R15",
    "Alarms on dead letters, late messages, throttles and errors",
    severity=Severity.ERROR,
    consequence="Messages are lost, late or refused, and nobody is told.",
    source=SQS_GUIDE + "sqs-available-cloudwatch-metrics.html",
)
def alarms(application: Application) -> Iterator[Violation]:
    """An error for dead letters that nobody hears of, a warning for the rest."""
    found = watches(application)
    yield from of_unknown_queues(application)
    yield from of_unknown_functions(application)
    dead_letter_queues: dict[Queue, None] = {}
    for queue in consumed_queues(application):
        target = application.dead_letter_queue(queue)
        if isinstance(target, Unknown):
            yield cannot_check(queue.resource, [target])
        elif target is not None:
            dead_letter_queues[target] = None
        if not application.sources(queue):
            yield from _watched(queue.resource, found, _of_queue(queue), QUEUES, AGE)
    for target in dead_letter_queues:
        yield from _dead_letters(application, target, found)
    for function in mapped_functions(application):
        for metric in ("Throttles", "Errors"):
            yield from _watched(function.resource, found, _of_function(function), FUNCTIONS, metric)
    yield from _missing_data(application, found)


Selector = Callable[[Watch], bool | Unknown]


def _of_queue(queue: Queue) -> Selector:
    return lambda watch: _names(watch, "QueueName", queue.name)


def _of_function(function: Function) -> Selector:
    return lambda watch: _names(watch, "FunctionName", function.name)


def _names(watch: Watch, dimension: str, name: str) -> bool | Unknown:
    value = watch.metric.dimension(dimension)
    return value if isinstance(value, Unknown) else value == name


def _dead_letters(
    application: Application, queue: Queue, found: Sequence[Watch]
) -> Iterator[Violation]:
    # A consumer empties the queue before its messages count as visible.
    metric = RECEIVED if application.consumers(queue) else VISIBLE
    is_of = _of_queue(queue)
    seen = [each for each in found if is_of(each) is True]
    telling = [each for each in seen if not each.unknowns and _why_not(each, metric) is None]
    if not telling:
        unsure = [
            unknown
            for each in found
            if each.may_watch(QUEUES, metric)
            for unknown in _unsure(each, is_of, each.metric.is_counted)
        ]
        if unsure:
            yield cannot_check(queue.resource, unsure)
        else:
            yield Violation(
                queue.resource,
                f"no alarm with an action watches {metric} of this dead-letter queue"
                + _reasons(seen, metric),
                f"add an alarm with an action on {metric} >= 1, missing data not breaching",
            )
    elif not any(_goes_off_at_once(each) for each in telling):
        yield from _late(telling)


def _unsure(watch: Watch, is_of: Selector, takes_part: bool | Unknown) -> list[Unknown]:
    """Return why an alarm may be of a resource, and do its work, but nobody can tell."""
    of_it = is_of(watch)
    if of_it is False or takes_part is False or watch.tells_somebody is False:
        return []
    return [each for each in (of_it, takes_part) if isinstance(each, Unknown)] + watch.unknowns


def _reasons(seen: Sequence[Watch], metric: str) -> str:
    reasons = [f"{each.alarm.logical_id}: {_why_not(each, metric)}" for each in seen]
    return f" ({'; '.join(reasons)})" if reasons else ""


def _why_not(watch: Watch, metric: str) -> str | None:
    """Return why an alarm says nothing of dead letters; None if nothing speaks against it."""
    name, namespace = watch.metric.name, watch.metric.namespace
    if name != metric:
        return MISLEADING.get(str(name), f"{name} does not count dead letters")
    if namespace != QUEUES:
        return f"{metric} of {namespace or 'no namespace'} is not that of SQS"
    if watch.metric.is_counted is not True:
        return "its expression does not use this metric"
    if not watch.is_upward:
        return f"{watch.comparison} is the wrong direction"
    if watch.tells_somebody is not True:
        return "it has no action, or its actions are off"
    return None


def _goes_off_at_once(watch: Watch) -> bool:
    once = watch.metric.name != RECEIVED or not isinstance(watch.datapoints, int)
    return (
        watch.starts_at_one
        and (once or watch.datapoints == 1)
        and watch.metric.statistic in {None, *STATISTICS[str(watch.metric.name)]}
    )


def _late(telling: Sequence[Watch]) -> Iterator[Violation]:
    for each in telling:
        statistic = next(iter(sorted(STATISTICS[str(each.metric.name)], reverse=True)))
        yield Violation(
            each.alarm,
            f"{each.metric.statistic} of {each.metric.name}, {each.comparison} {each.threshold}, "
            f"for {each.datapoints} period(s): the first dead letter does not set it off",
            f"use {statistic} >= 1 for 1 period",
            Severity.WARNING,
        )


def _watched(
    resource: Resource, found: Sequence[Watch], is_of: Selector, namespace: str, metric: str
) -> Iterator[Violation]:
    candidates = [each for each in found if each.may_watch(namespace, metric)]
    other = {"Throttles": "Errors", "Errors": "Throttles"}.get(metric)
    apart_ones = [each for each in candidates if other not in each.metric.others]
    for each in apart_ones:
        is_right = (each.metric.name, each.metric.namespace) == (metric, namespace)
        takes_part = each.metric.is_used is True and each.tells_somebody is True
        if is_right and takes_part and is_of(each) is True:
            return
    unsure = [
        unknown for each in apart_ones for unknown in _unsure(each, is_of, each.metric.is_used)
    ]
    if unsure:
        yield cannot_check(resource, unsure)
        return
    apart = "" if other is None else f", told apart from {other}"
    yield Violation(
        resource,
        f"no alarm with an action watches {metric}{apart}",
        f"add an alarm with an action on {metric}, missing data not breaching",
        Severity.WARNING,
    )


def _missing_data(application: Application, found: Sequence[Watch]) -> Iterator[Violation]:
    """Silence is good news, unless the alarm is there to hear that something goes on."""
    queues = {
        name
        for queue in consumed_queues(application)
        for name in (queue.name, _name(application.dead_letter_queue(queue)))
    }
    functions = {each.name for each in mapped_functions(application)}
    reported: set[Resource] = set()
    for each in found:
        ours = (
            each.metric.dimension("QueueName") in queues
            or each.metric.dimension("FunctionName") in functions
        )
        if not ours or not each.is_upward or each.alarm in reported:
            continue
        reported.add(each.alarm)
        if isinstance(each.missing_data, Unknown):
            yield cannot_check(each.alarm, [each.missing_data])
        elif each.missing_data != "notBreaching":
            yield Violation(
                each.alarm,
                f"missing data is {each.missing_data or 'missing'}: an idle queue sends none",
                "set TreatMissingData to notBreaching",
                Severity.WARNING,
            )


def _name(queue: Queue | Unknown | None) -> str | None:
    return queue.name if isinstance(queue, Queue) else None
