"""What can happen to an AWS call on its way, and to which calls it shall happen."""

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """What happens to one call."""

    ERROR = "error"
    """The service answers 500; nothing is done."""
    THROTTLE = "throttle"
    """The service asks to slow down; nothing is done."""
    SLOW = "slow"
    """The call is done, and its answer comes late."""
    CUT = "cut"
    """The connection ends before the service sees the call."""
    CUT_ANSWER = "cut-answer"
    """The call is done, and the connection ends amid its answer."""
    LOSE_ANSWER = "lose-answer"
    """The call is done, and the connection ends without an answer."""
    KILL_BEFORE = "kill-before"
    """The workers are killed before the service sees the call."""
    KILL_AFTER = "kill-after"
    """The call is done, and the workers are killed before they learn of it."""


KILLS = frozenset({Fault.KILL_BEFORE, Fault.KILL_AFTER})


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One AWS call of a worker, for example `dynamodb` and `UpdateItem`."""

    service: str
    operation: str


@dataclass(eq=False, kw_only=True, slots=True)
class Rule:
    """Which calls a fault strikes while the rule is in force.

    Attributes:
        fault: What happens.
        calls: Operations it may strike; empty for all.
        share: Probability that it strikes one of them, 0 to 1.
        strikes_left: Calls it may strike yet; None for any number.
        delay_seconds: By how much a `SLOW` answer is late.
    """

    fault: Fault
    calls: frozenset[str] = frozenset()
    share: float = 1.0
    strikes_left: int | None = None
    delay_seconds: float = 0.0

    def applies_to(self, call: Call) -> bool:
        """Whether the rule may strike `call`."""
        return (not self.calls or call.operation in self.calls) and self.strikes_left != 0


@dataclass(slots=True)
class FaultPlan:
    """The rules in force for the calls of one function; threads may share it.

    Attributes:
        generator: Decides which calls are struck.
        struck: Fault and operation to number of calls that were struck.
    """

    generator: random.Random
    struck: Counter[tuple[Fault, str]] = field(default_factory=Counter)
    _rules: list[Rule] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, rule: Rule) -> None:
        """Put `rule` in force."""
        with self._lock:
            self._rules.append(rule)

    def remove(self, rule: Rule) -> None:
        """Take `rule` out of force, if it is in force."""
        with self._lock:
            self._rules = [each for each in self._rules if each is not rule]

    def clear(self) -> None:
        """Take every rule out of force."""
        with self._lock:
            self._rules.clear()

    def decide(self, call: Call) -> Rule | None:
        """Return the rule that strikes `call`, and count it; None if none does."""
        with self._lock:
            for rule in self._rules:
                if rule.applies_to(call) and self.generator.random() < rule.share:
                    if rule.strikes_left is not None:
                        rule.strikes_left -= 1
                    self.struck[rule.fault, call.operation] += 1
                    return rule
        return None
