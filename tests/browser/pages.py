"""A page with everything that a page can have, made of a year that might have been."""

import math
from datetime import UTC, datetime, timedelta

from reporting import Arrow, Figure, Flow, Page, Section, Side, Stage, Table, Tile, charts
from reporting.charts import Estimate
from reporting.heatmaps import Cell, heatmap
from reporting.lanes import Event, Tone, lanes

MONTHS = [f"2013-{month:02}" for month in range(4, 13)]
COLUMNS = ("temp", "dewp", "humid", "pressure", "wind_speed", "visib", "precip", "sched_dep_time",
           "distance", "carrier", "origin", "dest", "hour", "air_time")  # fmt: skip
HOSTILE = '<script>document.title="owned"</script> $x^{2}$ "quoted" & <b>bold</b>'
# As near to each other as those of the demo, the last ones at the very end.
STEPS = {"wrong contract": 0.5, "stream": 4, "right contract": 11, "replay": 15,
         "damaged month": 17, "correction": 19, "the year": 20, "serving": 88, "burst": 112,
         "late events": 116, "audit": 116.3}  # fmt: skip
BEGAN = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def everything() -> Page:
    """Return the page."""
    return Page(
        title="A year of flights, from raw files to predictions",
        subtitle="Environment local · http://127.0.0.1:4566 · 23 November 2026, 04:12 UTC",
        verdict="Nothing was lost and nothing was counted twice. Retraining gained 0.046 AUC, no "
        "worse model passed, and a bad one was undone while a client kept asking.",
        is_good=True,
        tiles=[
            Tile(label="file versions received", value="1,151"),
            Tile(label="valid messages lost", value="0", is_good=True),
            Tile(label="rows in the lake", value="362,955"),
            Tile(label="AUC gained by retraining", value="+0.046", is_good=True),
            Tile(label="predictions, each in the log", value="203,720"),
            Tile(label="requests failed", value="6", is_good=False),
            Tile(label="drifted columns", value="5"),
            Tile(label="a month of this on AWS, sized as `local`", value="$ 21.40"),
        ],
        sections=[
            Section(
                title="The flow, and what went through it",
                text="Every figure is counted where it lies: in the lake, the registry, the log.",
                flow=a_flow(),
            ),
            _quality(),
            _drift(),
            _history(),
            _account(),
            _queues(),
            Section(
                title=f"Names from data are text: {HOSTILE}",
                text=HOSTILE,
                tables=[
                    Table(header=[HOSTILE, "rows"], rows=[[HOSTILE, "1"], ["x" * 150, "2"]]),
                    Table(title=f"Folded {HOSTILE}", header=["a"], rows=[["b"]], is_folded=True),
                ],
            ),
        ],
    )


def a_flow() -> Flow:
    """Return the platform's loop."""
    right, down, left, up = Side.RIGHT, Side.DOWN, Side.LEFT, Side.UP
    return Flow(
        stages=[
            Stage(name="Raw files", value="1,151", label="file versions received", row=1, column=1,
                  details=["1,132 curated", "11 superseded"],
                  arrows=[Arrow(side=right), Arrow(side=down, label="unreadable", at=0.16)]),
            Stage(name="Dead letters", value="8", label="kept, each with its reason", row=2,
                  column=1, details=["3 wait for somebody", "0 lost"],
                  arrows=[Arrow(side=up, label="replay", at=0.8)]),
            Stage(name="Lake", value="362,955", label="rows in force", row=1, column=2,
                  details=["241 quarantined, with reasons"], arrows=[Arrow(side=right)]),
            Stage(name="Training", value="6", label="runs", row=1, column=3,
                  details=["5 registered", "1 refused by the gate", "1 stopped by the watchdog"],
                  arrows=[Arrow(side=right)]),
            Stage(name="Releases", value="9", label="guarded changes", row=1, column=4,
                  details=["model 5 serves", "1 undone"], arrows=[Arrow(side=right)]),
            Stage(name="Predictions", value="203,720", label="logged", row=1, column=5,
                  details=["0 flawed", "0 not logged"], arrows=[Arrow(side=down)], is_good=True),
            Stage(name="Monitor", value="4", label="runs", row=2, column=5,
                  details=["AUC 0.689", "4 drifted columns"], arrows=[Arrow(side=left)]),
            Stage(name="Decisions", value="5", label="each taken once", row=2, column=3, columns=2,
                  details=["3 warnings", "1 retraining", "1 rollback"],
                  arrows=[Arrow(side=up, label="retrains", at=0.22),
                          Arrow(side=up, label="rolls back", at=0.78)]),
        ]
    )  # fmt: skip


def _quality() -> Section:
    static = [0.70, 0.68, 0.665, 0.66, 0.67, 0.66, 0.64, 0.65, 0.655]
    managed = [0.70, 0.70, 0.71, 0.705, 0.715, 0.70, 0.684, 0.70, 0.71]
    lines = charts.lines(
        MONTHS,
        {"trained once, on January and February": static, "retrained as the year went by": managed},
        x_label="month",
        y_label="AUC",
    )
    watched = charts.estimates(
        MONTHS,
        {"AUC of the champion": [Estimate(each, each - 0.012, each + 0.012) for each in managed]},
        x_label="month",
        y_label="AUC",
        references={"on its holdout": managed[:1] * 9, "retrain below": [0.67, None, *[0.68] * 7],
                    "roll back below": [0.6] * 9},
    )  # fmt: skip
    return Section(
        title="A model that is not retrained fades",
        text="Both models are scored on the same flights of each month, which neither has seen.",
        figures=[
            Figure(svg=lines, caption="Area under the ROC curve by month."),
            Figure(svg=watched, caption="What the monitor saw, with 95 % intervals."),
            Figure(svg=_once(), caption="The same after its first run."),
        ],
    )


