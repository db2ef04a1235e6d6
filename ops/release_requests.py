"""What a release is asked for: the input of its state machine, with models by any name of theirs.

Only what needs no look at the endpoint is checked here. Whether a model may serve, and whether a
request makes sense now, the release itself finds out when it holds the endpoint.
"""

from ops import models
from ops.deployment import Deployment
from ops.errors import OpsError
from ops.models import APPROVED, Model
from schemas.releases import MAX_CHALLENGER_PERCENT, Action, ReleaseRequest


def release(deployment: Deployment, reference: str | None, *, note: str = "") -> ReleaseRequest:
    """Return the request to let a model serve.

    Args:
        deployment: Where it is registered.
        reference: See `ops.models.find`; None for the newest approved model.
        note: Why, for those who look later.

    Raises:
        OpsError: there is no such model, or it is not approved.
    """
    model = _newest(deployment) if reference is None else models.find(deployment, reference)
    _check_approved(model)
    return ReleaseRequest(action=Action.RELEASE, model_package_arn=model.arn, note=note)


def rollback(deployment: Deployment, reference: str | None, *, note: str = "") -> ReleaseRequest:
    """Return the request to go back to a model; None for the one that served before.

    Raises:
        OpsError: there is no such model, or it is not approved.
    """
    if reference is None:
        return ReleaseRequest(action=Action.ROLLBACK, note=note)
    model = models.find(deployment, reference)
    _check_approved(model)
    return ReleaseRequest(action=Action.ROLLBACK, model_package_arn=model.arn, note=note)


def ab_start(
    deployment: Deployment, reference: str, percent: int, *, note: str = ""
) -> ReleaseRequest:
    """Return the request to give a model a share of the requests, in percent, beside the champion.

    Raises:
        OpsError: there is no such model, it is not approved, or the share is out of range.
    """
    _check_percent(percent)
    model = models.find(deployment, reference)
    _check_approved(model)
    return ReleaseRequest(
        action=Action.AB_START, model_package_arn=model.arn, challenger_percent=percent, note=note
    )


def ab_weights(percent: int, *, note: str = "") -> ReleaseRequest:
    """Return the request to give the challenger another share, in percent.

    Raises:
        OpsError: the share is out of range.
    """
    _check_percent(percent)
    return ReleaseRequest(action=Action.AB_WEIGHTS, challenger_percent=percent, note=note)


def ab_stop(*, note: str = "") -> ReleaseRequest:
    """Return the request to let the champion serve alone again."""
    return ReleaseRequest(action=Action.AB_STOP, note=note)


def _newest(deployment: Deployment) -> Model:
    model = models.newest_approved(deployment)
    if model is None:
        raise OpsError(
            "no model is approved, so none can be released",
            "Look at `python -m ops models list`, and approve one",
        )
    return model


def _check_approved(model: Model) -> None:
    if model.approval != APPROVED:
        raise OpsError(
            f"model {model.version} is {model.approval}; only approved models may serve",
            f"Approve it first: `python -m ops models approve {model.version} --note why`",
        )


def _check_percent(percent: int) -> None:
    if not 1 <= percent <= MAX_CHALLENGER_PERCENT:
        raise OpsError(
            f"a challenger cannot get {percent} % of the requests",
            f"Give 1 to {MAX_CHALLENGER_PERCENT}; a model that should get most is released with "
            "`python -m ops release`, behind its guards",
        )
