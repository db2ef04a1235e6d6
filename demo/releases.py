"""Waits for what the platform does with a registered model by itself: approval, and release."""

from collections.abc import Callable

from demo.errors import DemoError
from ops import following, models, releases, releasing
from ops.deployment import Deployment
from ops.following import Look
from ops.models import APPROVED, Model
from ops.pacing import Poll
from ops.releasing import Narrator, ReleaseOutcome
from schemas.releases import Release, ReleaseRequest, ReleaseStatus, ReleaseTrigger

LONGEST_APPROVAL_SECONDS = 120
LONGEST_RELEASE_SECONDS = 600
POLL_SECONDS = 0.5

Report = Callable[[str], None]
"""Called with what happens, in words."""


def await_approval(deployment: Deployment, arn: str) -> Model:
    """Wait until a registered model is approved, and return it.

    Raises:
        DemoError: it was not in time.
    """
    for _ in Poll(LONGEST_APPROVAL_SECONDS, POLL_SECONDS):
        model = models.describe(deployment, arn)
        if model.approval == APPROVED:
            return model
    raise DemoError(f"the model {arn} was not approved in time")


def await_release(deployment: Deployment, arn: str, report: Report) -> ReleaseOutcome:
    """Wait until the release that a model's approval has begun has ended; return its outcome.

    Raises:
        DemoError: none has begun in time.
        OpsError: it has not ended in time.
    """
    for _ in Poll(LONGEST_RELEASE_SECONDS, POLL_SECONDS):
        found = next((each for each in releases.read(deployment) if _is_of(each, arn)), None)
        if found is not None:
            return _follow(deployment, found.execution_arn, report)
    raise DemoError(f"the approval of {arn} has begun no release in time; see `ops releases list`")


def _is_of(release: Release, arn: str) -> bool:
    # The event of an approval may come twice; the second one is skipped.
    is_answered = release.status is not ReleaseStatus.SKIPPED
    is_its = release.trigger is ReleaseTrigger.APPROVAL and release.target.champion == arn
    return is_its and is_answered


def ask_for(deployment: Deployment, request: ReleaseRequest, report: Report) -> ReleaseOutcome:
    """Ask for a release, and return its outcome when it has ended.

    Raises:
        DemoError: it did not go well.
        OpsError: it has not ended in time.
    """
    started = releasing.begin(deployment, request)
    outcome = _follow(deployment, started.execution_arn, report)
    if not outcome.is_ok:
        raise DemoError(f"{request.action} ended as {outcome.status}: {outcome.reason}")
    return outcome


def _follow(deployment: Deployment, execution_arn: str, report: Report) -> ReleaseOutcome:
    narrate = Narrator(deployment)
    last: Look | None = None

    def show(look: Look) -> None:
        nonlocal last
        for line in narrate(last, look):
            report(line.strip())
        last = look

    execution = following.follow(
        deployment,
        execution_arn,
        timeout_seconds=LONGEST_RELEASE_SECONDS,
        report=show,
        poll_seconds=POLL_SECONDS,
    )
    return releasing.conclude(deployment, execution)
