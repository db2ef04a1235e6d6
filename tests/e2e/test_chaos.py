"""A short fault campaign: one phase of everything, always the same, against the deployed app."""

import pytest

from chaos.campaign import Narrator, run_campaign
from chaos.faults import Fault
from chaos.result import PhaseResult
from chaos.schedule import Schedule
from chaos.steps import (
    BadCalls,
    Burst,
    Function,
    Kill,
    KillAtCall,
    LateEvents,
    Replay,
    Reprocess,
    Shuffle,
    Starve,
    Step,
    Strangers,
    Versions,
)
from tests.e2e.lake import Lake

SEED = 20130212
INGEST = Function.INGEST
# What a drawn phase may hold, chosen so that it comes to rest after one visibility timeout.
STEPS: tuple[Step, ...] = (
    Burst(number=1, at=0, files=15, refused_share=0.3, shared_share=0.4),
    KillAtCall(number=2, at=0, function=INGEST, operation="TransactWriteItems",
               fault=Fault.KILL_AFTER),
    KillAtCall(number=13, at=0, function=INGEST, operation="PutObject", fault=Fault.KILL_BEFORE),
    Versions(number=3, at=1, keys=3, versions=3, refused_share=0.4),
    BadCalls(number=4, at=1, function=INGEST, operations=("PutObject", "UpdateItem"),
             fault=Fault.LOSE_ANSWER, share=0.3, delay_seconds=0, seconds=8),
    Shuffle(number=5, at=2, seconds=2, copies=2),
    Burst(number=6, at=4, files=10, refused_share=0.1, shared_share=0.4),
    Strangers(number=7, at=5, count=3),
    Kill(number=8, at=6, function=INGEST),
    Starve(number=9, at=7, function=INGEST, seconds=2),
    LateEvents(number=10, at=8, count=8),
    Reprocess(number=11, at=9, count=5),
    Replay(number=12, at=9, count=5),
)  # fmt: skip


@pytest.fixture(scope="module")
def phase(lake: Lake) -> PhaseResult:
    quiet = Narrator(step=lambda _: None, draining=lambda _: None, phase=lambda _: None)
    (result,) = run_campaign(lake.cloud, lake.deployment, Schedule(SEED, STEPS), quiet)
    return result


def test_nothing_is_lost_and_nothing_left_behind(phase: PhaseResult) -> None:
    assert phase.violations == []


def test_the_faults_did_strike(phase: PhaseResult) -> None:
    """Those that wait for their call; what the others meet depends on the machine."""
    assert phase.struck["ingest kill-after TransactWriteItems"] == 1
    assert phase.struck["ingest kill-before PutObject"] == 1


def test_afterwards_calls_go_straight_to_the_cloud_again(lake: Lake, phase: PhaseResult) -> None:
    assert phase.steps
    configuration = lake.cloud.client("lambda").get_function_configuration(
        FunctionName=lake.function_name
    )
    assert "AWS_ENDPOINT_URL" not in configuration["Environment"]["Variables"]
