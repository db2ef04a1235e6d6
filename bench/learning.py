"""What our code costs beside XGBoost, and what retraining gains; measured in the twin."""

import tempfile
from collections.abc import Iterator

from bench.measuring import run_in_twin
from bench.results import Bound, Line
from bench.workshop import Workshop
from config.model import MODEL

MOST_OVERHEAD = 1.1
POINTS = 100  # of AUC: a point is a hundredth
LEAST_GAIN, AIMED_GAIN = 4, 5.8


def training(workshop: Workshop) -> Iterator[Line]:
    """Steps of the pipeline, beside XGBoost and scikit-learn on the same matrix."""
    snapshot = workshop.snapshot()
    workshop.say("training and evaluation on half a year each: ours, plain libraries")
    with tempfile.TemporaryDirectory(dir=workshop.folder) as folder:
        result = run_in_twin("overhead", str(snapshot), folder)
    seconds = result["seconds"]
    for what, ours, plain in (
        ("training, files to model, CPU", "train", f"xgboost {result['xgboost']} on the matrix"),
        ("evaluation, files to figures, CPU", "judge", "predict and sklearn.metrics"),
    ):
        peer = seconds[f"plain {ours}"]
        yield Line(
            what=what,
            ours=f"{seconds[ours]:.2f} s",
            peer=f"{plain} {peer:.2f} s",
            figure=seconds[ours] / peer,
            unit="× its CPU",
            must=Bound(MOST_OVERHEAD),
        )
    page = seconds["evaluate"] - seconds["judge"]
    yield Line(
        what="page with pictures and golden records, CPU",
        ours=f"{page:.2f} s",
        figure=1000 * page,
        unit="ms",
    )
    for what, name in (("features", "features"), ("features and matrix", "matrix")):
        yield Line(
            what=f"{what} of the year, one core",
            ours=f"{result['examples']:,} × {result['features']} in {1000 * seconds[name]:.0f} ms",
            figure=result["examples"] / 1e6 / seconds[name],
            unit="million rows/s",
        )


def retraining(workshop: Workshop) -> Iterator[Line]:
    """Models that are retrained every month, beside one that never is, on the real year."""
    snapshot = workshop.snapshot()
    workshop.say("ten trainings through the year")
    result = run_in_twin("retraining", str(snapshot))
    static, retrained = result["static"], result["retrained"]
    gains = {month: POINTS * (retrained[month] - static[month]) for month in static}
    for month, gain in gains.items():
        yield Line(
            what=f"AUC gained by retraining, {month}",
            ours=f"trained on all before {retrained[month]:.3f}",
            peer=f"on January and February {static[month]:.3f}",
            figure=gain,
            unit="points",
        )
    yield Line(
        what="AUC gained by retraining, mean",
        ours=f"retrained every month {_mean(retrained):.3f}",
        peer=f"never {_mean(static):.3f}",
        figure=_mean(gains),
        unit="points",
        must=Bound(LEAST_GAIN, is_floor=True),
        goal=Bound(AIMED_GAIN, is_floor=True),
    )
    ((month, forgetful),) = result["last three months"].items()
    yield Line(
        what=f"challenger of three months, {month}, AUC",
        ours=f"{forgetful:.3f}",
        peer=f"champion {retrained[month]:.3f}",
        figure=POINTS * (forgetful - retrained[month]),
        unit="points",
        # Then the gate refuses it.
        must=Bound(POINTS * MODEL.thresholds.min_improvement),
    )


def _mean(by_month: dict[str, float]) -> float:
    return sum(by_month.values()) / len(by_month)
