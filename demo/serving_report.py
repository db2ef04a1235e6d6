"""What serving looks like on the demo's page and in its closing table."""

from demo.bad_release import BadRelease
from demo.serving import ServingResult
from demo.traffic import ERRORS
from reporting import Figure, Section, Table, Tile, charts

_NOTHING = "–"


def rows(result: ServingResult) -> list[tuple[str, str]]:
    """The closing table's lines about serving."""
    bad = result.bad
    return [
        ("requests for predictions", f"{result.calls:,}"),
        ("  answered", f"{result.answered:,}"),
        ("  failed while a bad model was being released", f"{bad.errors.errors:,}"),
        ("  failed otherwise", f"{len(result.unexpected):,}"),
        (
            "  time of a request of 300 flights, half of them within",
            _ms(result.days.median_seconds),
        ),
        *(
            (f"A/B test: AUC of model {each.version}, {each.calls:,} requests", _auc(each.auc))
            for each in result.arms
        ),
        ("bad model: from its first error to the alarm", _seconds(bad.seconds_to_alarm)),
        ("  to its last error", _seconds(bad.seconds_to_last_error)),
        ("  until the model before served and was verified", f"{bad.ended - bad.began:.0f} s"),
        ("predictions that the client was given", f"{result.audit.given:,}"),
        ("  in the log, with model, code and data", f"{result.audit.logged:,}"),
        ("time of serving", f"{result.seconds:,.0f} s"),
    ]


def tiles(result: ServingResult) -> list[Tile]:
    """The figures about serving to see first."""
    failed = len(result.unexpected)
    return [
        Tile(label="predictions, each in the log", value=f"{result.audit.given:,}"),
        Tile(
            label="requests failed, the bad model's left out",
            value=str(failed),
            is_good=not failed,
        ),
        Tile(label="requests that met the bad model", value=f"{result.bad.errors.errors:,}"),
    ]


def sections(result: ServingResult) -> list[Section]:
    """The page's sections about serving."""
    return [_traffic(result), _bad_model(result.bad), _lineage(result)]


def _traffic(result: ServingResult) -> Section:
    picture = charts.stacks(
        result.traffic.seconds,
        result.traffic.per_second,
        y_label="requests per second",
        marks=result.marks,
        bad=ERRORS,
    )
    arms = [
        [f"model {each.version}", f"{each.calls:,}", f"{each.labelled:,}", _auc(each.auc)]
        for each in result.arms
    ]
    days = result.days
    return Section(
        title="A client never stops asking, whatever is released",
        text="Each request asks for all flights of a day from one airport. As the year went by, "
        f"{days.requests:,} of them, {days.rows:,} flights, were predicted before they arrived: "
        f"half took {_ms(days.median_seconds)} or less, 95 % {_ms(days.p95_seconds)}. Then two "
        "models are tried beside each other. Chance decides who answers which request, so each "
        "has scored other flights.",
        figures=[
            Figure(
                svg=picture,
                caption="Requests by the model that answered, as the client saw it; each mark is "
                "when the change was asked for, fired or was undone.",
            )
        ],
        tables=[Table(header=["A/B test", "requests", "flights that arrived", "AUC"], rows=arms)],
    )


def _bad_model(bad: BadRelease) -> Section:
    table = [
        ["requests while it was being released", f"{bad.calls:,}"],
        ["that failed", f"{bad.errors.errors:,}"],
        ["requests from the first failed one to the last", f"{bad.errors.calls:,}"],
        ["share of these that chance sends to the canary", f"{bad.canary_percent:g} %"],
        ["from the first error to the alarm", _seconds(bad.seconds_to_alarm)],
        ["from the first error to the last one", _seconds(bad.seconds_to_last_error)],
        ["from the approval to the end of its release", f"{bad.ended - bad.began:.1f} s"],
    ]
    return Section(
        title="A bad model is undone by the alarm that it sets off",
        text=f"Model {bad.version} is approved, complete and traceable, and answers every request "
        "with an error. SageMaker gives it the canary's share, the deployed alarm fires, SageMaker "
        "rolls back while CloudFormation reports success, and the release notices, restores what "
        f"served before and says why. It ended as {bad.status}.",
        tables=[Table(header=["what", "how much"], rows=table)],
    )


def _lineage(result: ServingResult) -> Section:
    links = [
        [f"model {each.version}", each.prediction_id, name, finding]
        for each in result.traced
        for name, finding in each.links
    ]
    return Section(
        title="From a prediction back to the raw files",
        text=f"All {result.audit.given:,} predictions that the client was given lie in the log "
        "with their model, its training job, code and data. One of each model is followed to its "
        "end.",
        tables=[
            Table(title=f"{len(links):,} links", is_folded=True, rows=links,
                  header=["given by", "prediction", "link", "finding"])
        ],
    )  # fmt: skip


def _auc(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.3f}"


def _seconds(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.1f} s"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:,.0f} ms"
