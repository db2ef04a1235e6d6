"""The model that comes back when the one that serves must not serve any longer."""

from collections.abc import Sequence

from schemas.registry import version_of
from schemas.releases import Action, Current, Release, ReleaseStatus


def last_good(judged: str, current: Current | None, history: Sequence[Release]) -> tuple[str, str]:
    """Return the model that served before the judged one, or why it must not come back.

    Whether it may serve is for the release to verify.

    Args:
        judged: ARN of the model package that is too bad.
        current: What serves.
        history: All releases, newest first.

    Returns:
        Its ARN, and an empty reason; or an empty ARN, and the reason.
    """
    model = f"model {version_of(judged)}"
    if current is None or current.serving.champion != judged:
        return "", f"{model}, which was judged, serves no longer"
    good = [each for each in history if each.status is ReleaseStatus.SUCCEEDED]
    before = next((each.previous.champion for each in good if _brought(each, judged)), "")
    if not before:
        return "", f"no other model served before {model}, so none can come back"
    for release in good:
        if release.action is Action.ROLLBACK and release.previous.champion == before:
            return "", (
                f"model {version_of(before)}, which served before {model}, was rolled back itself, "
                f"by release {release.release_id}"
            )
    return before, ""


def _brought(release: Release, champion: str) -> bool:
    """Return whether a release made a model the champion; A/B tests leave the champion alone."""
    return release.target.champion == champion != release.previous.champion
