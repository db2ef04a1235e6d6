"""Trainings that nobody begins: a rule looks for new data, and trains when there are enough."""

from config import MODEL
from ops.conclusions import Conclusion, conclude
from ops.executions import Execution
from tests.e2e.lake import Lake
from tests.e2e.training_phases import rule_of


def test_the_rule_begins_an_execution_that_looks_for_news(lake: Lake, scheduled: Execution) -> None:
    outcome = conclude(lake.deployment, scheduled)

    # What other tests have sent to the same lake may be news enough.
    assert outcome.conclusion in (Conclusion.SKIPPED, Conclusion.REFUSED, Conclusion.REGISTERED)
    if outcome.conclusion is Conclusion.SKIPPED:
        (reason,) = outcome.reasons
        assert "rows of flights have come since run " in reason
        assert f"{MODEL.min_new_rows:,} that are worth a training" in reason
        assert [visit.state for visit in scheduled.visits] == ["Snapshot"]


def test_the_rule_is_the_deployed_one_again(lake: Lake, scheduled: Execution) -> None:
    assert scheduled.input == {"trigger": "new-data"}
    rule = rule_of(lake, "NewData")
    assert rule["ScheduleExpression"] == "rate(1 day)"
    assert rule["State"] == "ENABLED"
