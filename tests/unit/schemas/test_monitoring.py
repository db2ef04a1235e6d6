from decimal import Decimal
from typing import Any

import pytest

from schemas.findings import Concern
from schemas.monitoring import (
    CURRENT,
    MONITORING_ID,
    OVERRIDES_KEY,
    Decision,
    MonitoringRequest,
    MonitoringRun,
    MonitoringStatus,
    MonitoringTrigger,
    Reaction,
    decision_key,
    decisions_of,
    input_prefix,
    manifest_key,
    output_prefix,
    runs_of,
)

RUN = MonitoringRun(
    monitoring_id="m1",
    status=MonitoringStatus.DONE,
    trigger=MonitoringTrigger.SCHEDULE,
    execution_arn="arn:e",
    model_package_arn="arn:m",
    since="2013-01",
    until="2013-02",
    digest="d",
    summary_uri="s3://b/monitoring.json",
    report_uri="s3://b/report.html",
    predictions=3_000,
    labelled=2_000,
    auc="0.6512",
    violations={"drift": 2, "quality": 0},
    reason="because",
    began_at="2026-01-01",
    ended_at="2026-01-02",
    published_at="2026-01-03",
)
DECISION = Decision(
    monitoring_id="m1",
    concern=Concern.FLOOR,
    reaction=Reaction.ROLLBACK,
    reason="because",
    execution_arn="arn:r",
    model_package_arn="arn:m",
    decided_at="2026-01-03",
    is_announced=True,
)


def stored(item: dict[str, Any]) -> dict[str, Any]:
    """The item as DynamoDB gives it back."""

    def value(given: Any) -> Any:
        if isinstance(given, dict):
            return {name: value(each) for name, each in given.items()}
        is_number = isinstance(given, int) and not isinstance(given, bool)
        return Decimal(given) if is_number else given

    return dict(value(item))


@pytest.mark.parametrize(
    "run",
    [
        RUN,
        MonitoringRun(
            monitoring_id="m2",
            status=MonitoringStatus.RUNNING,
            trigger=MonitoringTrigger.MANUAL,
            execution_arn="arn:e",
        ),
    ],
)
def test_a_run_is_read_as_it_was_written(run: MonitoringRun) -> None:
    read = MonitoringRun.from_item(stored(run.to_item()) | {"later": "x"})

    assert read == run
    assert isinstance(read.predictions, int)
    assert all(isinstance(count, int) for count in read.violations.values())


def test_an_item_holds_what_dynamodb_takes() -> None:
    for item in (RUN.to_item(), DECISION.to_item()):
        for value in item.values():
            assert type(value) in {str, int, bool, dict}


def test_an_older_item_lacks_what_came_later() -> None:
    needed = {"monitoring_id", "status", "trigger", "execution_arn"}
    item = {name: value for name, value in RUN.to_item().items() if name in needed}

    assert MonitoringRun.from_item(item).published_at == ""


def test_a_decision_is_read_as_it_was_written() -> None:
    item = DECISION.to_item()

    assert item[MONITORING_ID] == "m1#floor" == decision_key("m1", Concern.FLOOR) == DECISION.key
    assert Decision.from_item(stored(item) | {"later": "x"}) == DECISION


def test_runs_and_decisions_are_told_apart_newest_first() -> None:
    older = MonitoringRun.from_item(RUN.to_item() | {"monitoring_id": "m0", "began_at": "2025"})
    warned = Decision.from_item(
        DECISION.to_item() | {"reaction": "warned", "concern": "drift", "decided_at": "2026-02"}
    )
    items = [
        older.to_item(),
        DECISION.to_item(),
        {MONITORING_ID: CURRENT, "held_by": "", "latest": "m1"},
        {MONITORING_ID: "#retraining", "by_run": "m1", "begun_at": "2026"},
        warned.to_item(),
        RUN.to_item(),
    ]

    assert runs_of(items) == [RUN, older]
    assert decisions_of(items) == [warned, DECISION]


def test_a_request_is_read_as_it_was_written() -> None:
    request = MonitoringRequest(
        monitoring_id="m1",
        model_package_arn="arn",
        since="2013-01",
        until="2013-02",
        min_labels=7,
    )
    text = request.to_text()

    assert MonitoringRequest.from_text(text) == request
    assert MonitoringRequest.from_text(f'{{"later": 1, {text[1:]}') == request


def test_files_of_runs_do_not_meet() -> None:
    places = {
        place(run)
        for place in (input_prefix, output_prefix, manifest_key)
        for run in ("m1", "m2", "overrides.json")
    }

    assert len(places) == 9
    assert not any(OVERRIDES_KEY.startswith(place) for place in places)
