"""What the states of the training pipeline pass on to each other, and the files of a run."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from hashlib import sha256
from typing import Any

from schemas.runs import Mode, Trigger
from schemas.windows import Window

# Files below a run's prefix.
PARAMETERS_FILE = "parameters.json"
TRAINED_PARAMETERS_FILE = "trained-parameters.json"
"""Of a tuned model: the parameters that won, with which training again needs no search."""
CHAMPION_PREFIX = "champion/"
CHAMPION_FILE = f"{CHAMPION_PREFIX}champion.json"
CHAMPION_ARCHIVE = f"{CHAMPION_PREFIX}model.tar.gz"
BASELINE_PREFIX = "baseline/"
STATISTICS_FILE = f"{BASELINE_PREFIX}statistics.json"
CONSTRAINTS_FILE = f"{BASELINE_PREFIX}constraints.json"
EVALUATION_FILE = "evaluation/evaluation.json"
GOLDEN_FILE = "evaluation/golden.jsonl"
"""Requests of the holdout with the scores that the model gave them, for the test of a release."""

CODE_FILE = "code.zip"
"""Below `code/<hash>/`."""


class Decision(StrEnum):
    """Whether an execution goes on to train."""

    TRAIN = "train"
    SKIP = "skip"


class Verdict(StrEnum):
    """What becomes of a trained model."""

    REGISTER = "register"
    REFUSE = "refuse"
    REPRODUCED = "reproduced"
    DIFFERS = "differs"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameters:
    """What training or tuning gets beside its data, stored as `parameters.json`.

    Attributes:
        mode: How the model is found.
        hyperparameters: Those that are fixed, the seed among them, as texts.
        tuning: What a tuning is told; its `ranges` name the hyperparameters that it looks for.
            Empty when training once.
    """

    mode: Mode
    hyperparameters: Mapping[str, str]
    tuning: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_text(cls, text: str) -> "Parameters":
        """Read what `text` wrote."""
        document = json.loads(text)
        return cls(
            mode=Mode(document["mode"]),
            hyperparameters=document["hyperparameters"],
            tuning=document["tuning"],
        )

    @property
    def text(self) -> str:
        """The parameters as JSON; the same content gives the same bytes."""
        return json.dumps(asdict(self), sort_keys=True, indent=1)

    @property
    def sha256(self) -> str:
        """Hash of `text`, 64 hex digits."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRun:
    """`$.run` of the state machine: everything that later states need to know.

    Attributes:
        run_id: See `schemas.runs.run_id`.
        attempt: How often the run was begun.
        job_prefix: What the names of its jobs begin with; those of tunings have 32 characters.
        trigger: Why it was begun.
        mode: How the model is found.
        window: Months of training and holdout.
        manifest_uri: The snapshot.
        manifest_sha256: Its hash.
        input_uri: The same list of objects for SageMaker.
        code_uri: The code, one zip.
        code_sha256: Its version.
        image_uri: Container image of all jobs.
        prefix_uri: Folder of the run's files.
        parameters_uri: `parameters.json`.
        parameters_sha256: Its hash.
        hyperparameters: Those that are fixed, as texts.
        champion_package_arn: The model in force, or the one that is reproduced; empty without one.
        champion_artifact_sha256: Hash of its archive, as registered.
        champion_holdout_from: End of its training, `YYYY-MM`.
        reproduces: The model package that is reproduced; empty for other runs.
    """

    run_id: str
    attempt: int
    job_prefix: str
    trigger: Trigger
    mode: Mode
    window: Window
    manifest_uri: str
    manifest_sha256: str
    input_uri: str
    code_uri: str
    code_sha256: str
    image_uri: str
    prefix_uri: str
    parameters_uri: str
    parameters_sha256: str
    hyperparameters: Mapping[str, str]
    champion_package_arn: str = ""
    champion_artifact_sha256: str = ""
    champion_holdout_from: str = ""
    reproduces: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return `$.run`, with what can be derived: paths of a state compute nothing."""
        return asdict(self) | {
            "decision": Decision.TRAIN,
            "reason": "",
            "window": self.window.to_json(),
            "code_prefix_uri": self.code_uri.removesuffix(CODE_FILE),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "PlannedRun":
        """Read what `to_json` wrote, by this release or another one."""
        known = {each.name: document[each.name] for each in fields(cls) if each.name in document}
        return cls(
            **known
            | {
                "trigger": Trigger(known["trigger"]),
                "mode": Mode(known["mode"]),
                "window": Window.from_json(known["window"]),
            }
        )


def skipped(reason: str, trigger: Trigger) -> dict[str, str]:
    """Return `$.run` of an execution that has nothing to do; whoever waits for it is told."""
    return {"decision": Decision.SKIP, "reason": reason, "trigger": trigger}


@dataclass(frozen=True, kw_only=True, slots=True)
class GateResult:
    """`$.gate` of the state machine.

    Attributes:
        decision: What becomes of the model.
        reasons: Why, for people; for a refusal every reason, not the first only.
        evaluation_uri: What the decision rests on.
        max_difference: Of a reproduction: largest difference from the original's scores, 0 to 1.
    """

    decision: Verdict
    reasons: tuple[str, ...]
    evaluation_uri: str
    max_difference: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "GateResult":
        """Read what `to_json` wrote, by this release or another one."""
        known = {each.name: document[each.name] for each in fields(cls) if each.name in document}
        return cls(
            **known | {"decision": Verdict(known["decision"]), "reasons": tuple(known["reasons"])}
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """What a model must reach on its holdout to be registered.

    Attributes:
        min_auc: Least area under the ROC curve, 0 to 1.
        max_log_loss: Greatest mean negative log likelihood.
        max_brier: Greatest mean squared difference of score and label, 0 to 1.
        min_rows_per_month: Fewest labelled rows of each month of the holdout.
        min_improvement: By how much its AUC must exceed the champion's; a tie keeps the champion.
    """

    min_auc: float
    max_log_loss: float
    max_brier: float
    min_rows_per_month: int
    min_improvement: float
