import dataclasses
import importlib
import re

import pytest

from config.layers import LAMBDA_PYTHON_VERSION
from mlops_constructs.assets import PYTHON
from ops.preflight import RESERVING, reserved_concurrency
from tests.infrastructure.assembly import Assembly, Resource, target

# Sets bucket notifications; CDK writes its code, and only while a stack is deployed does it run.
CDK_FUNCTION = "BucketNotificationsHandler"

VARIABLES = {
    "lambdas.ingest.handler.lambda_handler": {
        "CURATED_BUCKET_NAME",
        "DEAD_LETTER_TABLE_NAME",
        "FAILURE_TABLE_NAME",
        "LEDGER_TABLE_NAME",
        "MAX_FILE_BYTES",
        "POWERTOOLS_METRICS_NAMESPACE",
        "POWERTOOLS_SERVICE_NAME",
        "QUARANTINE_BUCKET_NAME",
        "QUEUE_URL",
        "RAW_BUCKET_NAME",
    },
    "lambdas.archive.handler.lambda_handler": {
        "DEAD_LETTER_TABLE_NAME",
        "FAILURE_TABLE_NAME",
        "POWERTOOLS_SERVICE_NAME",
        "SPILL_BUCKET_NAME",
        "SPILL_PREFIX",
    },
    "lambdas.snapshot.handler.lambda_handler": {
        "ARTIFACTS_BUCKET_NAME",
        "CODE_ASSET_URI",
        "CODE_SHA256",
        "CURATED_BUCKET_NAME",
        "HYPERPARAMETERS",
        "IMAGE_URI",
        "JOB_NAME_PREFIX",
        "LEDGER_TABLE_NAME",
        "MIN_NEW_ROWS",
        "MODEL_PACKAGE_GROUP_NAME",
        "POWERTOOLS_SERVICE_NAME",
        "RELEASES_TABLE_NAME",
        "RUNS_TABLE_NAME",
        "TUNING",
    },
    "lambdas.watchdog.handler.lambda_handler": {
        "JOB_NAME_PREFIX",
        "LIMITS",
        "POWERTOOLS_SERVICE_NAME",
        "RUNS_TABLE_NAME",
        "STATE_MACHINE_ARN",
    },
    "lambdas.gate.handler.lambda_handler": {
        "ARTIFACTS_BUCKET_NAME",
        "POWERTOOLS_SERVICE_NAME",
        "THRESHOLDS",
    },
    "lambdas.register.handler.lambda_handler": {
        "ARTIFACTS_BUCKET_NAME",
        "GIT_COMMIT",
        "LOCK_SHA256",
        "MODEL_PACKAGE_GROUP_NAME",
        "POWERTOOLS_SERVICE_NAME",
    },
    "lambdas.settle.handler.lambda_handler": {"POWERTOOLS_SERVICE_NAME", "RUNS_TABLE_NAME"},
    "lambdas.approve.handler.lambda_handler": {"POWERTOOLS_SERVICE_NAME"},
    "lambdas.release.handler.lambda_handler": {
        "ARTIFACTS_BUCKET_NAME",
        "ENDPOINT_NAME",
        "ENVIRONMENT",
        "MODEL_PACKAGE_GROUP_NAME",
        "POWERTOOLS_SERVICE_NAME",
        "RELEASES_TABLE_NAME",
        "STACK_NAME",
    },
    "lambdas.smoke_test.handler.lambda_handler": {
        "ARTIFACTS_BUCKET_NAME",
        "ENDPOINT_NAME",
        "POWERTOOLS_SERVICE_NAME",
    },
    "lambdas.predict.handler.lambda_handler": {
        "ENDPOINT_NAME",
        "LATENCY_BUDGET_SECONDS",
        "LOG_QUEUE_URL",
        "MAX_MESSAGE_BYTES",
        "POWERTOOLS_SERVICE_NAME",
        "SPILL_BUCKET_NAME",
    },
    "lambdas.monitor.handler.lambda_handler": {
        "ARTIFACTS_BUCKET_NAME",
        "CODE_ASSET_URI",
        "CODE_SHA256",
        "CONSTRAINTS",
        "CURATED_BUCKET_NAME",
        "IMAGE_URI",
        "JOB_NAME_PREFIX",
        "MAX_AUC_LOSS",
        "MIN_LABELS",
        "MODEL_PACKAGE_GROUP_NAME",
        "MONITORING_TABLE_NAME",
        "POWERTOOLS_SERVICE_NAME",
        "RELEASES_TABLE_NAME",
        "WINDOW_DAYS",
    },
    "lambdas.respond.handler.lambda_handler": {
        "ALARMS",
        "ALARM_TOPIC_ARN",
        "ARTIFACTS_BUCKET_NAME",
        "COOLDOWN_HOURS",
        "ENVIRONMENT",
        "MIN_LABELS",
        "MONITORING_TABLE_NAME",
        "POWERTOOLS_SERVICE_NAME",
        "RELEASES_TABLE_NAME",
        "RELEASE_STATE_MACHINE_ARN",
        "TRAINING_STATE_MACHINE_ARN",
    },
    "lambdas.prediction_log.handler.lambda_handler": {
        "CURATED_BUCKET_NAME",
        "DEAD_LETTER_TABLE_NAME",
        "FAILURE_TABLE_NAME",
        "INDEX_TABLE_NAME",
        "POWERTOOLS_METRICS_NAMESPACE",
        "POWERTOOLS_SERVICE_NAME",
        "QUEUE_URL",
        "SPILL_BUCKET_NAME",
    },
}
# Each handler's module of settings reads the variables of these names in lower case.
READS_ITS_FIELDS = ("ingest", "snapshot", "release", "smoke_test", "predict", "prediction_log",
                    "monitor")  # fmt: skip


