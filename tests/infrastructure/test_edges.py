"""Where one service calls another: what fails is kept, and nobody else may call."""

import re

from tests.infrastructure.assembly import Assembly, as_list, target
from tests.infrastructure.test_functions import own_functions
from tests.security.reviewed_findings import answers_clients, is_awaited

# Closed to new accounts since 2026-07-30, which cfn-lint does not say: a deployment would fail.
# https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor.html
CLOSED = re.compile(r"AWS::SageMaker::(MonitoringSchedule|\w+JobDefinition)|AWS::DevOpsGuru::\w+")


def test_targets_of_rules_and_schedules_have_a_dead_letter_queue(assembly: Assembly) -> None:
    targets = [
        (rule, each)
        for rule in assembly.resources("AWS::Events::Rule")
        for each in rule.properties.get("Targets", [])
    ]
    targets += [
        (schedule, schedule.properties["Target"])
        for schedule in assembly.resources("AWS::Scheduler::Schedule")
    ]
    for resource, each in targets:
        assert target(each.get("DeadLetterConfig", {}).get("Arn")), resource


def test_subscriptions_have_a_dead_letter_queue(assembly: Assembly) -> None:
    for subscription in assembly.resources("AWS::SNS::Subscription"):
        redrive = subscription.properties.get("RedrivePolicy", {})
        assert target(redrive.get("deadLetterTargetArn")), subscription


def test_functions_that_no_queue_feeds_say_where_failures_go(assembly: Assembly) -> None:
    fed = {
        target(mapping.properties["FunctionName"])
        for mapping in assembly.resources("AWS::Lambda::EventSourceMapping")
    }
    with_destination = {
        target(configuration.properties["FunctionName"])
        for configuration in assembly.resources("AWS::Lambda::EventInvokeConfig")
        if "OnFailure" in configuration.properties.get("DestinationConfig", {})
    }
    for function in own_functions(assembly):
        kept = "DeadLetterConfig" in function.properties or is_awaited(assembly, function)
        kept = kept or answers_clients(assembly, function)
        assert kept or function.logical_id in fed | with_destination, function


def test_services_may_invoke_functions_for_one_resource_of_this_account(
    assembly: Assembly,
) -> None:
    for permission in assembly.resources("AWS::Lambda::Permission"):
        told = {"SourceArn", "SourceAccount"} & permission.properties.keys()
        # Of a rule the ARN holds the account, and EventBridge is refused by `SourceAccount`.
        is_rule = permission.properties["Principal"] == "events.amazonaws.com"
        assert told == ({"SourceArn"} if is_rule else {"SourceArn", "SourceAccount"}), permission


def test_roles_may_be_passed_to_a_named_service_only(assembly: Assembly) -> None:
    for resource, statement in assembly.policy_statements():
        if "iam:PassRole" in as_list(statement["Action"]):
            assert "*" not in as_list(statement["Resource"]), resource
            condition = statement["Condition"]["StringEquals"]
            assert condition["iam:PassedToService"], resource


def test_no_resource_is_of_a_service_that_new_accounts_cannot_use(assembly: Assembly) -> None:
    for resource in assembly.resources():
        assert not CLOSED.fullmatch(resource.body["Type"]), resource
