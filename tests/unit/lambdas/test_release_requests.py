from typing import Any

import pytest

from lambdas.release.request import Request, parse_request
from lambdas.shared.errors import InvalidInputError
from schemas.releases import Action, ReleaseRequest, ReleaseTrigger
from tests.unit.lambdas.release_requests import approval, arn_of, request


def test_an_approval_asks_for_its_package() -> None:
    assert parse_request(approval(3)) == Request(
        trigger=ReleaseTrigger.APPROVAL,
        wanted=ReleaseRequest(action=Action.RELEASE, model_package_arn=arn_of(3)),
    )


@pytest.mark.parametrize(
    "wanted",
    [
        ReleaseRequest(action=Action.RELEASE, model_package_arn=arn_of(3), note="why"),
        ReleaseRequest(action=Action.ROLLBACK),
        ReleaseRequest(action=Action.ROLLBACK, model_package_arn=arn_of(3)),
        ReleaseRequest(action=Action.AB_START, model_package_arn=arn_of(3), challenger_percent=1),
        ReleaseRequest(action=Action.AB_WEIGHTS, challenger_percent=50),
        ReleaseRequest(action=Action.AB_STOP),
    ],
)
def test_a_person_may_ask_for_everything_that_there_is(wanted: ReleaseRequest) -> None:
    assert parse_request(wanted.to_json()) == Request(trigger=ReleaseTrigger.MANUAL, wanted=wanted)


def test_the_monitor_says_which_model_it_has_judged() -> None:
    wanted = ReleaseRequest(
        action=Action.ROLLBACK, model_package_arn=arn_of(3), instead_of=arn_of(4)
    )

    assert parse_request(wanted.to_json()) == Request(trigger=ReleaseTrigger.MONITOR, wanted=wanted)


def test_what_is_not_asked_for_is_left_out() -> None:
    """An older deployment need not know of it."""
    assert ReleaseRequest(action=Action.ROLLBACK).to_json() == {"action": "rollback"}


@pytest.mark.parametrize(
    ("document", "cause", "remedy"),
    [
        ([], "must be a JSON object", "got []"),
        (None, "must be a JSON object", "got None"),
        ({}, "action must be one of 'release', 'rollback'", "got None"),
        (request("deploy", 3), "action must be one of", "got 'deploy'"),
        ({"action": ["release"]}, "action must be one of", "got ['release']"),
        (request("release", 3, model=3), "unknown key 'model'", "known are action"),
        (request("release"), "release needs model_package_arn", "ARN of the model"),
        (request("ab-start", percent=10), "ab-start needs model_package_arn", "ARN"),
        (request("release", model_package_arn="3"), "must be the ARN", "model-package/models/7"),
        (request("release", model_package_arn=3), "must be the ARN", "got 3"),
        (request("release", model_package_arn=arn_of(3)[:-2]), "must be the ARN", "version"),
        (request("ab-stop", 3), "about the challenger", "leave out model_package_arn"),
        (request("ab-weights", 3, 10), "about the challenger", "leave out model_package_arn"),
        (request("release", 3, 10), "takes no challenger_percent", "leave it out"),
        (request("ab-start", 3), "whole number from 1 to 50", "got 0"),
        (request("ab-start", 3, 51), "whole number from 1 to 50", "is released"),
        (request("ab-weights", percent=-1), "whole number from 1 to 50", "got -1"),
        (request("ab-weights", challenger_percent=0.5), "whole number", "got 0.5"),
        (request("ab-weights", challenger_percent="10"), "whole number", "got '10'"),
        (request("ab-weights", challenger_percent=True), "whole number", "got True"),
        (request("release", 3, instead_of=arn_of(4)), "takes no instead_of", "leave it out"),
        (request("rollback", 3, instead_of="4"), "instead_of must be the ARN", "got '4'"),
        (request("release", 3, note=7), "note must be a text", "1,000"),
        (request("release", 3, note="x" * 1_001), "note must be a text", "1,000"),
        ({"detail-type": approval(3)["detail-type"]}, "ModelPackageArn must be", "got None"),
        (approval(3) | {"detail": "x"}, "ModelPackageArn must be", "got None"),
        (
            approval(3) | {"detail": {"ModelPackageArn": "arn:aws:sagemaker:::model-package/x"}},
            "ModelPackageArn must be the ARN of a version",
            "model-package/x",
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_to_write_instead(
    document: Any, cause: str, remedy: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_request(document)

    assert cause in str(refused.value)
    assert remedy in str(refused.value)