def own_functions(assembly: Assembly) -> list[Resource]:
    return [
        function
        for function in assembly.resources("AWS::Lambda::Function")
        if not function.logical_id.startswith(CDK_FUNCTION)
    ]


def test_functions_run_a_supported_python_on_arm(assembly: Assembly) -> None:
    for function in own_functions(assembly):
        assert function.properties["Runtime"] == f"python{LAMBDA_PYTHON_VERSION}", function
        assert function.properties["Architectures"] == ["arm64"], function


def test_the_runtime_is_the_one_that_layers_are_built_for() -> None:
    assert PYTHON.name == f"python{LAMBDA_PYTHON_VERSION}"


def test_functions_state_their_limits_and_are_traced(assembly: Assembly) -> None:
    for function in own_functions(assembly):
        assert {"Timeout", "MemorySize"} <= function.properties.keys(), function
        assert function.properties["TracingConfig"] == {"Mode": "Active"}, function


def test_functions_log_to_a_group_of_their_own(assembly: Assembly) -> None:
    groups = [target(f.properties["LoggingConfig"]["LogGroup"]) for f in own_functions(assembly)]
    assert None not in groups
    assert len(set(groups)) == len(groups)


def test_functions_get_the_variables_that_their_handlers_read(assembly: Assembly) -> None:
    functions = own_functions(assembly)
    approver = "lambdas.approve.handler.lambda_handler"
    is_automatic = assembly.environment.training.approves_automatically
    handlers = {function.properties["Handler"] for function in functions}
    assert handlers == VARIABLES.keys() - (set() if is_automatic else {approver})
    for function in functions:
        variables = function.properties["Environment"]["Variables"]
        assert variables.keys() == VARIABLES[function.properties["Handler"]], function


@pytest.mark.parametrize("name", READS_ITS_FIELDS)
def test_the_variables_are_those_that_settings_name(name: str) -> None:
    settings = importlib.import_module(f"lambdas.{name}.settings").Settings
    fields = {each.name.upper() for each in dataclasses.fields(settings)}
    handed = VARIABLES[f"lambdas.{name}.handler.lambda_handler"]
    assert {each for each in handed if not each.startswith("POWERTOOLS_")} == fields


def test_only_an_environment_that_reserves_concurrency_does(assembly: Assembly) -> None:
    environment = assembly.environment
    reserving = {
        "Ingestion": environment.ingestion.reserve_concurrency,
        "Log": environment.serving.log.reserve_concurrency,
    }
    for function in own_functions(assembly):
        reserves = "ReservedConcurrentExecutions" in function.properties
        expected = any(
            does and re.match(f"{name}(Processor|Archiver)", function.logical_id)
            for name, does in reserving.items()
        )
        assert reserves is expected, function


def test_preflight_asks_for_what_the_templates_reserve(assembly: Assembly) -> None:
    reserving = [
        each
        for each in assembly.resources("AWS::Lambda::Function")
        if "ReservedConcurrentExecutions" in each.properties
    ]
    reserved = sum(each.properties["ReservedConcurrentExecutions"] for each in reserving)
    places = {each.in_environment(assembly.environment.name) for each in RESERVING}

    assert reserved_concurrency(assembly.environment) == reserved
    assert {each.stack for each in reserving} <= places


def test_variables_and_logs_of_a_function_have_the_same_key(assembly: Assembly) -> None:
    for function in own_functions(assembly):
        group = target(function.properties["LoggingConfig"]["LogGroup"])
        assert group
        logs = assembly.find(function.stack, group)
        key = assembly.key_of(function, "KmsKeyArn")
        assert key == assembly.key_of(logs, "KmsKeyId"), function


@pytest.mark.parametrize("secret", ["PASSWORD", "SECRET", "TOKEN", "KEY"])
def test_no_variable_looks_like_a_secret(assembly: Assembly, secret: str) -> None:
    for function in assembly.resources("AWS::Lambda::Function"):
        variables = function.properties.get("Environment", {}).get("Variables", {})
        assert not [name for name in variables if secret in name], function
