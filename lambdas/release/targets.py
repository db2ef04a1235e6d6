"""What should serve, by what was asked for and what serves now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from lambdas.release.packages import Packages
from lambdas.release.request import Request
from lambdas.shared.errors import InvalidInputError
from lambdas.shared.registry import APPROVED, ModelPackage
from schemas.registry import IncompleteMetadataError, version_of
from schemas.releases import Action, Release, ReleaseStatus, ReleaseTrigger, Serving

_GOOD = frozenset({ReleaseStatus.SUCCEEDED, ReleaseStatus.UNCHANGED})
_TRIED = _GOOD | {ReleaseStatus.FAILED, ReleaseStatus.UNRECOVERED}


class NotToReleaseError(Exception):
    """What was asked for must not change what serves; the text says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """What a target depends on.

    Attributes:
        serving: What serves, as the last release left it.
        stack_serving: What the stack says should serve.
        history: All releases, newest first.
        packages: Models that may serve.
    """

    serving: Serving
    stack_serving: Serving
    history: Sequence[Release]
    packages: Packages


def target_of(request: Request, situation: Situation) -> Serving:
    """Return what should serve; whether that may serve is not checked yet.

    Raises:
        InvalidInputError: what serves does not allow what is asked for.
        NotToReleaseError: an approval, or what the monitor asks for, was overtaken by events.
    """
    wanted = request.wanted
    match wanted.action:
        case Action.RELEASE:
            if request.trigger is ReleaseTrigger.APPROVAL:
                _check_approval(wanted.model_package_arn, situation)
            return Serving(champion=wanted.model_package_arn)
        case Action.ROLLBACK:
            _check_judged(wanted.instead_of, situation.serving)
            return Serving(champion=wanted.model_package_arn or _last_good(situation))
        case Action.AB_START:
            return _with_challenger(
                wanted.model_package_arn, wanted.challenger_percent, situation.serving
            )
        case Action.AB_WEIGHTS:
            serving = _under_test(situation.serving)
            return _with_challenger(serving.challenger, wanted.challenger_percent, serving)
        case Action.AB_STOP:
            return Serving(champion=_under_test(situation.serving).champion)


def _check_judged(judged: str, serving: Serving) -> None:
    """Check that the model still serves which the monitor has judged; people mean what serves.

    Raises:
        NotToReleaseError: another one took its place, and is not to blame.
    """
    if judged and judged != serving.champion:
        raise NotToReleaseError(
            f"model {version_of(judged)}, which was to be rolled back, serves no longer"
        )


def _check_approval(arn: str, situation: Situation) -> None:
    """Check that an approval still asks for a release: its event may be late, or come twice.

    Raises:
        NotToReleaseError: it does not.
    """
    reason = next(_objections(arn, situation), "")
    if reason:
        raise NotToReleaseError(f"model {version_of(arn)} {reason}")


def _objections(arn: str, situation: Situation) -> Iterator[str]:
    serving, packages = situation.serving, situation.packages
    package = packages.find(arn)
    if package is None:
        yield "was deleted"
        return
    if not packages.belongs(package):
        yield f"is of the group {package.group_name!r}, which this endpoint does not serve"
    if package.approval != APPROVED:
        yield f"is {package.approval or 'not approved'} by now"
    if arn == serving.champion:
        yield "serves already"
    if arn == serving.challenger:
        yield "is being tried as the challenger; `ops release` makes it the champion"
    newest = max(map(version_of, serving.variants.values()), default=0)
    if version_of(arn) < newest:
        yield f"is older than model {newest}, which serves; `ops release` releases it"
    yield from _earlier_releases(arn, situation.history)
    approved = packages.newest_approved()
    if approved and version_of(arn) < version_of(approved.arn) and not _other(approved, serving):
        yield (
            f"is older than model {version_of(approved.arn)}, which is approved, too, and whose "
            "own approval releases it"
        )
    if other := _other(package, serving):
        yield (
            f"was compared with {other}, but model {version_of(serving.champion)} serves: train "
            f"on newer data, or release it by hand: `ops release {version_of(arn)}`"
        )


def _other(package: ModelPackage, serving: Serving) -> str:
    """Return which model a package was compared with when it was trained; empty for the champion.

    Another one may serve by now, such as after a rollback, and be the better one.
    """
    try:
        parent = package.metadata.parent_package_arn
    except IncompleteMetadataError:
        return ""  # it is not served anyway, with the reason
    if not serving.champion or parent == serving.champion:
        return ""
    return f"model {parent.rpartition('/')[2]}" if parent else "no other"


def _earlier_releases(arn: str, history: Sequence[Release]) -> Iterator[str]:
    """Yield a reason when the approval was answered before, well or not.

    A second event must undo no rollback, and try no model again that an alarm has turned out.
    """
    for release in history:
        is_its = release.trigger is ReleaseTrigger.APPROVAL and release.target.champion == arn
        if is_its and release.status in _TRIED:
            yield (
                f"was released by its approval before: {release.release_id} {release.status.value}"
                "; `ops release` releases it again"
            )


def _last_good(situation: Situation) -> str:
    """Return the model that served well before, unless it was rolled back from since.

    Where something else may serve than what is recorded, it is the recorded one.

    Raises:
        InvalidInputError: there is none.
    """
    if _is_doubtful(situation):
        return situation.serving.champion or _none()
    seen = {"", situation.serving.champion}
    for release in situation.history:
        if release.status not in _GOOD:
            continue
        if release.action is Action.ROLLBACK:
            seen.add(release.previous.champion)
        for arn in (release.target.champion, release.previous.champion):
            if arn not in seen and situation.packages.may_serve(arn):
                return arn
            seen.add(arn)
    return _none()


def _is_doubtful(situation: Situation) -> bool:
    """Return whether nobody has verified, since it was changed, that what is recorded serves."""
    if situation.stack_serving != situation.serving:
        return True
    for release in situation.history:
        if release.status is ReleaseStatus.UNRECOVERED:
            return True
        # A release that failed before it changed anything has verified nothing.
        is_restored = release.status is ReleaseStatus.FAILED and release.restoring_since
        if release.status in _GOOD or is_restored:
            return False
    return False


def _none() -> NoReturn:
    raise InvalidInputError(
        "there is no model to go back to: no other one has served, or none of those is still "
        "approved and complete; name one with `ops rollback --to`, or see `ops models list`"
    )


def _with_challenger(arn: str, percent: int, serving: Serving) -> Serving:
    if not serving.champion:
        raise InvalidInputError(
            "no model serves yet, so there is nothing to try another one beside; release one first"
        )
    if arn == serving.champion:
        raise InvalidInputError(
            f"model {version_of(arn)} is the champion, so it cannot be its own challenger; name "
            "another one"
        )
    if serving.challenger and serving.challenger != arn:
        raise InvalidInputError(
            f"model {version_of(serving.challenger)} is being tried as the challenger; stop that "
            "test first with `ops ab stop`"
        )
    return Serving(champion=serving.champion, challenger=arn, challenger_percent=percent)


def _under_test(serving: Serving) -> Serving:
    if not serving.challenger:
        raise InvalidInputError(
            "no A/B test is under way; begin one with `ops ab start`, see `ops endpoint status`"
        )
    return serving
