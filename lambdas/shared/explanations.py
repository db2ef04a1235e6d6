"""What went wrong in an execution, from the error that Step Functions caught."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
PROCESSING_LOGS = "/aws/sagemaker/ProcessingJobs"

_NO_REASON = "no reason was given"


@dataclass(frozen=True, kw_only=True, slots=True)
class JobKind:
    """A kind of SageMaker job, as its description says.

    Attributes:
        noun: What people call it.
        field: Beginning of the fields with its name and status.
        log_group: Where it logs; each stream's name begins with the job's.
    """

    noun: str
    field: str
    log_group: str


# A tuning's own trainings are named after it, and log where all trainings do.
_KINDS = (
    JobKind(noun="tuning job", field="HyperParameterTuningJob", log_group=TRAINING_LOGS),
    JobKind(noun="training job", field="TrainingJob", log_group=TRAINING_LOGS),
    JobKind(noun="processing job", field="ProcessingJob", log_group=PROCESSING_LOGS),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """What went wrong.

    Attributes:
        why: The reason, for people.
        job: Kind and name of the job that failed; empty when it was none.
        log_group: Where the job logs; empty when it was none.
        log_stream_prefix: What the names of its streams begin with.
    """

    why: str
    job: str = ""
    log_group: str = ""
    log_stream_prefix: str = ""


def explain(error: Mapping[str, Any]) -> Failure:
    """Return what an error means.

    Args:
        error: `Error` and `Cause` as a catcher gives them; the latter may be missing.

    Source:
        https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    name, cause = str(error.get("Error") or ""), str(error.get("Cause") or "")
    details = _object(cause)
    for kind in _KINDS:
        if job := details.get(f"{kind.field}Name"):
            return Failure(
                why=_why_job(details, str(details.get(f"{kind.field}Status") or name)),
                job=f"{kind.noun} {job}",
                log_group=kind.log_group,
                log_stream_prefix=str(job),
            )
    if "errorMessage" in details:
        return Failure(why=_why_function(details))
    if name == "States.Timeout":
        return Failure(why=f"it took longer than its time limit. {cause}".rstrip())
    return Failure(why=": ".join(filter(None, (name, cause))) or _NO_REASON)


def _why_job(details: Mapping[str, Any], status: str) -> str:
    reasons = [details.get("FailureReason"), details.get("ExitMessage")]
    said = "; ".join(str(reason) for reason in reasons if reason)
    if said:
        return said
    if details.get("SecondaryStatus") == "MaxRuntimeExceeded":
        limit = details.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
        return f"it was stopped because it ran longer than its limit of {limit} seconds"
    if status == "Stopped":
        return "it was stopped: by somebody, or because it ran longer than its limit"
    return f"its status is {status}; {_NO_REASON}"


def _why_function(details: Mapping[str, Any]) -> str:
    return f"{details['errorMessage']} ({details.get('errorType', 'unknown error')})"


def _object(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