def _once() -> str:
    """Return the picture of one run: what it is compared with must be seen all the same."""
    return charts.estimates(
        MONTHS[:1],
        {"AUC of the champion": [Estimate(0.7, 0.688, 0.712)]},
        x_label="month",
        y_label="AUC",
        references={"on its holdout": [0.705], "retrain below": [0.67], "roll back below": [0.6]},
    )


def _drift() -> Section:
    cells: list[list[Cell | None]] = [
        [
            Cell(abs(math.sin(row * 7 + column * 0.6)) * 0.9 / (1 + row), 0.2 if row < 12 else None)
            for column in range(len(MONTHS))
        ]
        for row in range(len(COLUMNS))
    ]
    cells[0][-1] = None
    few = [
        heatmap(COLUMNS, MONTHS[first:last], [each[first:last] for each in cells])
        for first, last in ((1, 2), (1, 4))
    ]
    return Section(
        title="Weather drifts every spring, and that alone retrains nothing",
        text="Population stability index of each column, against the data of the training.",
        figures=[
            Figure(svg=heatmap(COLUMNS, MONTHS, cells), caption="Drift by column and month."),
            Figure(svg=few[0], caption="The same after the first run."),
            Figure(svg=few[1], caption="And after the third."),
        ],
    )


def _history() -> Section:
    def at(minutes: float) -> datetime:
        return BEGAN + timedelta(minutes=minutes)

    events = [
        *(Event(lane="training", name=f"{name} → model {number}", began=at(number * 1.4),
                ended=at(number * 1.4 + 0.9))
          for number, name in enumerate(("first", "calendar", "bad quality", "calendar"), 1)),
        Event(lane="training", name="refused", began=at(7.2), ended=at(8), tone=Tone.WARNING),
        *(Event(lane="release", name=f"model {number}", began=at(number * 1.4 + 1), tone=Tone.GOOD)
          for number in range(1, 5)),
        Event(lane="release", name="bad model undone", began=at(9), tone=Tone.BAD),
        Event(lane="monitor", name="drift: warned", began=at(1.2), tone=Tone.WARNING),
        Event(lane="monitor", name="drift: warned", began=at(1.3), tone=Tone.WARNING),
        Event(lane="monitor", name="quality: retraining", began=at(4.1), tone=Tone.BAD),
        Event(lane="alarms", name="endpoint errors", began=at(9.1), ended=at(9.6), tone=Tone.BAD),
        Event(lane="alarms", name=HOSTILE, began=at(2), ended=at(2.1), tone=Tone.BAD),
    ]  # fmt: skip
    return Section(
        title="Every change of what serves is a guarded release",
        figures=[Figure(svg=lanes(events, x_label="time, UTC"), caption="What happened, when.")],
        tables=[
            Table(
                header=["action", "by", "to be", "outcome", "time", "why"],
                rows=[
                    ["release", "approval", "model 5 serves", "succeeded", "21 s", ""],
                    ["release", "approval", "model 6 serves", "failed", "47 s",
                     "the alarm EndpointErrors fired during the canary; model 5 serves again"],
                ],
            )
        ],
    )  # fmt: skip


def _account() -> Section:
    return Section(
        title="Messages and rows, accounted for",
        figures=[
            Figure(svg=charts.bars({"type": 120, "range": 80, "domain": 41}, x_label="rows"),
                   caption="Quarantined rows by reason."),
        ],
        tables=[
            Table(
                header=["what", "how many", "share"],
                rows=[["curated", "1,132", "98.4 %"], ["superseded", "11", "1.0 %"],
                      ["rejected", "8", "0.7 %"], ["received", "1,151", "100 %"]],
                has_total=True,
            )
        ],
    )  # fmt: skip


def _queues() -> Section:
    seconds = [float(each) for each in range(0, 120, 2)]
    waiting = [max(0.0, 300 * math.sin(each / 30)) for each in seconds]
    traffic = charts.stacks(
        seconds,
        {"model 4": [3 + math.sin(each) for each in seconds],
         "model 5": [2 - math.sin(each) for each in seconds],
         "errors": [float(50 < each < 56) for each in seconds]},
        y_label="requests per second", marks={"bad model": 48, "alarm": 53, "rolled back": 54},
        bad="errors",
    )  # fmt: skip
    queue = charts.timeline(
        seconds, {"waiting": waiting, "in flight": [min(each, 20) for each in waiting],
                  "dead-letter queue": [each / 100 for each in waiting]},
        y_label="messages", marks=STEPS,
    )  # fmt: skip
    roc = charts.curves({"champion": ([0, 0.2, 1], [0, 0.5, 1]), "challenger": ([0, 1], [0, 1])},
                        x_label="false positive rate", y_label="true positive rate")  # fmt: skip
    dots = charts.dots({"champion": {"UA": 0.7, "AA": 0.68}, "challenger": {"UA": 0.71}},
                       x_label="AUC")  # fmt: skip
    return Section(
        title="The queue carries the stream and the burst",
        figures=[
            Figure(svg=svg, caption=caption)
            for svg, caption in ((traffic, "Requests by the model that answered."),
                                 (queue, "Messages over the time of the run."),
                                 (roc, "ROC."), (dots, "By carrier."))
        ],
    )  # fmt: skip
