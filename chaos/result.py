"""What came of a campaign, for people and programs."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from chaos.schedule import Schedule


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseResult:
    """What came of a phase.

    Attributes:
        number: Its number.
        steps: Numbers of its steps.
        seconds: From its beginning to the end of its last fault.
        drain_seconds: From then until no message was under way.
        received: Object versions in the lake.
        curated: Of those, in force.
        superseded: Of those, replaced.
        rejected: Of those, refused.
        dead_letters: Dead letters of the campaign.
        alarms: Watched alarms that fired in it.
        struck: Function, fault and operation to calls struck since the campaign began.
        violations: What was not as it must be, a line each.
    """

    number: int
    steps: list[int]
    seconds: float
    drain_seconds: float
    received: int
    curated: int
    superseded: int
    rejected: int
    dead_letters: int
    alarms: list[str]
    struck: dict[str, int]
    violations: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What came of a campaign.

    Attributes:
        schedule: What was done.
        seconds: How long it took, deployment included.
        phases: What came of each phase.
        smallest: Numbers of the fewest steps known to fail; empty when nothing failed, or nobody
            looked for them.
    """

    schedule: Schedule
    seconds: float
    phases: list[PhaseResult]
    smallest: list[int] = field(default_factory=list)

    @property
    def violations(self) -> list[str]:
        """Everything that was not as it must be."""
        return [violation for phase in self.phases for violation in phase.violations]

    def write(self, folder: Path) -> Path:
        """Write `<seed>.json` into `folder`, and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.schedule.seed}.json"
        content = {
            "seed": self.schedule.seed,
            "held": not self.violations,
            "seconds": self.seconds,
            "steps": {step.number: step.told for step in self.schedule.steps},
            "phases": [asdict(phase) for phase in self.phases],
            "smallest": self.smallest,
        }
        path.write_text(f"{json.dumps(content, indent=2)}\n")
        return path
