"""Runbooks as somebody follows them: their commands, on the deployed app, while alarms are on."""

import json
import re
import shlex
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from botocore import xform_name
from typer.testing import CliRunner

from local.environment import ROOT
from local.processes import wait_until
from mlops_constructs.alarms import RUNBOOKS, Runbook
from ops.alarms import IN_ALARM, OK
from ops.app import app
from tests.e2e.lake import ENVIRONMENT, PATIENCE_SECONDS, Lake

Values = Mapping[str, str]
"""What stands in the place of a page's examples: each argument that is one, and the real one."""

EXAMPLE = "prod"
"""The environment that pages take for an example."""
PREFIX = f"mlops-{ENVIRONMENT}-"

_SECTION = re.compile(r"^(?:## (?P<heading>.+)|\*\*(?P<letter>[A-Z])\. .*)$", re.MULTILINE)
_BLOCK = re.compile(r"^```sh\n(?P<lines>.*?)^```$", re.MULTILINE | re.DOTALL)
_OPS = ("python", "-m", "ops")
_AWS = ("aws",)


@dataclass(slots=True)
class Page:
    """A runbook, and how much of it somebody has followed.

    Sections are the headings with commands, and the letters of the remedies.

    Attributes:
        lake: Where its commands are run.
        runbook: Which.
        sections: Commands by section.
        left: Commands that nobody has run so far.
    """

    lake: Lake
    runbook: Runbook
    sections: Mapping[str, tuple[str, ...]]
    left: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, lake: Lake, runbook: Runbook) -> "Page":
        """Read a page."""
        sections = sections_of((ROOT / RUNBOOKS / f"{runbook}.md").read_text())
        return cls(lake, runbook, sections, [each for of in sections.values() for each in of])

    def follow(
        self, section: str, values: Values | None = None, *, statuses: Collection[int] = (0,)
    ) -> list[str]:
        """Run the commands of a section, in order; return what they print.

        Args:
            section: A heading, or the letter of a remedy.
            values: What stands in the place of the page's examples; what is no example stays.
            statuses: Exit statuses that the commands may have.
        """
        return [self._run(each, values or {}, statuses) for each in self.sections[section]]

    def skip(self, section: str, *, because: str) -> None:
        """Leave a section's commands out: another cause is needed for them, or another test."""
        assert because
        for command in self.sections[section]:
            self._take(command)

    def _run(self, command: str, values: Values, statuses: Collection[int]) -> str:
        self._take(command)
        words = [_real(word, values) for word in shlex.split(command)]
        if tuple(words[: len(_OPS)]) == _OPS:
            return self._ops(words[len(_OPS) :], statuses)
        assert tuple(words[: len(_AWS)]) == _AWS, f"{self.runbook}: nobody can run {command!r}"
        return str(self._aws(*words[len(_AWS) :]))

    def _take(self, command: str) -> None:
        # Pages repeat commands; each is to be run as often as it stands there.
        if command in self.left:
            self.left.remove(command)

    def _ops(self, arguments: list[str], statuses: Collection[int]) -> str:
        """Run a command of `ops` in this process: a process for each would take a second."""
        result = CliRunner().invoke(app, arguments, env=self.lake.cloud.environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code in statuses, f"{self.runbook}: {arguments}: {result.output}"
        return result.output

    def _aws(self, service: str, operation: str, *words: str) -> Any:
        """Do what AWS's command line would, which is made of the same models."""
        client = self.lake.cloud.client(service)
        (name,) = (
            each
            for each in client.meta.service_model.operation_names
            if xform_name(each, "-") == operation
        )
        members = client.meta.service_model.operation_model(name).input_shape.members
        known = {f"--{xform_name(each, '-')}": each for each in members}
        given, rest = {}, list(words)
        while rest:
            member = known[rest.pop(0)]
            kind = members[member].type_name
            given[member] = kind == "boolean" or (int if kind == "integer" else str)(rest.pop(0))
        return getattr(client, xform_name(name))(**given)


def _real(word: str, values: Values) -> str:
    """Return what an argument of a page stands for."""
    if word in values:
        return values[word]
    return ENVIRONMENT if word == EXAMPLE else word.replace(f"mlops-{EXAMPLE}-", PREFIX)


def sections_of(text: str) -> dict[str, tuple[str, ...]]:
    """Return the commands of a page by heading or letter, those without commands left out."""
    found = {}
    marks = list(_SECTION.finditer(text))
    starts = [each.start() for each in marks] + [len(text)]
    for mark, end in zip(marks, starts[1:], strict=True):
        blocks = _BLOCK.findall(text[mark.start() : end])
        lines = tuple(line for block in blocks for line in block.splitlines() if line)
        if lines:
            found[mark["heading"] or mark["letter"]] = lines
    return found


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Alarms that go off by their cause, and recover while somebody follows their pages.

    Attributes:
        lake: Where.
        began: When; what alarms did before does not count.
        alarms: Names, without the environment's, of the alarms by page.
        pages: The pages.
    """

    lake: Lake
    began: datetime
    alarms: Mapping[Runbook, tuple[str, ...]]
    pages: Mapping[Runbook, Page]

    @property
    def names(self) -> list[str]:
        """Names of the alarms as CloudWatch has them."""
        return [f"{PREFIX}{each}" for alarms in self.alarms.values() for each in alarms]

    def await_quiet(self) -> None:
        """Wait until none of the alarms is on; call it before anything is caused."""
        await_states(self.lake, self.names, OK)

    def await_alarms(self) -> None:
        """Wait until each of the alarms has gone off; some causes are over in a moment."""
        wanted = set(self.names)
        wait_until(lambda: wanted <= self.fired, seconds=PATIENCE_SECONDS, interval=0.2)
        missing = wanted - self.fired
        assert not missing, f"they do not go off: {sorted(missing)}"

    @property
    def fired(self) -> set[str]:
        """Names of the alarms that have gone off since the rehearsal began."""
        pages = (
            self.lake.cloud.client("cloudwatch")
            .get_paginator("describe_alarm_history")
            .paginate(
                AlarmTypes=["MetricAlarm", "CompositeAlarm"],
                HistoryItemType="StateUpdate",
                StartDate=self.began,
            )
        )
        return {
            each["AlarmName"]
            for page in pages
            for each in page["AlarmHistoryItems"]
            if json.loads(each["HistoryData"])["newState"]["stateValue"] == IN_ALARM
        }

    def finish(self) -> None:
        """Check that every alarm went off and has recovered, and that every page was followed."""
        self.await_alarms()
        await_states(self.lake, self.names, OK)
        left = {str(page.runbook): page.left for page in self.pages.values() if page.left}
        assert not left, f"nobody has run {left}"


REHEARSED: dict[str, Mapping[Runbook, tuple[str, ...]]] = {}
"""Alarms by test, page by page, of all tests whose modules were imported."""

Test = Callable[..., None]


def rehearses(alarms: Mapping[Runbook, tuple[str, ...]]) -> Callable[[Test], Test]:
    """Let a test declare which alarms it sets off and sees recover; insist on it at its end.

    The test takes the fixture `rehearsal`.

    Args:
        alarms: Names without the environment's, such as `ingestion-Ingestion-LateAlarm`, by page.
    """

    def declared(test: Test) -> Test:
        REHEARSED[test.__name__] = alarms

        @wraps(test)
        def insisting(**fixtures: Any) -> None:
            test(**fixtures)
            fixtures["rehearsal"].finish()

        return insisting

    return declared


def begin(lake: Lake, test: str) -> Rehearsal:
    """Return the rehearsal of a test, by the test's name."""
    alarms = REHEARSED[test]
    pages = {runbook: Page.read(lake, runbook) for runbook in alarms}
    # The local history of alarms knows no fractions of a second.
    return Rehearsal(lake, datetime.now(UTC).replace(microsecond=0), alarms, pages)


def await_states(lake: Lake, names: list[str], state: str) -> None:
    """Wait until alarms are in a state, all of them."""
    client = lake.cloud.client("cloudwatch")

    def others() -> dict[str, str]:
        answer = client.describe_alarms(
            AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=100
        )
        found = [*answer["MetricAlarms"], *answer["CompositeAlarms"]]
        states = {each["AlarmName"]: str(each["StateValue"]) for each in found}
        return {name: states.get(name, "missing") for name in names if states.get(name) != state}

    wait_until(lambda: not others(), seconds=PATIENCE_SECONDS, interval=0.1)
    left = others()
    assert not left, f"they are not {state}: {left}"
