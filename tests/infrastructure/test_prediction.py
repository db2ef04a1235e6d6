"""The prediction stack: who may ask, what is logged, and what people ask of the log."""

import json
import re

from schemas.catalog import DATASETS, MODEL_DATASETS
from schemas.names import PREDICTIONS_PREFIX, StackName
from schemas.predictions import PARTITION, PREDICTIONS, REQUEST_KEY
from stacks.catalog import GLUE_TYPES
from tests.infrastructure.assembly import Assembly, Resource, target

# By default, callers wait half a minute for an answer.
MOST_SECONDS = 30
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
MOST_MESSAGE_BYTES = 1024 * 1024
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST_EVENT_BYTES = 6 * 1024 * 1024
_WORD = re.compile(r"(?:\b([a-z]\w*)\.)?\b([a-z_]\w*)\b(\s*\()?")
_TEXT = re.compile(r"'[^']*'|--[^\n]*")
_KEYWORDS = re.compile(r"\b(AS|FROM|JOIN)\s+(\w+)(?:\s+([a-z])\b)?")


def stack_of(assembly: Assembly) -> str:
    return StackName.PREDICTION.in_environment(assembly.environment.name)


def predict_function(assembly: Assembly) -> Resource:
    (found,) = (
        each
        for each in assembly.resources("AWS::Lambda::Function")
        if each.properties.get("Handler") == "lambdas.predict.handler.lambda_handler"
    )
    return found


def table(assembly: Assembly) -> Resource:
    (found,) = (
        each for each in assembly.resources("AWS::Glue::Table") if each.stack == stack_of(assembly)
    )
    return found


def queries(assembly: Assembly) -> list[Resource]:
    return assembly.resources("AWS::Athena::NamedQuery")


def test_only_whom_iam_allows_may_ask(assembly: Assembly) -> None:
    (url,) = assembly.resources("AWS::Lambda::Url")
    assert url.properties["AuthType"] == "AWS_IAM"
    assert target(url.properties["TargetFunctionArn"]) == predict_function(assembly).logical_id
    assert "Cors" not in url.properties
    permitted = {
        target(each.properties["FunctionName"])
        for each in assembly.resources("AWS::Lambda::Permission")
    }
    assert predict_function(assembly).logical_id not in permitted


def test_a_request_ends_before_its_function_does_and_its_caller_gives_up(
    assembly: Assembly,
) -> None:
    properties = predict_function(assembly).properties
    budget = float(properties["Environment"]["Variables"]["LATENCY_BUDGET_SECONDS"])
    assert budget == assembly.environment.serving.latency_budget_seconds
    # What is left is for judging the request, and for putting the record into the queue.
    assert budget + 5 <= properties["Timeout"]
    assert 0 < budget < MOST_SECONDS


def test_records_go_to_the_log_and_large_ones_beside_it(assembly: Assembly) -> None:
    stack = stack_of(assembly)
    variables = predict_function(assembly).properties["Environment"]["Variables"]
    outputs = assembly.templates[stack]["Outputs"]
    assert variables["LOG_QUEUE_URL"] == outputs["PredictionQueueUrl"]["Value"]
    assert int(variables["MAX_MESSAGE_BYTES"]) <= MOST_MESSAGE_BYTES
    bucket = assembly.referred(stack, variables["SPILL_BUCKET_NAME"])
    assert bucket is not None
    assert bucket.logical_id.startswith("Quarantine")


def test_a_batch_of_large_records_fits_an_invocation(assembly: Assembly) -> None:
    log = assembly.environment.serving.log
    variables = predict_function(assembly).properties["Environment"]["Variables"]
    assert log.batch_size * int(variables["MAX_MESSAGE_BYTES"]) <= MOST_EVENT_BYTES


