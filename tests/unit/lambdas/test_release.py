"""A release from its request to its record: what serves in the end, and what is said of it."""

from typing import Any

import pytest

from schemas.releases import Action, ReleaseTrigger, Serving
from tests.unit.lambdas.release_requests import approval, arn_of, champion, request
from tests.unit.lambdas.releasing import Releasing, refuse


def test_the_first_model_is_released_by_its_approval(releasing: Releasing) -> None:
    version = releasing.register()

    assert releasing.run(approval(version)) == "succeeded"

    releasing.check_serves(champion(version))
    release = releasing.release()
    assert (release.target, release.previous) == (champion(version), Serving())
    assert (release.action, release.trigger) == (Action.RELEASE, ReleaseTrigger.APPROVAL)
    assert release.began_at < release.ended_at == releasing.current.since
    assert releasing.current.release_id == "e1"
    assert releasing.announced == ["Release of model 1 succeeded"]


def test_a_person_releases_with_a_note(served: Releasing) -> None:
    assert served.run(request("release", 2, note="for the summer")) == "succeeded"

    served.check_serves(champion(2))
    assert served.release().note == "for the summer"


def test_what_serves_already_is_checked_all_the_same(served: Releasing) -> None:
    before = served.current
    asked: list[Any] = []
    served.smoke_test = asked.append

    assert served.run(request("release", 1)) == "unchanged"

    assert asked == [champion(1).to_json()]
    assert len(served.hosting.updates) == 1
    assert served.current == before


def test_what_serves_already_and_answers_wrongly_is_not_called_good(served: Releasing) -> None:
    served.smoke_test = refuse

    assert served.run(request("release", 1)) == "failed"

    assert "record 3" in served.release().reason


def test_a_challenger_is_tried_weighed_and_stopped(served: Releasing) -> None:
    for name, document, percent in (
        ("a1", request("ab-start", 2, 10), 10),
        ("a2", request("ab-weights", percent=50), 50),
        ("a3", request("ab-start", 2, 33), 33),
    ):
        assert served.run(document, name=name) == "succeeded"
        served.check_serves(
            Serving(champion=arn_of(1), challenger=arn_of(2), challenger_percent=percent)
        )
    assert served.run(request("ab-start", 2, 33), name="a4") == "unchanged"

    assert served.run(request("ab-stop"), name="a5") == "succeeded"

    served.check_serves(champion(1))


@pytest.mark.parametrize("version", [1, 2])
def test_a_release_ends_the_test(served: Releasing, version: int) -> None:
    served.run(request("ab-start", 2, 10), name="a1")

    assert served.run(request("release", version)) == "succeeded"

    served.check_serves(champion(version))


def test_an_input_that_makes_no_sense_is_announced(served: Releasing) -> None:
    assert served.run({"action": "deploy"}) == "failed"

    assert served.announced[-1].startswith("Release failed: invalid-input: action must be one of")
    assert served.table.get("e1") is None
    served.check_serves(champion(1))
