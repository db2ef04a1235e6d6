"""What was asked of AWS: the emulator records it, tests compare it with what is granted."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "calls.jsonl"


@dataclass(frozen=True, slots=True)
class Call:
    """An action that a role needs a permission for, whether the call succeeded or not.

    Attributes:
        role: Name of the role that the calling function, job or state machine runs under.
        action: As IAM names it: `s3:GetObjectVersion`, not `GetObject` with a version.
        resource: ARN that the permission is asked for; `*` when the action has none.
    """

    role: str
    action: str
    resource: str

    def line(self) -> str:
        """Return it as it is recorded."""
        return json.dumps(asdict(self))


def read(file: Path) -> frozenset[Call]:
    """Return the distinct calls of a recording; none when nothing was recorded."""
    if not file.exists():
        return frozenset()
    return frozenset(Call(**json.loads(line)) for line in file.read_text().splitlines())
