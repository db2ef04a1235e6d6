"""How many batches run at a time, and whether the function may run as many."""

from collections.abc import Iterator

from queue_rules.application import Application, Function, Pollers, QueueMapping
from queue_rules.findings import LAMBDA_GUIDE, Severity, Violation, cannot_check, rule
from queue_rules.rules.common import mapped_functions
from queue_rules.values import Unknown

CONCURRENCY_RANGE = (2, 1_000)
MIN_POLLERS_RANGE = (2, 200)
MAX_POLLERS_RANGE = (2, 10_000)
INVOKES_PER_POLLER = 10


@rule(
    "R3",
    "MaximumConcurrency on every mapping, together within what the function reserves",
    severity=Severity.ERROR,
    consequence="In a burst the pollers read more than the function may run; each throttled batch "
    "burns a receive of its messages, and valid ones are dead-lettered by the thousand.",
    source=LAMBDA_GUIDE + "services-sqs-scaling.html",
)
def maximum_concurrency(application: Application) -> Iterator[Violation]:
    """This, and neither R1 nor R2, is what makes a burst of any size safe."""
    low, high = CONCURRENCY_RANGE
    for each in application.mappings:
        most = each.max_concurrency
        if isinstance(each.pollers, Unknown) or isinstance(most, Unknown):
            yield cannot_check(each.resource, [each.pollers, most])
        elif each.pollers is None and (most is None or not low <= most <= high):
            is_now = "is not set" if most is None else f"is {most}, outside {low} to {high}"
            yield Violation(
                each.resource,
                f"MaximumConcurrency {is_now}{_trap(each.function)}",
                f"set ScalingConfig.MaximumConcurrency to {_fitting(each)}",
            )
        if isinstance(each.function, Unknown):
            yield cannot_check(each.resource, [each.function])
    for function, mappings in mapped_functions(application).items():
        if all(each.pollers is None for each in mappings):
            yield from _over_reservation(function, mappings)


def _trap(function: Function | Unknown) -> str:
    reserved = None if isinstance(function, Unknown) else function.reserved_concurrency
    if not isinstance(reserved, int):
        return ""
    return f", while the function reserves {reserved}: mappings do not look at reservations"


def _fitting(mapping: QueueMapping) -> str:
    low, high = CONCURRENCY_RANGE
    function = mapping.function
    reserved = None if isinstance(function, Unknown) else function.reserved_concurrency
    if isinstance(reserved, int) and low <= reserved < high:
        return f"{low} to {reserved} (what the function reserves)"
    return f"{low} to {high}"


def _over_reservation(function: Function, mappings: list[QueueMapping]) -> Iterator[Violation]:
    reserved = function.reserved_concurrency
    total = 0
    for each in mappings:
        # Without a number, the mapping itself has been reported.
        if not isinstance(each.max_concurrency, int):
            return
        total += each.max_concurrency
    if isinstance(reserved, Unknown):
        yield cannot_check(function.resource, [reserved])
    elif reserved is not None and total > reserved:
        yield Violation(
            function.resource,
            f"its {len(mappings)} mapping(s) run up to {total} batches at a time, but it reserves "
            f"{reserved}",
            f"set ReservedConcurrentExecutions to {total}, or lower MaximumConcurrency",
        )


@rule(
    "R6",
    "Provisioned pollers within their limits and what the function reserves",
    severity=Severity.ERROR,
    consequence="Lambda refuses the mapping; or the pollers, each running up to 10 batches at a "
    "time, read more than the function may run, and throttled batches burn receives.",
    source=LAMBDA_GUIDE + "services-sqs-parameters.html",
)
def provisioned_pollers(application: Application) -> Iterator[Violation]:
    """Provisioned mode excludes MaximumConcurrency; its pollers count tenfold."""
    for each in application.mappings:
        if isinstance(each.pollers, Unknown):
            yield cannot_check(each.resource, [each.pollers])
        elif each.pollers is not None:
            yield from _pollers(each, each.pollers)
            if isinstance(each.function, Unknown):
                yield cannot_check(each.resource, [each.function])
    for function, mappings in mapped_functions(application).items():
        if any(each.pollers is not None for each in mappings):
            yield from _pollers_over_reservation(function, mappings)


def _pollers(mapping: QueueMapping, pollers: Pollers) -> Iterator[Violation]:
    least, most = pollers.minimum, pollers.maximum
    bounded = (
        ("MinimumPollers", least, MIN_POLLERS_RANGE),
        ("MaximumPollers", most, MAX_POLLERS_RANGE),
    )
    for name, value, (low, high) in bounded:
        if isinstance(value, Unknown):
            yield cannot_check(mapping.resource, [value])
        elif not low <= value <= high:
            yield Violation(
                mapping.resource, f"{name} is {value}", f"set {name} to {low} to {high}"
            )
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield Violation(
            mapping.resource,
            f"MinimumPollers is {least}, more than MaximumPollers, {most}",
            f"set MinimumPollers to {most} or less",
        )
    if mapping.max_concurrency is not None:
        yield Violation(
            mapping.resource,
            "it has provisioned pollers and MaximumConcurrency, which exclude each other",
            "remove ScalingConfig, and let the function reserve 10 x MaximumPollers",
        )


def _pollers_over_reservation(
    function: Function, mappings: list[QueueMapping]
) -> Iterator[Violation]:
    reserved = function.reserved_concurrency
    if reserved is None:
        return
    needed = 0
    for each in mappings:
        most: object = each.max_concurrency or 0
        if each.pollers is not None:
            most = each.pollers if isinstance(each.pollers, Unknown) else each.pollers.maximum
        if not isinstance(most, int) or isinstance(reserved, Unknown):
            yield cannot_check(function.resource, [most, reserved])
            return
        needed += most if each.pollers is None else INVOKES_PER_POLLER * most
    if isinstance(reserved, int) and reserved < needed:
        yield Violation(
            function.resource,
            f"it reserves {reserved}, but the pollers of its mappings run up to {needed} batches "
            f"at a time ({INVOKES_PER_POLLER} each)",
            f"set ReservedConcurrentExecutions to {needed}, or lower MaximumPollers",
        )
