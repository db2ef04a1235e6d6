"""The guarantees of the endpoint and of predictions notice when they are broken."""

from collections.abc import Sequence

import pytest

from tests.infrastructure import test_inference as inference
from tests.infrastructure import test_inference_guards as guards
from tests.infrastructure import test_prediction as prediction
from tests.infrastructure.assembly import Assembly
from tests.infrastructure.mutations import (
    BROKEN,
    FULL,
    Guarantee,
    Mutation,
    adding,
    assert_noticed,
    cases,
    drop,
    drop_attribute,
    put,
    put_attribute,
)
from tests.infrastructure.serving import SERVERLESS

MODEL = "AWS::SageMaker::Model"
CONFIG = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"
ALARM = "AWS::CloudWatch::Alarm"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
FUNCTION = "AWS::Lambda::Function"
GLUE_TABLE = "AWS::Glue::Table"
QUERY = "AWS::Athena::NamedQuery"
CANARY = ("DeploymentConfig", "Fn::If", 1)
UPDATE = (*CANARY, "BlueGreenUpdatePolicy")
ROUTING = (*UPDATE, "TrafficRoutingConfiguration")
VARIABLES = ("Environment", "Variables")

INFERENCE: dict[Guarantee, Sequence[Mutation]] = {
    inference.test_without_a_champion_there_are_only_alarms: [
        Mutation(kind, drop_attribute("Condition")) for kind in (MODEL, CONFIG, ENDPOINT, TARGET)
    ],
    inference.test_models_and_what_scales_them_exist_with_their_package: [
        Mutation(MODEL, put_attribute("Condition", "HasChampion"), "Challenger"),
        Mutation(MODEL, put_attribute("Condition", "HasChallenger"), "Champion"),
    ],
    inference.test_variants_are_named_alike_in_every_release: [
        Mutation(CONFIG, put("ProductionVariants", 0, "VariantName", "v2")),
        Mutation(CONFIG, put("ProductionVariants", 0, "InitialVariantWeight", 1)),
        Mutation(CONFIG, put("ProductionVariants", 1, "Fn::If", 0, "HasChampion")),
    ],
    inference.test_models_come_from_the_registry_and_say_which_they_are: [
        Mutation(MODEL, put("Containers", 0, {"Image": "any", "ModelDataUrl": "s3://any"})),
        Mutation(MODEL, put("PrimaryContainer", {"Image": "any"})),
        Mutation(MODEL, drop("Containers", 0, "Environment")),
    ],
    inference.test_what_a_rolled_back_endpoint_serves_is_never_removed_with_an_update: [
        *(
            Mutation(kind, put_attribute(name, "Delete"))
            for kind in (MODEL, CONFIG)
            for name in ("UpdateReplacePolicy", "DeletionPolicy")
        ),
        Mutation(MODEL, put("ModelName", "fixed")),
        Mutation(CONFIG, put("EndpointConfigName", "fixed")),
    ],
    inference.test_clients_keep_one_name: [
        Mutation(ENDPOINT, drop("EndpointName")),
        Mutation(ENDPOINT, put("EndpointConfigName", "fixed")),
    ],
    inference.test_everything_carries_the_tags_that_grants_end_at: [
        Mutation(kind, put("Tags", [])) for kind in (MODEL, CONFIG, ENDPOINT)
    ],
}
GUARDS: dict[Guarantee, Sequence[Mutation]] = {
    guards.test_a_release_goes_by_a_canary_that_is_watched: [
        Mutation(ENDPOINT, put(*ROUTING, "Type", "ALL_AT_ONCE")),
        Mutation(ENDPOINT, put(*ROUTING, "CanarySize", "Value", 60)),
        Mutation(ENDPOINT, put(*ROUTING, "CanarySize", "Type", "INSTANCE_COUNT")),
        Mutation(ENDPOINT, put(*ROUTING, "WaitIntervalInSeconds", 60)),
        Mutation(ENDPOINT, put(*UPDATE, "TerminationWaitInSeconds", 0)),
        Mutation(ENDPOINT, put(*UPDATE, "MaximumExecutionTimeoutInSeconds", 599)),
        Mutation(CONFIG, put("ProductionVariants", 0, "InitialInstanceCount", 1)),
    ],
    guards.test_every_alarm_of_the_stack_undoes_a_release_and_calls_people: [
        Mutation(ENDPOINT, drop(*CANARY, "AutoRollbackConfiguration")),
        Mutation(ENDPOINT, drop(*CANARY, "AutoRollbackConfiguration", "Alarms", 0)),
        Mutation(ALARM, put("AlarmActions", []), "AlarmsChampion"),
    ],
    guards.test_each_variant_is_watched_for_errors_latency_and_quality: [
        Mutation(ALARM, drop("Metrics", 1), "AlarmsChampionLatency"),
        Mutation(ALARM, put("Dimensions", 0, "Value", "challenger"), "AlarmsChampionQuality"),
        Mutation(ALARM, drop("Metrics", 1), "AlarmsChallengerErrors"),
    ],
    guards.test_a_bad_canary_shows_in_the_error_alarm: [
        Mutation(ALARM, put("Threshold", 50), "AlarmsChampionErrors"),
    ],
    guards.test_models_are_isolated_encrypted_and_captured: [
        Mutation(MODEL, put("EnableNetworkIsolation", False)),
        Mutation(MODEL, put("VpcConfig", {"Subnets": []})),
        Mutation(CONFIG, drop("KmsKeyId")),
        Mutation(CONFIG, drop("DataCaptureConfig")),
        Mutation(CONFIG, drop("DataCaptureConfig", "KmsKeyId")),
        Mutation(CONFIG, put("DataCaptureConfig", "EnableCapture", False)),
        Mutation(CONFIG, put("DataCaptureConfig", "CaptureOptions", [])),
        Mutation(CONFIG, drop("DataCaptureConfig", "CaptureContentTypeHeader")),
    ],
    guards.test_the_champion_scales_between_the_bounds_of_the_environment: [
        Mutation(TARGET, put("MinCapacity", 1)),
        Mutation(TARGET, put("MaxCapacity", 100)),
        Mutation(TARGET, put("ResourceId", "endpoint/other/variant/champion")),
        Mutation(TARGET, put_attribute("DependsOn", "")),
    ],
    guards.test_a_release_keeps_the_instances_and_changes_weights_and_capture: [
        Mutation(ENDPOINT, put("RetainAllVariantProperties", False)),
        Mutation(ENDPOINT, put("ExcludeRetainedVariantProperties", [])),
    ],
}
PREDICTION: dict[Guarantee, Sequence[Mutation]] = {
    prediction.test_only_whom_iam_allows_may_ask: [
        Mutation("AWS::Lambda::Url", put("AuthType", "NONE")),
        Mutation("AWS::Lambda::Url", put("Cors", {"AllowOrigins": ["*"]})),
    ],
    prediction.test_a_request_ends_before_its_function_does_and_its_caller_gives_up: [
        Mutation(FUNCTION, put("Timeout", 9), "PredictFunction"),
        Mutation(FUNCTION, put(*VARIABLES, "LATENCY_BUDGET_SECONDS", "60"), "PredictFunction"),
    ],
    prediction.test_records_go_to_the_log_and_large_ones_beside_it: [
        Mutation(FUNCTION, put(*VARIABLES, "LOG_QUEUE_URL", "x"), "PredictFunction"),
        Mutation(FUNCTION, put(*VARIABLES, "MAX_MESSAGE_BYTES", "9999999"), "PredictFunction"),
        Mutation(FUNCTION, drop(*VARIABLES, "SPILL_BUCKET_NAME"), "PredictFunction"),
    ],
    prediction.test_a_batch_of_large_records_fits_an_invocation: [
        Mutation(FUNCTION, put(*VARIABLES, "MAX_MESSAGE_BYTES", "1000000"), "PredictFunction"),
    ],
    prediction.test_the_index_finds_a_prediction_by_its_request: [
        Mutation("AWS::DynamoDB::Table", put("KeySchema", 0, "AttributeName", "id"), "Index"),
        Mutation(FUNCTION, put(*VARIABLES, "INDEX_TABLE_NAME", "x"), "LogProcessor"),
    ],
    prediction.test_the_table_has_the_contract_s_columns_and_the_log_s_layout: [
        Mutation(GLUE_TABLE, drop("TableInput", "StorageDescriptor", "Columns", 3), "Predictions"),
        Mutation(GLUE_TABLE, put("TableInput", "PartitionKeys", 0, "Name", "day"), "Predictions"),
    ],
    prediction.test_days_are_projected_so_that_no_crawler_is_needed: [
        Mutation(GLUE_TABLE, drop("TableInput", "Parameters", "projection.enabled"), "Predictions"),
    ],
    prediction.test_the_table_lies_where_the_lake_s_tables_do: [
        Mutation(GLUE_TABLE, put("DatabaseName", "other"), "Predictions"),
        Mutation(QUERY, put("WorkGroup", "primary")),
    ],
    prediction.test_named_queries_use_columns_and_tables_that_exist: [
        Mutation(QUERY, put("QueryString", text))
        for text in (
            "SELECT verdict FROM predictions",
            "SELECT l.verdict FROM predictions p JOIN flights l ON p.carrier = l.carrier",
            "SELECT score FROM forecasts",
        )
    ],
}  # fmt: skip
FORBIDDEN: dict[Guarantee, Sequence[Mutation]] = {
    inference.test_a_serverless_endpoint_has_nothing_that_aws_forbids_there: [
        Mutation(CONFIG, put("DataCaptureConfig", {})),
        Mutation(CONFIG, put("ProductionVariants", 0, "InstanceType", "ml.m5.large")),
        Mutation(CONFIG, put("ProductionVariants", 0, "ServerlessConfig", "MaxConcurrency", 201)),
        Mutation(MODEL, put("EnableNetworkIsolation", True)),
        Mutation(MODEL, put("VpcConfig", {})),
        Mutation(ENDPOINT, put("DeploymentConfig", {})),
    ],
}


@FULL
@pytest.mark.parametrize(("guarantee", "mutation"), cases(INFERENCE | GUARDS | PREDICTION))
def test_breaking_a_guarantee_fails_its_test(
    assembly: Assembly, guarantee: Guarantee, mutation: Mutation
) -> None:
    assert_noticed(assembly, guarantee, mutation)


@SERVERLESS
@pytest.mark.parametrize(("guarantee", "mutation"), cases(FORBIDDEN))
def test_what_aws_forbids_fails_its_test(
    assembly: Assembly, guarantee: Guarantee, mutation: Mutation
) -> None:
    assert_noticed(assembly, guarantee, mutation)


@FULL
@pytest.mark.parametrize("kind", ["AWS::IAM::Role", "AWS::IAM::Policy", "AWS::Lambda::Function"])
def test_a_release_that_could_change_rights_or_code_is_noticed(
    assembly: Assembly, kind: str
) -> None:
    guarantee = inference.test_a_release_can_change_no_role_and_no_function
    guarantee(assembly)
    with pytest.raises(BROKEN):
        guarantee(adding(kind, {}, stack="-inference")(assembly))
