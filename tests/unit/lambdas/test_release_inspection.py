"""What really serves, whatever CloudFormation and the endpoint's status say."""

from collections.abc import Callable
from typing import Any

import pytest

from lambdas.shared.errors import PermanentError
from tests.unit.lambdas.endpoints import ALARM, ENDPOINT
from tests.unit.lambdas.release_requests import arn_of, request
from tests.unit.lambdas.releasing import Releasing

Change = Callable[[Releasing], object]


@pytest.fixture
def served(releasing: Releasing) -> Releasing:
    """Version 1 serves, version 2 is tried beside it for 10 %, and a release is about that."""
    for _ in range(2):
        releasing.register()
    releasing.serving(1)
    plan = releasing.plan(request("ab-start", 2, 10))
    releasing.hosting.update(plan["parameters"], plan["token"])
    return releasing


def inspect(releasing: Releasing, expected: str = "target") -> dict[str, Any]:
    plan = releasing.plan(request("ab-start", 2, 10))
    return releasing.step("inspect", "e1", release=plan, expected=expected)


def endpoint(releasing: Releasing) -> dict[str, Any]:
    """The endpoint's description, to be changed."""
    assert releasing.hosting.endpoint is not None
    return releasing.hosting.endpoint


def test_what_serves_as_it_should_is_told(served: Releasing) -> None:
    assert inspect(served) == {
        "decision": "verify",
        "serving": {"champion": arn_of(1), "challenger": arn_of(2), "challenger_percent": 10},
        "endpoint_config_name": endpoint(served)["EndpointConfigName"],
    }


@pytest.mark.parametrize("status", ["Updating", "RollingBack", "SystemUpdating", "Creating"])
def test_it_is_too_early_while_the_endpoint_changes(served: Releasing, status: str) -> None:
    """Scaling changes it, too, whenever it likes."""
    plan = served.plan(request("ab-start", 2, 10))
    endpoint(served)["EndpointStatus"] = status

    found = served.step("inspect", "e1", release=plan, expected="target")

    assert found["decision"] == "wait"
    assert found["reason"].endswith(f"is {status}")


def test_it_is_too_early_while_the_stack_changes(served: Releasing) -> None:
    plan = served.plan(request("ab-start", 2, 10))
    served.hosting.status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"

    found = served.step("inspect", "e1", release=plan, expected="target")

    assert found["decision"] == "wait"
    assert "CLEANUP_IN_PROGRESS" in found["reason"]


def _variants(releasing: Releasing) -> list[dict[str, Any]]:
    return releasing.hosting.configs[endpoint(releasing)["EndpointConfigName"]]


def _weigh(releasing: Releasing) -> None:
    endpoint(releasing)["ProductionVariants"][1]["CurrentWeight"] = 50.0


def _swap(releasing: Releasing) -> None:
    releasing.hosting.models[_variants(releasing)[0]["ModelName"]] = arn_of(9)


def _add(releasing: Releasing) -> None:
    extra = {"VariantName": "extra", "ModelName": releasing.hosting.make_model(arn_of(9))}
    _variants(releasing).append(extra | {"InitialVariantWeight": 1.0})


def _switch(releasing: Releasing) -> None:
    name = releasing.hosting.make_config(_variants(releasing))
    endpoint(releasing)["EndpointConfigName"] = name


def _remove(releasing: Releasing) -> None:
    releasing.hosting.endpoint = None


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (
            lambda each: endpoint(each).update(EndpointStatus="Failed", FailureReason="no room"),
            "not-serving",
            f"endpoint {ENDPOINT} is Failed. SageMaker says: no room. Alarms that undo updates: "
            f"{ALARM} is OK since",
        ),
        (_remove, "not-serving", f"there is no endpoint {ENDPOINT}"),
        (_weigh, "not-serving", "variant challenger gets 35.7143 %, not 10 %"),
        (_swap, "not-serving", f"variant champion is {arn_of(9)}, not {arn_of(1)}"),
        (_add, "not-serving", f"variant extra is {arn_of(9)}, not nothing"),
        (
            lambda each: _variants(each).pop(),
            "not-serving",
            f"variant challenger is nothing, not {arn_of(2)}",
        ),
        (_switch, "rolled-back", "SageMaker has undone the update"),
        (
            lambda each: each.hosting.parameters.update(ChallengerWeight="20"),
            "not-serving",
            "says that model 1, and model 2 for 20 % should serve, not model 1, and model 2 for "
            "10 %",
        ),
    ],
)
def test_what_serves_otherwise_is_told(
    served: Releasing, change: Change, code: str, said: str
) -> None:
    plan = served.plan(request("ab-start", 2, 10))
    change(served)

    with pytest.raises(PermanentError, match=code) as refused:
        served.step("inspect", "e1", release=plan, expected="target")

    assert said in refused.value.message


def test_an_endpoint_that_should_be_gone_is_told(releasing: Releasing) -> None:
    releasing.serving(releasing.register())
    plan = releasing.plan(request("release", 1))
    plan["previous"] = {}
    releasing.hosting.parameters["ChampionPackageArn"] = "none"

    with pytest.raises(PermanentError, match="is there although no model should serve"):
        releasing.step("inspect", "e1", release=plan, expected="previous")

    releasing.hosting.endpoint = None
    assert releasing.step("inspect", "e1", release=plan, expected="previous")["serving"] == {
        "champion": "",
        "challenger": "",
        "challenger_percent": 0,
    }
