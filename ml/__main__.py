"""The steps of training, batch scoring and monitoring, each a job: `python3 -m ml STEP`."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ml.errors import UserError
from schemas.windows import Window, WindowError

CONTAINER_ROOT = Path("/opt/ml")
_MAX_MESSAGE_BYTES = 1000  # SageMaker shows the first kilobyte

Step = Callable[[argparse.Namespace], None]


def main(arguments: Sequence[str]) -> int:
    """Run a step and return the exit code.

    What a user can mend ends as one line; anything else keeps its traceback.
    """
    options = _parser().parse_args(_with_step(arguments))
    try:
        options.step(options)
    except (UserError, WindowError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        _tell(options, str(error))
        return 1
    except Exception as error:
        _tell(options, f"{type(error).__name__}: {error} (a bug; see the traceback in the log)")
        raise
    return 0


def _with_step(arguments: Sequence[str]) -> Sequence[str]:
    """Return `train` for a container's script mode, the only one of tuning jobs.

    It names no step and passes hyperparameters, which training reads from their file.
    https://github.com/aws/sagemaker-containers, src/sagemaker_containers/entry_point.py
    """
    is_script_mode = arguments[:1] and arguments[0].startswith("--") and arguments[0] != "--help"
    return ["train"] if is_script_mode else arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m ml", description=__doc__)
    steps = parser.add_subparsers(metavar="STEP", required=True)

    def add(name: str, step: Step, *folders: str) -> argparse.ArgumentParser:
        command = steps.add_parser(name, help=step.__doc__, description=step.__doc__)
        command.add_argument(
            "--root",
            type=Path,
            default=_root(),
            metavar="DIR",
            help="what stands for /opt/ml; failures are described below it",
        )
        for folder in folders:
            command.add_argument(f"--{folder}", type=Path, required=True, metavar="DIR")
        command.set_defaults(step=step, message="message")
        return command

    for name, step in (("profile", _profile), ("preprocess", _preprocess)):
        command = add(name, step, "data", "output")
        for month in ("train-from", "holdout-from", "holdout-to"):
            command.add_argument(f"--{month}", required=True, metavar="YYYY-MM")
    add("train", _train).set_defaults(message="failure", root=_root() or CONTAINER_ROOT)
    add("evaluate", _evaluate, "holdout", "challenger", "champion", "summary", "output")
    command = add("score", _score, "holdout", "output")
    command.add_argument("--summary", type=Path, metavar="DIR")
    command.add_argument("--model", action="append", required=True, type=_named, metavar="NAME=DIR")
    add("predict", _predict, "model", "records", "output")
    add("requests", _requests, "data", "output").add_argument(
        "--month", required=True, metavar="YYYY-MM"
    )
    add("monitor", _monitor, "data", "baseline", "output")
    return parser


def _root() -> Path | None:
    """Return the folder that the image's environment names, if this runs in one."""
    model = os.environ.get("SM_MODEL_DIR")
    return Path(model).parent if model else None


def _named(text: str) -> tuple[str, Path]:
    name, equals, folder = text.partition("=")
    if not (name and equals and folder):
        raise argparse.ArgumentTypeError(f"write NAME=DIR, got {text!r}")
    return name, Path(folder)


def _tell(options: argparse.Namespace, message: str) -> None:
    """Write what went wrong to where SageMaker looks for it.

    `output/failure` of a training job, `output/message` of a processing job:
    https://docs.aws.amazon.com/sagemaker/latest/dg/byoc-metadata.html
    """
    if options.root is None:
        return
    path = options.root / "output" / options.message
    path.parent.mkdir(parents=True, exist_ok=True)
    # Cut without half of a character, which SageMaker would refuse.
    path.write_bytes(message.encode()[:_MAX_MESSAGE_BYTES].decode(errors="ignore").encode())


# Each step imports what it needs: several libraries take a second each.


def _profile(options: argparse.Namespace) -> None:
    """Describe training data: statistics.json and constraints.json."""
    from ml import profile  # noqa: PLC0415

    profile.run(options.data, _window(options), options.output)


def _preprocess(options: argparse.Namespace) -> None:
    """Turn a snapshot into records, split by time."""
    from ml import preprocess  # noqa: PLC0415

    preprocess.run(options.data, _window(options), options.output)


def _train(options: argparse.Namespace) -> None:
    """Train a model from the files below the root."""
    from ml import train  # noqa: PLC0415

    train.run(options.root)


def _evaluate(options: argparse.Namespace) -> None:
    """Judge a challenger, and the champion if there is one, by the holdout."""
    from ml import evaluate  # noqa: PLC0415

    evaluate.run(
        holdout=options.holdout,
        challenger=options.challenger,
        champion=options.champion,
        summary=options.summary,
        output=options.output,
    )


def _score(options: argparse.Namespace) -> None:
    """Judge models of any names by the holdout."""
    from ml import evaluate  # noqa: PLC0415

    evaluate.run_named(
        holdout=options.holdout,
        models=dict(options.model),
        summary=options.summary,
        output=options.output,
    )


def _predict(options: argparse.Namespace) -> None:
    """Write the scores of records: a batch prediction."""
    from ml import scoring  # noqa: PLC0415

    scoring.run(options.model, options.records, options.output)


def _requests(options: argparse.Namespace) -> None:
    """Turn a month's curated data into prediction requests, for batch scoring."""
    from ml import requests  # noqa: PLC0415

    requests.run(options.data, options.month, options.output)


def _monitor(options: argparse.Namespace) -> None:
    """Compare what the model that serves was asked and answered with its baseline."""
    from ml.monitor import job  # noqa: PLC0415

    job.run(options.data, options.baseline, options.output)


def _window(options: argparse.Namespace) -> Window:
    return Window(
        train_from=options.train_from,
        holdout_from=options.holdout_from,
        holdout_to=options.holdout_to,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
