import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from local import LocalCloud
from local.processes import send_signal
from tests.cloud import eventually
from tests.local import stacks
from tests.local.metrics import total

pytestmark = pytest.mark.local_cloud


def test_an_error_has_the_name_of_its_class_and_the_worker_lives_on(probe: LocalCloud) -> None:
    before = stacks.invoke(probe, "probe-worker", {})["pid"]

    error = stacks.invoke(probe, "probe-worker", {"raise": "the reason"})

    assert error["errorType"] == "ProbeError"
    assert error["errorMessage"] == "the reason"
    assert "raise ProbeError" in "".join(error["stackTrace"])
    assert stacks.invoke(probe, "probe-worker", {})["pid"] == before


def test_a_killed_worker_is_an_exit_error_and_the_next_invocation_gets_a_new_one(
    shared_cloud: LocalCloud, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    code = (
        "import os, pathlib, time\n"
        "def handle(event, context):\n"
        "    if event:\n"
        "        pathlib.Path(event['touch']).touch()\n"
        "        time.sleep(60)\n"
        "    return os.getpid()\n"
    )
    stacks.apply(shared_cloud, "mortal", {"F": stacks.function("mortal", code, Timeout=120)})
    idle = stacks.invoke(shared_cloud, "mortal", {})
    results: list[Any] = []
    call = threading.Thread(
        target=lambda: results.append(stacks.invoke(shared_cloud, "mortal", {"touch": str(begun)}))
    )
    call.start()
    eventually(begun.exists, "the worker is amid the invocation")

    assert shared_cloud.kill_lambda_workers("mortal") == 1
    call.join()

    assert results[0]["errorType"] == "Runtime.ExitError"
    assert stacks.invoke(shared_cloud, "mortal", {}) != idle


def test_a_timeout_has_the_name_that_step_functions_knows(shared_cloud: LocalCloud) -> None:
    code = "import time\ndef handle(event, context):\n    time.sleep(5)\n"
    stacks.apply(shared_cloud, "slow", {"F": stacks.function("slow", code, Timeout=1)})

    assert stacks.invoke(shared_cloud, "slow", {})["errorType"] == "Sandbox.Timedout"


def test_workers_of_a_function_are_told_from_those_with_a_longer_name(
    shared_cloud: LocalCloud,
) -> None:
    names = ("twin", "twin-archive")
    stacks.apply(
        shared_cloud, "twins", {n.title().replace("-", ""): stacks.function(n) for n in names}
    )
    for name in names:
        stacks.invoke(shared_cloud, name, {})

    one, other = (shared_cloud.lambda_workers(name) for name in names)

    assert len(one) == len(other) == 1
    assert one != other
    send_signal(one + other, signal.SIGKILL)


def test_reserved_concurrency_is_deployed_changed_and_removed(shared_cloud: LocalCloud) -> None:
    client = shared_cloud.client("lambda")

    def deployed(**properties: Any) -> int | None:
        stacks.apply(shared_cloud, "reserved", {"F": stacks.function("reserved", **properties)})
        answer = client.get_function_concurrency(FunctionName="reserved")
        reserved: int | None = answer.get("ReservedConcurrentExecutions")
        return reserved

    assert deployed(ReservedConcurrentExecutions=2) == 2
    assert deployed(ReservedConcurrentExecutions=3) == 3
    assert deployed() is None


def test_reserved_concurrency_throttles_and_the_throttle_is_counted(
    shared_cloud: LocalCloud,
) -> None:
    code = "import time\ndef handle(event, context):\n    time.sleep(1)\n"
    narrow = stacks.function("narrow", code, ReservedConcurrentExecutions=1)
    stacks.apply(shared_cloud, "narrow", {"F": narrow})
    throttles_of_account = total(shared_cloud, "AWS/Lambda", "Throttles")
    client = shared_cloud.client("lambda", config=Config(retries={"total_max_attempts": 1}))

    def invoke(_: int) -> bool:
        try:
            client.invoke(FunctionName="narrow")
        except client.exceptions.TooManyRequestsException:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        served = list(pool.map(invoke, range(3)))

    assert served.count(True) == 1
    assert metric_sum(shared_cloud, "Throttles", "narrow") == 2
    assert total(shared_cloud, "AWS/Lambda", "Throttles") - throttles_of_account == 2
    assert metric_sum(shared_cloud, "Invocations", "narrow") == 1


def test_invocations_errors_and_durations_are_counted_once_whoever_invokes(
    probe: LocalCloud,
) -> None:
    stacks.apply(
        probe,
        "counted",
        {
            "Q": stacks.resource("AWS::SQS::Queue", QueueName="counted"),
            "F": stacks.function("counted"),
            "M": stacks.mapping("Q", "counted"),
        },
    )
    stacks.invoke(probe, "counted", {})
    stacks.send(probe, "counted", "one")

    eventually(lambda: metric_sum(probe, "Invocations", "counted") == 2, "both are counted")

    assert metric_sum(probe, "Errors", "counted") == 0
    assert metric_sum(probe, "Duration", "counted") > 0
    assert metric_sum(probe, "ConcurrentExecutions", "counted") == 2


def metric_sum(cloud: LocalCloud, metric: str, function: str) -> float:
    """Return the sum of a function's metric, as any client would ask for it."""
    return total(cloud, "AWS/Lambda", metric, FunctionName=function)