def test_the_index_finds_a_prediction_by_its_request(assembly: Assembly) -> None:
    stack = stack_of(assembly)
    output = assembly.templates[stack]["Outputs"]["PredictionIndexTableName"]
    index = assembly.find(stack, output["Value"]["Ref"])
    assert index.properties["KeySchema"] == [{"AttributeName": REQUEST_KEY, "KeyType": "HASH"}]
    (log,) = (
        each
        for each in assembly.resources("AWS::Lambda::Function")
        if each.properties.get("Handler") == "lambdas.prediction_log.handler.lambda_handler"
    )
    named = log.properties["Environment"]["Variables"]["INDEX_TABLE_NAME"]
    assert target(named) == index.logical_id


def test_the_table_has_the_contract_s_columns_and_the_log_s_layout(assembly: Assembly) -> None:
    described = table(assembly).properties["TableInput"]
    assert described["Name"] == PREDICTIONS.name
    columns = [(each["Name"], each["Type"]) for each in described["StorageDescriptor"]["Columns"]]
    assert columns == [(each.name, GLUE_TYPES[each.type]) for each in PREDICTIONS.columns]
    (partition,) = described["PartitionKeys"]
    assert partition == {"Name": PARTITION, "Type": "string"}
    assert f"/{PREDICTIONS_PREFIX}" in json.dumps(described["StorageDescriptor"]["Location"])


def test_days_are_projected_so_that_no_crawler_is_needed(assembly: Assembly) -> None:
    parameters = table(assembly).properties["TableInput"]["Parameters"]
    assert parameters["projection.enabled"] == "true"
    assert parameters[f"projection.{PARTITION}.type"] == "date"
    assert parameters[f"projection.{PARTITION}.format"] == "yyyy-MM-dd"
    assert parameters[f"projection.{PARTITION}.range"].endswith(",NOW+1DAYS")
    template = json.dumps(parameters["storage.location.template"])
    assert f"/{PREDICTIONS_PREFIX}{PARTITION}=${{{PARTITION}}}/" in template


def test_the_table_lies_where_the_lake_s_tables_do(assembly: Assembly) -> None:
    (database,) = assembly.resources("AWS::Glue::Database")
    name = database.properties["DatabaseInput"]["Name"]
    assert table(assembly).properties["DatabaseName"] == name
    (workgroup,) = assembly.resources("AWS::Athena::WorkGroup")
    for query in queries(assembly):
        assert query.properties["Database"] == name, query
        assert query.properties["WorkGroup"] == workgroup.properties["Name"], query


def test_named_queries_use_columns_and_tables_that_exist(assembly: Assembly) -> None:
    known = {PREDICTIONS.name: PREDICTIONS, **DATASETS}
    assert len(queries(assembly)) == 4
    for query in queries(assembly):
        text = _TEXT.sub("", query.properties["QueryString"])
        named = _KEYWORDS.findall(text)
        made = {name for keyword, name, _ in named if keyword == "AS"}
        tables = {alias or name: known[name] for keyword, name, alias in named if keyword != "AS"}
        assert PREDICTIONS.name in {each.name for each in tables.values()}, query
        for alias, column, is_function in _WORD.findall(text):
            if is_function or column in tables or column in known or column in made:
                continue
            places = [tables[alias]] if alias else list(tables.values())
            columns = {PARTITION, *(name for place in places for name in place.column_names)}
            assert column in columns, f"{query}: {column}"


def test_predictions_can_be_compared_with_what_became_known(assembly: Assembly) -> None:
    (query,) = (
        each.properties["QueryString"]
        for each in queries(assembly)
        if "JOIN" in each.properties["QueryString"]
    )
    assert f"JOIN {MODEL_DATASETS[0]} " in query


def test_scores_of_a_month_come_from_the_champion(assembly: Assembly) -> None:
    (machine,) = (
        each
        for each in assembly.resources("AWS::StepFunctions::StateMachine")
        if each.stack == stack_of(assembly)
    )
    text = json.dumps(machine.properties["DefinitionString"])
    assert "ProductionVariants[0].ModelName" in text
    endpoint = assembly.templates[StackName.INFERENCE.in_environment(assembly.environment.name)]
    assert endpoint["Outputs"]["EndpointName"]["Value"] in text
