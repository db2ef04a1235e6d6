"""Updates that are undone: the old fleet serves as if nothing had been."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.sagemaker import ApiError
from tests.unit.local_sagemaker.hosting import BROKEN, described, invoke, serving, settled
from tests.unit.local_sagemaker.lab import Lab
from tests.unit.local_sagemaker.requests import blue_green
from tests.unit.local_sagemaker.updates import (
    HOUR,
    Alarms,
    answers,
    await_status,
    canary,
    stages,
    states,
    update,
)


@pytest.mark.parametrize("kind", ["CANARY", "ALL_AT_ONCE"])
def test_an_alarm_while_it_bakes_brings_the_old_fleet_back(
    slow: Lab, alarms: Alarms, kind: str
) -> None:
    update(
        slow,
        canary("errors", "latency")
        if kind == "CANARY"
        else blue_green(kind, "errors", "latency", bake=HOUR),
    )
    await_status(slow, "Baking")

    alarms.ringing = {"latency", "another"}

    endpoint = settled(slow)
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "c")
    assert endpoint["FailureReason"].endswith("in state ALARM are latency.")
    assert "PendingDeploymentSummary" not in endpoint
    assert states(slow)[-3:] == ["UPDATING", "ROLLING_BACK", "IN_SERVICE"]
    assert slow.sagemaker.was_rolled_back("e")
    assert set(answers(slow)) == {b"1.0"}
    assert len(serving(slow)) == 2 * 2


def test_the_next_update_forgets_the_rollback(fast: Lab, alarms: Alarms) -> None:
    alarms.ringing = {"errors"}
    update(fast, canary("errors"))
    assert settled(fast)["EndpointConfigName"] == "c"
    assert fast.sagemaker.was_rolled_back("e")

    fast.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="c2")

    endpoint = settled(fast)
    assert endpoint["EndpointConfigName"] == "c2"
    assert "FailureReason" not in endpoint
    assert "LastDeploymentConfig" not in endpoint
    assert not fast.sagemaker.was_rolled_back("e")


def test_an_alarm_from_the_start_lets_nothing_begin(fast: Lab, alarms: Alarms) -> None:
    alarms.ringing = {"errors"}

    update(fast, canary("errors"))

    assert settled(fast)["FailureReason"].endswith("in state ALARM are errors.")
    assert stages(fast) == []
    assert states(fast)[-2:] == ["ROLLING_BACK", "IN_SERVICE"]


def test_a_rollback_loses_no_request(slow: Lab, alarms: Alarms) -> None:
    update(slow, canary("errors"))
    await_status(slow, "Baking")
    done = threading.Event()

    def ask() -> list[int]:
        statuses = []
        while not done.is_set():
            statuses.append(invoke(slow, "1")[0])
        return statuses

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask) for _ in range(4)]
        alarms.ringing = {"errors"}
        try:
            settled(slow)
        finally:
            done.set()
        statuses = [status for each in asking for status in each.result()]

    assert set(statuses) == {200}


def test_too_little_time_is_a_rollback(fast: Lab) -> None:
    update(fast, blue_green("ALL_AT_ONCE", bake=HOUR, limit=600))

    endpoint = settled(fast)

    assert endpoint["EndpointConfigName"] == "c"
    assert "within MaximumExecutionTimeoutInSeconds (600)" in endpoint["FailureReason"]
    assert states(fast)[-2:] == ["ROLLING_BACK", "IN_SERVICE"]
    assert fast.sagemaker.was_rolled_back("e")


def test_a_model_that_does_not_start_was_never_rolled_back(fast: Lab) -> None:
    update(fast, canary("errors"), BROKEN)

    endpoint = settled(fast)

    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "c")
    assert "did not pass the ping health check" in endpoint["FailureReason"]
    assert states(fast)[-2:] == ["UPDATING", "IN_SERVICE"]
    assert not fast.sagemaker.was_rolled_back("e")
    assert set(answers(fast, 4)) == {b"1.0"}


def test_alarms_that_cannot_be_read_let_nothing_through(new_lab: Callable[..., Lab]) -> None:
    def unreadable(*_: object) -> list[str]:
        raise ApiError("AccessDenied", "not authorized")

    lab = new_lab(in_alarm=unreadable)
    update(lab, canary("errors"))

    endpoint = settled(lab)
    assert endpoint["EndpointConfigName"] == "c"
    assert endpoint["FailureReason"] == "not authorized"


def test_a_restart_in_the_middle_leaves_the_old_configuration_in_service(slow: Lab) -> None:
    update(slow, canary())
    await_status(slow, "Baking")
    folder = slow.folder / "endpoint" / "e"
    (folder / "left by one that was killed").mkdir()

    slow.restart()

    endpoint = described(slow)
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "c")
    assert endpoint["FailureReason"].startswith("InternalServerError: The local SageMaker ended")
    assert "PendingDeploymentSummary" not in endpoint
    assert set(answers(slow, 8)) == {b"1.0"}
    assert len(list(folder.iterdir())) == 1
