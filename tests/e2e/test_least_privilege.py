"""Roles may do what their functions did in all runs so far, and no more: IAM, without IAM."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from app import build_app
from config import get_environment
from local.calls import Call
from ops.executions import Execution
from ops.releases import read as list_releases
from ops.reprocess import object_version
from schemas.dead_letters import MAX_INLINE_BODY_BYTES
from schemas.messages import s3_event
from schemas.names import Output
from schemas.releases import CURRENT, RELEASE_ID, ReleaseStatus
from tests.cloud import eventually
from tests.e2e import releases
from tests.e2e.lake import ENVIRONMENT, PATIENCE_SECONDS, POISON, Lake
from tests.e2e.training_phases import Challenged, TakenOver
from tests.e2e.watched import Watched
from tests.infrastructure.assembly import Assembly, as_list
from tests.security.deployment import Deployment
from tests.security.least_privilege import Comparison, compare
from tests.security.reviewed_grants import EXPLAINED
from tests.unit.lambdas.files import flights, row

PREFIX = "landing/flights/least-privilege"
NO_RECORD = "this is no prediction"
NOTHING_WRONG = Comparison(frozenset(), frozenset(), frozenset())


@pytest.fixture(scope="module")
def deployment(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The synthesized templates, with the names that the local cloud gave."""
    folder = tmp_path_factory.mktemp("cdk") / "cdk.out"
    build_app(ENVIRONMENT, outdir=str(folder)).synth()
    assembly = Assembly.read(get_environment(ENVIRONMENT), folder)
    pages = lake.cloud.client("cloudformation").get_paginator("list_stack_resources")
    return Deployment(
        assembly,
        {
            (stack, resource["LogicalResourceId"]): resource["PhysicalResourceId"]
            for stack in assembly.templates
            for page in pages.paginate(StackName=stack)
            for resource in page["StackResourceSummaries"]
        },
    )


@pytest.fixture(scope="module")
def recorded(
    lake: Lake,
    challenged: Challenged,
    taken_over: TakenOver,
    scheduled: Execution,
    watched: Watched,
) -> frozenset[Call]:
    """Calls of everything a file, and a training, can go through, and of tests before these."""
    del challenged, taken_over, scheduled, watched
    good, bad = f"{PREFIX}/good.csv", f"{PREFIX}/bad.csv"
    lake.put(good, flights(row(), row(carrier="??")))
    lake.await_outcome(good)
    lake.put(good, flights(row(month="2")))
    lake.put(bad, POISON)
    lake.await_letter(bad)
    lake.put(bad, flights(row()))
    lake.await_outcome(good, versions=2)
    lake.await_outcome(bad, versions=2)
    version = object_version(lake.in_force(good))
    missing = replace(version, key=f"{PREFIX}/missing.csv")
    lake.send(s3_event(missing), "x" * (MAX_INLINE_BODY_BYTES + 1))
    lake.await_letter(missing.key)
    lake.deployment.connection.sqs.send_message(
        QueueUrl=lake.deployment[Output.PREDICTION_QUEUE_URL],
        MessageBody=NO_RECORD,
    )
    eventually(
        lambda: any("/dead-letters/" in call.resource for call in lake.cloud.calls()),
        "the long message lies in S3",
        seconds=PATIENCE_SECONDS,
    )
    name = lake.deployment[Output.PREDICTION_DEAD_LETTER_TABLE_NAME]
    eventually(
        lambda: NO_RECORD in str(lake.deployment.connection.table(name).scan()["Items"]),
        "what is no record is archived",
        seconds=PATIENCE_SECONDS,
    )
    take_over(lake)
    lake.come_to_rest()
    return lake.cloud.calls()


def take_over(lake: Lake) -> None:
    """Release what serves, while the table says that an execution that has ended holds it."""
    releases.come_to_rest(lake)
    table = lake.deployment.connection.table(lake.deployment[Output.RELEASES_TABLE_NAME])
    ended = list_releases(lake.deployment)[0].execution_arn
    table.update_item(
        Key={RELEASE_ID: CURRENT},
        UpdateExpression="SET held_by = :ended",
        ExpressionAttributeValues={":ended": ended},
    )
    outcome = releases.run(lake, releases.request_of(releases.champion(lake)))
    assert outcome.status is ReleaseStatus.UNCHANGED, outcome


def test_every_call_is_allowed_and_every_grant_is_used_or_explained(
    deployment: Deployment, recorded: frozenset[Call]
) -> None:
    assert compare(deployment, recorded, EXPLAINED) == NOTHING_WRONG


@pytest.mark.parametrize(
    ("role", "action"),
    [
        ("Processor", "s3:GetObjectVersion"),
        ("Processor", "s3:PutObject"),
        ("Processor", "s3:DeleteObject"),
        ("Processor", "dynamodb:Query"),
        ("Processor", "dynamodb:UpdateItem"),
        ("Processor", "sqs:ChangeMessageVisibility"),
        ("Processor", "sqs:ReceiveMessage"),
        ("Processor", "kms:Decrypt"),
        ("Processor", "kms:GenerateDataKey"),
        ("Archiver", "s3:PutObject"),
        ("Archiver", "dynamodb:GetItem"),
        ("Archiver", "logs:PutLogEvents"),
        ("TrainingSnapshot", "s3:ListBucketVersions"),
        ("TrainingSnapshot", "states:DescribeExecution"),
        ("TrainingRegister", "sagemaker:CreateModelPackage"),
        ("TrainingSettle", "states:GetExecutionHistory"),
        ("TrainingRole", "sagemaker:CreateTrainingJob"),
        ("TrainingRole", "iam:PassRole"),
        ("JobRole", "s3:PutObject"),
        ("Approver", "sagemaker:UpdateModelPackage"),
    ],
)
def test_an_action_taken_away_would_be_missed(
    deployment: Deployment, recorded: frozenset[Call], role: str, action: str
) -> None:
    def take_away(statement: dict[str, Any]) -> None:
        kept = [each for each in as_list(statement["Action"]) if each != action]
        statement["Action"] = kept

    without = change_statements(deployment, role, take_away)
    assert action in {call.action for call in compare(without, recorded, EXPLAINED).refused}


@pytest.mark.parametrize("action", ["s3:GetObjectTagging", "dynamodb:DeleteItem", "sqs:*"])
def test_an_action_too_many_is_found(
    deployment: Deployment, recorded: frozenset[Call], action: str
) -> None:
    def add(statement: dict[str, Any]) -> None:
        statement["Action"] = [*as_list(statement["Action"]), action]

    wider = change_statements(deployment, "Archiver", add)
    assert action in {grant.action for grant in compare(wider, recorded, EXPLAINED).unused}


def change_statements(
    deployment: Deployment, role: str, change: Callable[[dict[str, Any]], None]
) -> Deployment:
    """Return the deployment with every statement of a role's policy changed."""

    def change_policy(templates: Mapping[str, dict[str, Any]]) -> None:
        for template in templates.values():
            for logical_id, body in template["Resources"].items():
                if body["Type"] == "AWS::IAM::Policy" and role in logical_id:
                    for statement in body["Properties"]["PolicyDocument"]["Statement"]:
                        change(statement)

    return replace(deployment, assembly=deployment.assembly.changed(change_policy))
