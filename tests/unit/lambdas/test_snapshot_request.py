from typing import Any

import pytest

from lambdas.shared.errors import InvalidInputError
from lambdas.snapshot.request import Request, parse_request
from schemas.runs import Mode, Trigger
from schemas.windows import Window

DEFAULTS = {"max_depth": "6", "eta": "0.1"}
WINDOW = {"train_from": "2013-01", "holdout_from": "2013-03", "holdout_to": "2013-04"}
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/models/7"


def parsed(document: object, tuned: frozenset[str] = frozenset({"eta"})) -> Request:
    return parse_request(document, defaults=DEFAULTS, tuned=tuned)


def test_nothing_asks_for_the_newest_months_and_the_defaults() -> None:
    assert parsed({}) == Request(
        trigger=Trigger.MANUAL, window=None, mode=Mode.TRAIN, hyperparameters=DEFAULTS
    )


def test_everything_that_may_be_asked_for() -> None:
    request = parsed(
        {
            "trigger": "schedule",
            "window": WINDOW,
            "mode": "tune",
            "hyperparameters": {"max_depth": "3"},
        }
    )

    assert request == Request(
        trigger=Trigger.SCHEDULE,
        window=Window(**WINDOW),
        mode=Mode.TUNE,
        # SageMaker refuses a hyperparameter that is both fixed and looked for.
        hyperparameters={"max_depth": "3"},
    )


@pytest.mark.parametrize("trigger", [{}, {"trigger": "manual"}, {"trigger": "reproduction"}])
def test_a_reproduction_needs_nothing_but_the_model(trigger: dict[str, str]) -> None:
    request = parsed({"reproduces": ARN, **trigger})

    assert (request.trigger, request.reproduces) == (Trigger.REPRODUCTION, ARN)


@pytest.mark.parametrize(
    ("document", "cause", "remedy"),
    [
        ([], "the input must be a JSON object", "got []"),
        ({"windw": WINDOW}, "unknown key 'windw'", "known are trigger, window"),
        ({"trigger": "monday"}, "trigger must be one of 'manual'", "got 'monday'"),
        ({"trigger": ["manual"]}, "trigger must be one of", "got ['manual']"),
        ({"trigger": "reproduction"}, "needs reproduces", "ARN of the model package"),
        ({"mode": "guess"}, "mode must be one of 'train', 'tune'", "got 'guess'"),
        ({"window": "2013-03"}, "window must be a JSON object", "got '2013-03'"),
        ({"window": {**WINDOW, "to": "x"}}, "window has the unknown key 'to'", "holdout_to"),
        ({"window": {"train_from": "2013-01"}}, "lacks holdout_from, holdout_to", "no window for"),
        ({"window": {**WINDOW, "train_from": 201301}}, "train_from must be a text", "'2013-03'"),
        ({"window": {**WINDOW, "train_from": "2013-13"}}, "written YYYY-MM", "'2013-13'"),
        ({"window": {**WINDOW, "holdout_to": "2013-03"}}, "order", "2013-01, 2013-03, 2013-03"),
        ({"hyperparameters": ["eta"]}, "hyperparameters must be a JSON object", "['eta']"),
        ({"hyperparameters": {"depth": "3"}}, "unknown key 'depth'", "max_depth, eta"),
        ({"hyperparameters": {"max_depth": 3}}, "are texts", 'write max_depth as "3"'),
        ({"hyperparameters": {"eta": ""}}, "must have 1 to 2,500 characters", "got 0"),
        ({"hyperparameters": {"eta": "1" * 2_501}}, "must have 1 to 2,500", "got 2,501"),
        ({"mode": "tune", "hyperparameters": {"eta": "1"}}, "tuning looks for eta", "mode 'train'"),
        ({"reproduces": 7}, "must be the ARN of a model package", "got 7"),
        ({"reproduces": "models/7"}, "must be the ARN of a model package", "got 'models/7'"),
        ({"reproduces": ARN, "mode": "train"}, "takes mode from", "leave it out"),
        ({"reproduces": ARN, "window": WINDOW}, "takes window from", "leave it out"),
        ({"reproduces": ARN, "trigger": "schedule"}, "begun by hand", "'schedule'"),
        ({"reproduces": ARN, "trigger": "quality"}, "begun by hand", "'quality'"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_write_instead(
    document: Any, cause: str, remedy: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parsed(document)

    assert cause in str(refused.value)
    assert remedy in str(refused.value)


def test_tuning_needs_something_to_look_for() -> None:
    with pytest.raises(InvalidInputError, match="nothing to tune"):
        parsed({"mode": "tune"}, tuned=frozenset())
