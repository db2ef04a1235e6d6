"""A step may be cut off at any AWS call; the next attempt goes on."""

from collections.abc import Callable

import pytest

from lambdas.release import handler
from lambdas.shared.clock import utc_now
from tests.unit.lambdas.hosting import Update
from tests.unit.lambdas.interference import Killed, unavailable
from tests.unit.lambdas.rehearsal import Rehearsal
from tests.unit.lambdas.release_requests import approval, champion, request
from tests.unit.lambdas.releasing import Releasing, refuse

Setting = Callable[[Releasing], None]


def _plain(_releasing: Releasing) -> None:
    pass


def _alarm(releasing: Releasing) -> None:
    releasing.hosting.fates = [Update.ALARM]


def _wrong(releasing: Releasing) -> None:
    releasing.smoke_test = refuse


def _dead(releasing: Releasing) -> None:
    releasing.plan(request("release", 2), "dead")
    releasing.end("dead")


def _late(releasing: Releasing) -> None:
    releasing.register()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "after"), [(unavailable, False), (lambda _: Killed(), True)], ids=["error", "kill"]
)
@pytest.mark.parametrize(
    ("setting", "status", "version"),
    [
        (_plain, "succeeded", 2),
        (_alarm, "failed", 1),
        (_wrong, "failed", 1),
        (_dead, "succeeded", 2),
        (_late, "skipped", 1),
    ],
)
def test_a_release_that_is_cut_off_anywhere_ends_as_if_it_was_not(
    served: Releasing,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[str], BaseException],
    setting: Setting,
    status: str,
    *,
    version: int,
    after: bool,
) -> None:
    now = utc_now()
    monkeypatch.setattr(handler, "utc_now", lambda: now)  # attempts differ by nothing but time
    setting(served)
    rehearsal = Rehearsal(served, error, after=after, patch=monkeypatch)
    monkeypatch.setattr(served, "step", rehearsal)

    assert served.run(approval(2)) == status

    served.check_serves(champion(version))
    assert served.release().status == status
    assert served.release().ended_at
