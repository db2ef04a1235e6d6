"""States of Amazon States Language, as dictionaries: no task without retry, catch and timeout.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk

State = dict[str, Any]

ALL = "States.ALL"
_ANNOUNCE_SECONDS = 60
ERROR_PATH = "$.error"
"""Where a state finds what went wrong in the one before it: `Error` and `Cause`."""


def filled(template: str, *paths: str) -> str:
    """Return the intrinsic function that puts values of the state into the `{}` of `template`."""
    return f"States.Format({', '.join((quoted(template), *paths))})"


def array(*items: str) -> str:
    """Return the intrinsic function that makes a list of texts and of values of the state.

    Args:
        items: Paths begin with `$`; everything else is a text.
    """
    return f"States.Array({', '.join(each if each[0] == '$' else quoted(each) for each in items)})"


def quoted(text: str) -> str:
    """Return `text` as intrinsic functions take it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def retry(
    errors: Sequence[str], *, seconds: int, attempts: int, most_seconds: int = 300
) -> dict[str, Any]:
    """Return a retrier: first after `seconds`, then twice as long each time.

    Waits vary at random, so that runs that failed together do not come back together.
    """
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": seconds,
        "BackoffRate": 2,
        "MaxDelaySeconds": most_seconds,
        "MaxAttempts": attempts,
        "JitterStrategy": "FULL",
    }


def never_retry(errors: Sequence[str]) -> dict[str, Any]:
    """Return the retrier of errors that no repetition mends."""
    return {"ErrorEquals": list(errors), "MaxAttempts": 0}


def integration(action: str) -> str:
    """Return the resource of a service integration, such as `sns:publish`."""
    return f"arn:{cdk.Aws.PARTITION}:states:::{action}"


def task(
    resource: str,
    parameters: Mapping[str, Any] | None,
    *,
    retries: Sequence[Mapping[str, Any]],
    failed: str,
    timeout_seconds: int,
    result_path: str | None,
    next_state: str,
    result_selector: Mapping[str, str] | None = None,
) -> State:
    """Return a task.

    Args:
        resource: An `integration`, or the ARN of a function, whose answer is then the result.
        parameters: Of the call; keys that end in `.$` hold paths and intrinsic functions. None
            passes the whole state.
        retries: Retriers, the first that matches counts.
        failed: State that goes on when the last retry failed; it finds the error at `ERROR_PATH`.
        timeout_seconds: Longest run of one attempt.
        result_path: Where the result is put; None drops it.
        next_state: State that goes on.
        result_selector: What of the result is kept; all of it without one.
    """
    return {
        "Type": "Task",
        "Resource": resource,
        **({"Parameters": dict(parameters)} if parameters is not None else {}),
        **({"ResultSelector": dict(result_selector)} if result_selector else {}),
        "ResultPath": result_path,
        "TimeoutSeconds": timeout_seconds,
        "Retry": [dict(each) for each in retries],
        "Catch": [{"ErrorEquals": [ALL], "ResultPath": ERROR_PATH, "Next": failed}],
        "Next": next_state,
    }


def announcement(topic_arn: str, path: str, *, failed: str, next_state: str) -> State:
    """Return the task that tells a topic what a function has worded.

    Args:
        topic_arn: The topic.
        path: Where the state has `subject` and `message`.
        failed: State that goes on when nobody could be told.
        next_state: State that goes on.
    """
    return task(
        integration("sns:publish"),
        {
            "TopicArn": topic_arn,
            "Subject.$": f"{path}.subject",
            "Message.$": f"{path}.message",
        },
        retries=[retry([ALL], seconds=2, attempts=4)],
        failed=failed,
        timeout_seconds=_ANNOUNCE_SECONDS,
        result_path=None,
        next_state=next_state,
    )


def choice(cases: Mapping[tuple[str, str], str], *, default: str) -> State:
    """Return a choice by texts.

    Args:
        cases: Path and expected text to the state that goes on.
        default: State that goes on when none matches.
    """
    return {
        "Type": "Choice",
        "Choices": [
            {"Variable": path, "StringEquals": expected, "Next": next_state}
            for (path, expected), next_state in cases.items()
        ],
        "Default": default,
    }
