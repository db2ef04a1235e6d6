"""What the demo leaves behind: a table, a summary for machines, a page for people."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from demo import platform_report, serving_report, training_report, year_report
from demo.accounts import Account
from demo.serving import ServingResult
from demo.watch import AlarmChange, Sample
from demo.year import YearResult
from ops.page import flow, history
from ops.page.facts import Facts
from reporting import Figure, Page, Section, Table, Tile, charts


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """Everything that a run has to tell.

    Attributes:
        account: The balance of files and rows.
        audit_violations: What counting the lake itself found wrong.
        rows_in_lake: Rows of the curated Parquet files, counted in the files.
        quarantined_in_lake: Lines of the quarantine files, counted in the files.
        replayed: Dead letters sent back after the contract was right.
        burst_files: Curated files, each of which the burst announces once more.
        burst_seconds: From the first announcement of the burst until the queue was empty.
        year: What came of the months: trainings, predictions, and what the monitor found.
        serving: What came of serving the models.
        seconds: The whole run, without installation.
        alarm_fired: Whether the deployed dead-letter alarm fired.
        alarm_recovered: Whether it went back to OK by itself.
        marks: Steps and the seconds at which they began.
        samples: Queue depths over time.
        changes: Alarms that changed their state.
    """

    account: Account
    audit_violations: Sequence[str]
    rows_in_lake: int
    quarantined_in_lake: int
    replayed: int
    burst_files: int
    burst_seconds: float
    year: YearResult
    serving: ServingResult
    seconds: float
    alarm_fired: bool
    alarm_recovered: bool
    marks: dict[str, float]
    samples: Sequence[Sample]
    changes: Sequence[AlarmChange]

    @property
    def violations(self) -> list[str]:
        """Every breach of the conservation law, and of what is promised of models and answers."""
        return [
            *self.account.violations,
            *self.audit_violations,
            *["a valid message lies in the dead-letter table"]
            * (self.account.valid_dead_lettered > 0),
            *["the dead-letter alarm did not fire"] * (not self.alarm_fired),
            *["the dead-letter alarm did not recover"] * (not self.alarm_recovered),
            *self.year.violations,
            *self.serving.violations,
        ]

    @property
    def verdict(self) -> str:
        """The result in one sentence."""
        if self.violations:
            return f"Something did NOT go as it must: {len(self.violations)} violations."
        return (
            "The conservation law holds: nothing was lost, nothing was counted twice. "
            "Every model and every prediction can be traced, no worse model passed, and a bad one "
            "was undone while a client kept asking."
        )

    def rows(self) -> list[tuple[str, str]]:
        """The closing table: what, and how many."""
        status = self.account.by_status
        reasons = self.account.quarantined
        return [
            ("file versions received", f"{self.account.received:,}"),
            ("  curated", f"{status.get('curated', 0):,}"),
            ("  superseded by a newer version", f"{status.get('superseded', 0):,}"),
            ("  rejected and archived with its reason", f"{status.get('rejected', 0):,}"),
            ("rows in curated versions", f"{self.account.rows_in:,}"),
            ("  accepted (counted in the Parquet files)", f"{self.rows_in_lake:,}"),
            ("  quarantined (counted in the files)", f"{self.quarantined_in_lake:,}"),
            *((f"    {reason}", f"{count:,}") for reason, count in reasons.items()),
            ("dead letters replayed after the contract was fixed", f"{self.replayed:,}"),
            ("valid messages in the dead-letter queue", f"{self.account.valid_dead_lettered:,}"),
            *training_report.rows(self.year.training),
            *year_report.rows(self.year),
            *serving_report.rows(self.serving),
            ("time of the whole run", f"{self.seconds:,.0f} s"),
            (
                "events of the burst, and their time",
                f"{self.burst_files:,} in {self.burst_seconds:,.0f} s",
            ),
        ]

    def write(self, folder: Path, platform: Facts) -> None:
        """Write `summary.json` and `report.html` into `folder`.

        Args:
            folder: Where to.
            platform: What the platform itself knows at the end.
        """
        folder.mkdir(parents=True, exist_ok=True)
        summary = asdict(self) | {"violations": self.violations, "verdict": self.verdict}
        folder.joinpath("summary.json").write_text(json.dumps(summary, indent=2) + "\n")
        self._page(platform).write(folder / "report.html")

    def _page(self, platform: Facts) -> Page:
        valid_dead = self.account.valid_dead_lettered
        return Page(
            title="A year of flights, from raw files to predictions",
            subtitle=f"`make demo` · {platform.now:%d %B %Y, %H:%M} UTC · {self.seconds:,.0f} s",
            verdict=self.verdict,
            is_good=not self.violations,
            tiles=[
                Tile(label="file versions received", value=f"{self.account.received:,}"),
                Tile(
                    label="valid messages in the dead-letter queue",
                    value=f"{valid_dead:,}",
                    is_good=not valid_dead,
                ),
                Tile(label="rows in the lake", value=f"{self.rows_in_lake:,}"),
                *training_report.tiles(self.year.training),
                *year_report.tiles(self.year),
                *serving_report.tiles(self.serving),
                *platform_report.tiles(platform, self.year),
            ],
            sections=[
                *self._violation_section(),
                flow.section(platform),
                *year_report.sections(self.year),
                history.section(platform),
                *training_report.sections(self.year.training),
                *serving_report.sections(self.serving),
                self._row_section(),
                self._queue_section(),
                self._alarm_section(),
                platform_report.bill_section(platform, self.year),
                self._figures_section(),
            ],
        )

    def _queue_section(self) -> Section:
        seconds = [sample.second for sample in self.samples]
        picture = charts.timeline(
            seconds,
            {
                "waiting": [sample.waiting for sample in self.samples],
                "in flight": [sample.in_flight for sample in self.samples],
                "dead-letter queue": [sample.dead for sample in self.samples],
            },
            y_label="messages",
            marks=self.marks,
        )
        return Section(
            title="The queue carries the stream and the burst",
            text="Months arrive one or a few at a time; the peak is the burst, in which every "
            "curated file is announced once more. The mapping reads no faster than the function "
            "may run, so messages wait in the queue instead of using up their receives.",
            figures=[Figure(svg=picture, caption="Messages over the time of the run.")],
        )

    def _figures_section(self) -> Section:
        table = Table(title="Show them", is_folded=True, header=["what", "how many"],
                      rows=[list(row) for row in self.rows()])  # fmt: skip
        return Section(title="All figures", tables=[table])

    def _row_section(self) -> Section:
        picture = charts.bars(self.account.quarantined, x_label="rows")
        return Section(
            title="Messages and rows, accounted for",
            text="Every file version that arrived is curated, superseded, or kept with the reason "
            "why it was rejected. Rows that break the contract are quarantined with line, column, "
            "reason and text; the rest of their file is curated. One of them is in the real data: "
            "a wind of 1,048 miles per hour.",
            figures=[Figure(svg=picture, caption="Quarantined rows by reason.")],
            tables=[self._balance()],
        )

    def _balance(self) -> Table:
        status, received = self.account.by_status, self.account.received
        rows = [
            [name, f"{status.get(name, 0):,}", f"{100 * status.get(name, 0) / received:.1f} %"]
            for name in ("curated", "superseded", "rejected")
        ]
        return Table(
            header=["file versions", "number", "share"],
            rows=[*rows, ["received", f"{received:,}", "100.0 %"]],
            has_total=True,
        )

    def _alarm_section(self) -> Section:
        rows = [[f"{each.second:.0f}", each.alarm, each.state] for each in self.changes]
        return Section(
            title="The deployed alarms fire by real traffic, and recover",
            text="Periods are divided by the time scale of this run; thresholds are the deployed "
            "ones.",
            tables=[
                Table(title=f"{len(rows):,} changes", is_folded=True,
                      header=["second", "alarm", "state"], rows=rows)
            ],
        )  # fmt: skip

    def _violation_section(self) -> list[Section]:
        rows = [[violation] for violation in self.violations]
        table = Table(header=["what happened, and what had to"], rows=rows)
        return [Section(title="Violations", tables=[table])] if rows else []
