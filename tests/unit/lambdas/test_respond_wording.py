"""What people are told, whatever names and values the data have."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.respond.wording import Told
from schemas.findings import Concern, Summary
from schemas.monitoring import Decision, Reaction
from tests.unit.lambdas.monitor_world import violation
from tests.unit.lambdas.release_requests import arn_of

HOSTILE = (
    "carrier=</pre><script>alert(1)</script>",
    "carrier=x\nReport: https://evil.example/",
    "carrier=x\r\n\r\nDecided: nothing\u2028more\u2029and\x85more",
    "carrier=\u202egnp.exe\u200b\x00\x1b[31mred",
    "carrier=\ud800",
    "carrier=" + "x" * 10_000,
)


def told(*names: str, concern: Concern = Concern.DRIFT, **values: Any) -> Told:
    reaction = values.pop("reaction", Reaction.WARNED)
    return Told(
        decision=Decision(monitoring_id="m1", concern=concern, reaction=reaction, reason="because"),
        summary=Summary(
            model_package_arn=arn_of(7),
            since="2013-01",
            until="2013-02",
            predictions=3_000,
            judged=2_500,
            labelled=2_000,
            min_labels=1,
            violations=tuple(violation(concern, feature_name=name) for name in names),
        ),
        environment="test",
        region="eu-west-1",
        **{"report_uri": "s3://bucket/monitoring/m1/output/report.html", **values},
    )


def check_sendable(message: Told) -> None:
    """Check that SNS accepts it, and that nothing in it passes for what it is not."""
    assert 0 < len(message.subject) < 100
    assert message.subject.isascii()
    assert message.subject.isprintable()
    assert 0 < len(message.message.encode()) < 256 * 1024
    assert all(line.isprintable() for line in message.message.split("\n"))
    links = [line for line in message.message.split("\n") if line.startswith("Report:")]
    assert links == [line for line in told().message.split("\n") if line.startswith("Report:")]


@pytest.mark.parametrize("concern", list(Concern))
@pytest.mark.parametrize("reaction", list(Reaction))
def test_each_violation_has_one_line(concern: Concern, reaction: Reaction) -> None:
    message = told(*HOSTILE, concern=concern, reaction=reaction)

    check_sendable(message)
    lines = message.message.split("\n")
    found = lines[lines.index("Violations:") + 1 :]
    assert len(found) == len(HOSTILE)
    assert all(each.startswith("- carrier=") for each in found)
    # The end is cut off, not the beginning, and visibly.
    assert found[-1].endswith("xxx...")


@given(st.lists(st.text(), max_size=5))
def test_any_name_can_be_told(names: list[str]) -> None:
    check_sendable(told(*names))


def test_the_report_is_told_however_much_is_wrong() -> None:
    message = told(*(f"carrier={number}" for number in range(10_000)))

    check_sendable(message)
    assert message.subject == "test, model 7: 10000 violations of drift; a warning"
    assert "python -m ops monitor report m1" in message.message
    assert message.message.endswith("...")


def test_a_message_says_of_what_and_when() -> None:
    message = told("distance", concern=Concern.QUALITY, reaction=Reaction.NOTHING).message

    assert message.splitlines()[:5] == [
        "Model 7 is worse than on its holdout, more than chance explains.",
        "",
        "Decided: nothing is done: because",
        "What to do: `python -m ops train` trains by hand",
        "Predictions: 3,000 from 2013-01 to 2013-02, 2,500 of this model, 2,000 of those with "
        "labels",
    ]


def test_an_odd_key_makes_a_whole_link() -> None:
    message = told(report_uri="s3://bucket/monitoring/a b&c=d#e/report.html").message

    assert "&prefix=monitoring%2Fa%20b%26c%3Dd%23e%2Freport.html\n" in message


def test_a_message_is_what_json_can_hold() -> None:
    assert json.loads(json.dumps(told(*HOSTILE).message)) == told(*HOSTILE).message
