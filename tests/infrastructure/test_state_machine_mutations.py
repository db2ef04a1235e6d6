"""The guarantees of the state machines notice when they are broken."""

from collections.abc import Sequence

import pytest

from tests.infrastructure import test_release_pipeline as release
from tests.infrastructure import test_state_machines as machines
from tests.infrastructure import test_training_pipeline as training
from tests.infrastructure.assembly import Assembly
from tests.infrastructure.mutations import (
    FULL,
    Guarantee,
    Mutation,
    assert_noticed,
    cases,
    drop,
    put,
    put_in_definition,
    put_in_statement,
)

MACHINE = "AWS::StepFunctions::StateMachine"
POLICY = "AWS::IAM::Policy"
RULE = "AWS::Events::Rule"
CANNOT = {
    "TrainingRole": (
        *("lambda:InvokeFunction", "sagemaker:CreateProcessingJob", "sagemaker:StopTrainingJob"),
        *("iam:PassRole", "events:PutRule", "sns:Publish"),
    ),
    "ReleaseRole": ("cloudformation:UpdateStack", "iam:PassRole", "sns:Publish"),
    "ScoringRole": (
        *("sagemaker:CreateTransformJob", "sagemaker:DescribeEndpointConfig", "iam:PassRole"),
        *("sagemaker:DescribeModelPackage", "events:PutTargets"),
    ),
}


def replaced(*texts: tuple[str, str]) -> list[Mutation]:
    return [Mutation(MACHINE, put_in_definition(old, new)) for old, new in texts]


