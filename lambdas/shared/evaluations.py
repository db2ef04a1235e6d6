"""What the evaluation job says of a run."""

from dataclasses import dataclass

from lambdas.shared.errors import PermanentError
from lambdas.shared.objects import MissingObjectError, Objects
from schemas.evaluations import CHALLENGER, CHAMPION, Evaluation
from schemas.keys import split_uri
from schemas.training import EVALUATION_FILE, PlannedRun


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluationFile:
    """An evaluation as it is stored.

    Attributes:
        uri: Its address.
        text: Its content.
        evaluation: What the content says.
    """

    uri: str
    text: str
    evaluation: Evaluation


def read_evaluation(run: PlannedRun, artifacts: Objects) -> EvaluationFile:
    """Read the evaluation of a run, and check that it is about the models of this run.

    Raises:
        PermanentError: `evaluation-missing`, `evaluation-unusable`; or `champion-changed`, the
            archive of the model in force is not the registered one.
    """
    _, prefix = split_uri(run.prefix_uri)
    key = f"{prefix}{EVALUATION_FILE}"
    uri = artifacts.uri(key)
    try:
        text = artifacts.read(key)
    except MissingObjectError as error:
        raise PermanentError(
            "evaluation-missing",
            f"the evaluation job ended well but left no {uri}; see its log",
            uri,
        ) from error
    evaluation = _parse(text, uri)
    if CHALLENGER not in evaluation.models:
        raise _unusable(uri, "it says nothing of the challenger")
    if bool(run.champion_package_arn) != (CHAMPION in evaluation.models):
        raise _unusable(uri, "it does not compare with the champion that the run began with")
    _check_champion(run, evaluation)
    return EvaluationFile(uri=uri, text=text, evaluation=evaluation)


def _parse(text: str, uri: str) -> Evaluation:
    try:
        return Evaluation.from_text(text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unusable(uri, repr(error)) from error


def _check_champion(run: PlannedRun, evaluation: Evaluation) -> None:
    champion = evaluation.champion
    if champion is None or champion.artifact_sha256 == run.champion_artifact_sha256:
        return
    raise PermanentError(
        "champion-changed",
        f"the archive of {run.champion_package_arn} has the hash {champion.artifact_sha256}, "
        f"registered is {run.champion_artifact_sha256}: somebody changed it. Bring its older "
        "version back, or reject the model package",
        run.champion_package_arn,
    )


def _unusable(uri: str, why: str) -> PermanentError:
    return PermanentError(
        "evaluation-unusable", f"{uri} cannot be judged by: {why}; see the evaluation job", uri
    )
