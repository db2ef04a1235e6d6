"""Questions to the logs that everybody asks one day, saved in CloudWatch Logs Insights."""

from collections.abc import Sequence

from aws_cdk import aws_logs as logs
from constructs import Construct

from config import EnvironmentConfig
from mlops_constructs.python_function import PythonFunction
from stacks.dashboard import Watched

TRAINING_JOBS = "/aws/sagemaker/TrainingJobs"
# What Lambda itself says of a function that could not say anything any more.
_OF_LAMBDA = r"Task timed out|Runtime\.|\[ERROR\]"
_NEWEST = "sort @timestamp desc | limit 200"


def add_saved_queries(
    scope: Construct,
    environment: EnvironmentConfig,
    watched: Watched,
    functions: Sequence[PythonFunction],
) -> None:
    """Add the queries to a folder of the environment's name.

    Args:
        scope: Parent.
        environment: Whose logs they ask.
        watched: Parts that have questions of their own.
        functions: All functions.
    """
    groups = [each.log_group.log_group_name for each in functions]
    folder = f"mlops-{environment.name}"
    for construct_id, name, query, log_groups in (
        (
            "Errors",
            "errors of all functions",
            "fields @timestamp, service, message, @message, @log "
            f'| filter level = "ERROR" or @message like /{_OF_LAMBDA}/ | {_NEWEST}',
            groups,
        ),
        (
            "Slowest",
            "slowest runs of functions",
            'fields @timestamp, @duration, @maxMemoryUsed, @log | filter @type = "REPORT" '
            "| sort @duration desc | limit 50",
            groups,
        ),
        (
            "Failures",
            "messages that failed, by error",
            'filter message = "message failed" | stats count(*) as messages by error, permanent '
            "| sort messages desc",
            groups,
        ),
        (
            "Training",
            "what training jobs printed",
            f"fields @timestamp, @logStream, @message | {_NEWEST}",
            [TRAINING_JOBS],
        ),
        (
            "Decisions",
            "what was decided about findings",
            "fields @timestamp, alarm, decision.reaction, decision.reason "
            f'| filter message = "decided" | {_NEWEST}',
            [watched.monitor.respond.log_group.log_group_name],
        ),
    ):
        _add(scope, construct_id, f"{folder}/{name}", query, log_groups)


def _add(
    scope: Construct, construct_id: str, name: str, query: str, log_groups: Sequence[str]
) -> None:
    logs.CfnQueryDefinition(
        scope,
        f"{construct_id}Query",
        name=name,
        query_string="\n".join(part.strip() for part in query.replace(" | ", "\n| ").splitlines()),
        log_group_names=list(log_groups),
    )
