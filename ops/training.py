"""What a training is asked for; `ops.following` begins it and waits for its end."""

from collections.abc import Sequence
from typing import Any

from ops.errors import OpsError
from schemas.runs import Mode, Trigger
from schemas.windows import Window, WindowError


def request(
    *, months: Sequence[str] | None, mode: Mode, settings: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the input of an execution that trains.

    Args:
        months: First month of training, first of the holdout, first after it; None for the newest
            complete month as holdout and everything before it.
        mode: How the model is found.
        settings: Hyperparameters, each as `name=value`.

    Raises:
        OpsError: the months make no window, or a setting is malformed. Whether the deployed
            pipeline knows a hyperparameter, only the pipeline can tell.
    """
    document: dict[str, Any] = {"trigger": Trigger.MANUAL.value, "mode": mode.value}
    if months is not None:
        train_from, holdout_from, holdout_to = months
        try:
            window = Window(train_from=train_from, holdout_from=holdout_from, holdout_to=holdout_to)
        except WindowError as error:
            raise OpsError(
                f"--window: {error}",
                "Give the first month of training, the first of the holdout, and the first after "
                "it, for example --window 2013-01 2013-03 2013-04",
            ) from error
        document["window"] = window.to_json()
    if settings:
        document["hyperparameters"] = dict(_setting(each) for each in settings)
    return document


def _setting(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not (name and separator and value):
        raise OpsError(
            f"--set {text!r} is no setting", "Write it as name=value, for example --set max_depth=4"
        )
    return name.strip(), value.strip()
