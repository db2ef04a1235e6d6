import json

import pytest

from schemas import dead_letters, ledger, monitoring, predictions, releases, runs
from schemas.catalog import DATASETS
from schemas.datasets import ColumnType
from schemas.names import Output, StackName
from stacks.catalog import GLUE_TYPES
from stacks.outputs import DESCRIPTIONS
from tests.infrastructure.assembly import Assembly, Resource


def tables(assembly: Assembly) -> dict[str, Resource]:
    found = assembly.resources("AWS::Glue::Table")
    return {table.properties["TableInput"]["Name"]: table for table in found}


@pytest.mark.parametrize("dataset", sorted(DATASETS))
def test_columns_and_partitions_are_the_contract_s(assembly: Assembly, dataset: str) -> None:
    contract = DATASETS[dataset]
    described = tables(assembly)[dataset].properties["TableInput"]
    columns = [(c["Name"], c["Type"]) for c in described["StorageDescriptor"]["Columns"]]
    assert columns == [(c.name, GLUE_TYPES[c.type]) for c in contract.file_columns]
    partitions = [each["Name"] for each in described["PartitionKeys"]]
    assert partitions == list(contract.partition_by)


def test_every_type_of_a_contract_has_a_type_in_the_catalog() -> None:
    assert GLUE_TYPES.keys() == set(ColumnType)


@pytest.mark.parametrize("dataset", sorted(DATASETS))
def test_partitions_are_projected_in_the_layout_of_curated_keys(
    assembly: Assembly, dataset: str
) -> None:
    contract = DATASETS[dataset]
    parameters = tables(assembly)[dataset].properties["TableInput"]["Parameters"]
    for column in contract.partition_columns:
        prefix = f"projection.{column.name}."
        assert parameters[prefix + "range"] == f"{column.minimum},{column.maximum}"
        assert parameters[prefix + "digits"] == str(column.digits)
    template = json.dumps(parameters["storage.location.template"])
    segments = "".join(f"/{name}=${{{name}}}" for name in contract.partition_by)
    assert f"/curated/{dataset}{segments}/" in template


@pytest.mark.parametrize("dataset", sorted(DATASETS))
def test_quarantined_rows_can_be_queried(assembly: Assembly, dataset: str) -> None:
    described = tables(assembly)[f"{dataset}_quarantine"].properties["TableInput"]
    names = [column["Name"] for column in described["StorageDescriptor"]["Columns"]]
    assert names == ["line", "reason", "column", "message", "text"]


def test_query_results_are_encrypted_whatever_the_client_wants(assembly: Assembly) -> None:
    (workgroup,) = assembly.resources("AWS::Athena::WorkGroup")
    configuration = workgroup.properties["WorkGroupConfiguration"]
    assert configuration["EnforceWorkGroupConfiguration"] is True
    encryption = configuration["ResultConfiguration"]["EncryptionConfiguration"]
    assert encryption["EncryptionOption"] == "SSE_KMS"


def test_tables_have_the_keys_that_schemas_name(assembly: Assembly) -> None:
    found = {
        tuple(key["AttributeName"] for key in table.properties["KeySchema"]): {
            index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
            for index in table.properties.get("GlobalSecondaryIndexes", [])
        }
        for table in assembly.resources("AWS::DynamoDB::Table")
        if "TimeToLiveSpecification" not in table.properties
    }
    assert found == {
        (ledger.OBJECT, ledger.VERSION): {ledger.STATUS_INDEX: ["status", "updated_at"]},
        (dead_letters.MESSAGE_KEY,): {dead_letters.STATUS_INDEX: ["status", "archived_at"]},
        (runs.RUN_ID,): {runs.STATUS_INDEX: ["status", "began_at"]},
        (releases.RELEASE_ID,): {releases.STATUS_INDEX: ["status", "began_at"]},
        (monitoring.MONITORING_ID,): {},
        (predictions.REQUEST_KEY,): {},
    }
    assert {"status", "updated_at"} <= set(ledger.LedgerEntry.__dataclass_fields__)
    assert {"status", "archived_at"} <= set(dead_letters.DeadLetter.__dataclass_fields__)
    assert {"status", "began_at"} <= set(runs.TrainingRun.__dataclass_fields__)
    assert {"status", "began_at"} <= set(releases.Release.__dataclass_fields__)


def test_failures_expire(assembly: Assembly) -> None:
    tables = [
        table
        for table in assembly.resources("AWS::DynamoDB::Table")
        if "TimeToLiveSpecification" in table.properties
    ]
    # One for each pair of queues: ingestion's, and the prediction log's.
    assert len({table.stack for table in tables}) == len(tables) == 2
    for failures in tables:
        assert failures.properties["TimeToLiveSpecification"] == {
            "AttributeName": "expires_at",
            "Enabled": True,
        }
        (key,) = failures.properties["KeySchema"]
        assert key["AttributeName"] == dead_letters.MESSAGE_KEY


def test_every_output_exists_once_and_says_what_it_is_for(assembly: Assembly) -> None:
    described = {
        name: output["Description"]
        for template in assembly.templates.values()
        for name, output in template.get("Outputs", {}).items()
        if not name.startswith("ExportsOutput")
    }
    assert described == {output.value: text for output, text in DESCRIPTIONS.items()}
    assert DESCRIPTIONS.keys() == set(Output)


def test_stacks_have_the_names_that_the_command_line_looks_up(assembly: Assembly) -> None:
    name = assembly.environment.name
    assert assembly.templates.keys() == {each.in_environment(name) for each in StackName}
