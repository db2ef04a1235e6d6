"""Updates with guardrails: two fleets share the requests until the new one has taken over."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from local.sagemaker import ApiError
from tests.cloud import eventually
from tests.unit.local_sagemaker.hosting import (
    INFERENCE,
    configure,
    deploy,
    described,
    invoke,
    make_config,
    make_model,
    serving,
    settled,
)
from tests.unit.local_sagemaker.lab import Gate, Lab
from tests.unit.local_sagemaker.requests import blue_green, variant
from tests.unit.local_sagemaker.updates import (
    HALF,
    Alarms,
    answers,
    await_status,
    canary,
    stages,
    states,
    update,
)


def test_a_canary_answers_its_share_while_it_bakes(slow: Lab) -> None:
    update(slow, canary("errors"))

    pending = await_status(slow, "Baking")

    assert pending["EndpointConfigName"] == "c2"
    (shown,) = pending["ProductionVariants"]
    assert (shown["CurrentInstanceCount"], shown["DesiredInstanceCount"]) == (1, 2)
    assert shown["VariantStatus"][0]["StatusMessage"] == (
        "Baking for 3600 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity "
        "of 1 instance(s)."
    )
    found = answers(slow)
    assert set(found) == {b"1.0", b"5.0"}
    assert 20 < found[b"5.0"] < 80
    endpoint = described(slow)
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("Updating", "c")
    for operation, further in (
        ("DeleteEndpoint", {}),
        ("UpdateEndpoint", {"EndpointConfigName": "c"}),
    ):
        with pytest.raises(ApiError, match="Cannot update in-progress endpoint"):
            slow.call(operation, EndpointName="e", **further)


def test_an_update_that_no_alarm_stops_takes_over_whole(fast: Lab) -> None:
    update(fast, canary("errors", bake=60))

    endpoint = settled(fast)

    assert endpoint["EndpointConfigName"] == "c2"
    assert "PendingDeploymentSummary" not in endpoint
    assert endpoint["LastDeploymentConfig"] == canary("errors", bake=60)
    assert set(answers(fast)) == {b"5.0"}
    assert stages(fast) == [
        ("Creating", 0),
        ("ActivatingTraffic", 1),
        ("Baking", 1),
        ("ActivatingTraffic", 2),
        ("Baking", 2),
    ]
    assert states(fast) == ["CREATING", "IN_SERVICE", "UPDATING", "IN_SERVICE"]
    assert not fast.sagemaker.was_rolled_back("e")
    eventually(lambda: len(serving(fast)) == 2 * 2, "the old fleet ends")


def test_linear_steps_one_instance_after_the_other(fast: Lab) -> None:
    update(fast, blue_green("LINEAR", "errors", wait=60, LinearStepSize=HALF))

    assert settled(fast)["EndpointConfigName"] == "c2"
    assert stages(fast) == [
        ("Creating", 0),
        ("ActivatingTraffic", 1),
        ("Baking", 1),
        ("ActivatingTraffic", 2),
    ]


def test_a_variant_that_only_the_new_fleet_has_is_found_while_it_bakes(slow: Lab) -> None:
    deploy(slow, factor=1, instances=2)
    make_model(slow, "next", 5)
    variants = [variant(name, name, instances=2) for name in ("m", "next")]
    configure(slow, "c2", *variants)
    slow.call(
        "UpdateEndpoint", EndpointName="e", EndpointConfigName="c2", DeploymentConfig=canary()
    )
    await_status(slow, "Baking")

    found = {invoke(slow, "1", X_Amzn_SageMaker_Target_Variant="next")[2] for _ in range(20)}

    assert found == {b"5.0"}


def test_a_request_in_flight_outlives_its_fleet(slow: Lab, gate: Gate) -> None:
    begin = "def predict_fn(data, model):\n"
    waiting = INFERENCE.replace(begin, f"{begin}    print('asked'); {gate.WAIT}\n")
    make_model(slow, "m", 1, waiting, gate)
    make_config(slow, "c", m=1)
    slow.call("CreateEndpoint", EndpointName="e", EndpointConfigName="c")
    settled(slow)
    make_model(slow, "next", 5)
    make_config(slow, "c2", next=1)

    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(invoke, slow, "1")
        slow.await_line("m", "asked")
        slow.call("UpdateEndpoint", EndpointName="e", EndpointConfigName="c2")
        assert settled(slow)["EndpointConfigName"] == "c2"
        assert invoke(slow, "1")[2] == b"5.0"
        assert not asked.done()
        gate.open()

        assert asked.result()[2] == b"1.0"


def test_the_last_deployment_configuration_can_be_used_again(fast: Lab, alarms: Alarms) -> None:
    update(fast, canary("errors"))
    assert settled(fast)["EndpointConfigName"] == "c2"
    alarms.ringing = {"errors"}

    fast.call(
        "UpdateEndpoint", EndpointName="e", EndpointConfigName="c", RetainDeploymentConfig=True
    )

    endpoint = settled(fast)
    assert endpoint["EndpointConfigName"] == "c2"
    assert endpoint["LastDeploymentConfig"] == canary("errors")


def test_an_update_that_aws_would_refuse_changes_nothing(fast: Lab) -> None:
    deploy(fast)
    make_config(fast, "c2", m=1)

    with pytest.raises(ApiError, match="use ALL_AT_ONCE"):
        fast.call(
            "UpdateEndpoint", EndpointName="e", EndpointConfigName="c2", DeploymentConfig=canary()
        )

    assert described(fast)["EndpointStatus"] == "InService"