EVERY: dict[Guarantee, Sequence[Mutation]] = {
    machines.test_every_state_is_reachable_and_leads_somewhere: replaced(
        ('"Next": "BestModel"', '"Next": "Evaluate"'),
        ('"Next": "Gate"', '"Next": "Elsewhere"'),
        ('"Next": "SmokeTest"', '"Next": "Settle"'),
        ('"Next": "Prepare"', '"Next": "Requests"'),
    ),
    machines.test_choices_have_a_default: replaced(('"Default": ', '"Comment": ')),
    machines.test_tasks_are_retried_caught_and_limited: replaced(
        ('"TimeoutSeconds": 60', '"TimeoutSeconds": 0'),
        ('"Catch"', '"Comment"'),
        ('"Retry"', '"Comment"'),
    ),
    machines.test_waits_take_time: replaced(('"Seconds": 15', '"Seconds": 0')),
    machines.test_errors_that_last_are_not_retried: replaced(("PermanentError", "OtherError")),
    machines.test_every_way_through_finds_what_it_refers_to: replaced(
        ('"ResultPath": null', '"Comment": ""'),
        ('"$.training_job"', "null"),
        ('"$.run.trigger"', '"$.run.cause"'),
        ('"$.gate.decision"', '"$.gate.verdict"'),
        ('"$.release.decision"', '"$.release.verdict"'),
        ("$.Stacks[0].StackStatus", "$.Stacks[0].Status"),
        ('"*_IN_PROGRESS"', '"IN_PROGRESS"'),
        ('"UPDATE_COMPLETE"', '"UPDATE_ROLLBACK_COMPLETE"'),
        ("ProductionVariants[0]", "ProductionVariants[2]"),
        ('"IsPresent": true', '"IsPresent": false'),
        ("code_sha256", "code_hash"),
    ),
    machines.test_the_ways_pass_every_state: replaced(('"WaitForTurn"', '"WaitForLater"')),
    machines.test_calls_are_what_the_services_accept: replaced(
        ("S3UploadMode", "UploadMode"),
        ("EndOfJob", "AtTheEnd"),
        ("-hpo-", "-hyper-parameter-tuning-"),
        ("$.run.input_uri", "$.run.inputs"),
        ("MultiRecord", "ManyRecords"),
        ('"StackName.$"', '"Stack.$"'),
        ('"UsePreviousTemplate"', '"PreviousTemplate"'),
        ('"EndpointName"', '"Endpoint"'),
    ),
    machines.test_ways_assume_answers_that_the_services_give: replaced(
        ("sagemaker:describeEndpointConfig", "sagemaker:describeEndpoint"),
        ("cloudformation:describeStacks", "cloudformation:describeStackEvents"),
    ),
    machines.test_jobs_are_isolated_encrypted_and_limited: replaced(
        ('Isolation": true', 'Isolation": false'),
        ('Encryption": true', 'Encryption": false'),
        ('"VolumeKmsKeyId"', '"Key"'),
        ('"KmsKeyId"', '"Key"'),
    ),
    machines.test_the_role_may_do_what_its_tasks_ask: [
        Mutation(POLICY, put_in_statement(action, Effect="Deny"), role)
        for role, actions in CANNOT.items()
        for action in actions
    ],
    machines.test_the_machines_log_everything_and_are_traced: [
        Mutation(MACHINE, put("LoggingConfiguration", "Level", "ERROR")),
        Mutation(MACHINE, drop("TracingConfiguration")),
    ],
}
TRAINING: dict[Guarantee, Sequence[Mutation]] = {
    training.test_every_failure_is_recorded_and_announced: [
        Mutation(MACHINE, put_in_definition('"Next": "SettleFailure"', '"Next": "Done"'), "Train"),
    ],
    training.test_every_task_may_fail: replaced(('th": "$.outcome.subject"', 'th": "$.no"')),
    training.test_new_data_and_time_begin_trainings: [
        Mutation(RULE, put("Targets", 0, "Input", "{}"), "Schedule"),
    ],
}
RELEASE: dict[Guarantee, Sequence[Mutation]] = {
    release.test_every_failure_is_undone_recorded_and_announced: replaced(
        ('"Next": "Restore"', '"Next": "SettleFailure"'),
        ('"Next": "SettleUnrecovered"', '"Next": "SettleFailure"'),
    ),
    release.test_every_task_may_fail: [
        Mutation(MACHINE, put_in_definition('th": "$.settled.subject"', 'th": "$.no"'), "Release"),
    ],
    release.test_what_was_updated_is_inspected_and_asked_before_it_counts: replaced(
        ('"Next": "Inspect"', '"Next": "SmokeTest"'),
        ('"Next": "SmokeTest"', '"Next": "Settle"'),
        ('"Next": "InspectPrevious"', '"Next": "SettleFailure"'),
        ('"UPDATE_COMPLETE"', '"UPDATE_ROLLBACK_COMPLETE"'),
    ),
    release.test_updates_change_parameters_alone_with_the_role_for_it: replaced(
        ('"UsePreviousTemplate": true', '"UsePreviousTemplate": false'),
        ('"RoleARN"', '"Comment"'),
        ("$.release.parameters", "$.restore.decision"),
        ('"$.restore.token"', '"$.release.token"'),
    ),
    release.test_what_a_release_must_know_of_its_execution_is_passed: [
        Mutation(MACHINE, put_in_definition("$$.Execution.Id", "$$.Execution.Name"), "Release"),
    ],
    release.test_an_approval_begins_a_release_with_the_whole_event: [
        Mutation(RULE, put("EventPattern", "detail", "ModelApprovalStatus", ["Rejected"]), "Appr"),
        Mutation(RULE, put("EventPattern", "detail", {}), "Appr"),
        Mutation(RULE, put("Targets", 0, "Input", "{}"), "Appr"),
        Mutation(RULE, put("State", "DISABLED"), "Appr"),
    ],
}


@FULL
@pytest.mark.parametrize(("guarantee", "mutation"), cases(EVERY | TRAINING | RELEASE))
def test_breaking_a_guarantee_fails_its_test(
    assembly: Assembly, guarantee: Guarantee, mutation: Mutation
) -> None:
    assert_noticed(assembly, guarantee, mutation)
