from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from config import EnvironmentConfig, get_environment
from config.layers import LayerPlatform
from mlops_constructs import queue_processing_props
from ops import preflight
from ops.app import app
from ops.aws import Connection, connect
from tests.unit.ops.lake import Lake

ROOT = Path(__file__).resolve().parents[3]
RUNNER = CliRunner()


class FakeLambda:
    def __init__(self, unreserved: int, **reserved: int) -> None:
        self.unreserved, self.reserved = unreserved, reserved

    def get_account_settings(self) -> dict[str, Any]:
        limit = {
            "ConcurrentExecutions": self.unreserved + sum(self.reserved.values()),
            "UnreservedConcurrentExecutions": self.unreserved,
        }
        return {"AccountLimit": limit}

    def get_function_concurrency(self, FunctionName: str) -> dict[str, int]:  # noqa: N803
        # A function that reserves nothing has no such figure.
        found = self.reserved.get(FunctionName)
        return {} if found is None else {"ReservedConcurrentExecutions": found}


def reserving(address: str = "ops@mlops.test") -> EnvironmentConfig:
    return replace(get_environment("prod"), alarm_email=address)


def checks(
    lake: Lake, environment: EnvironmentConfig, functions: FakeLambda
) -> dict[str, preflight.Check]:
    lake.connection.__dict__["functions"] = functions
    return {each.name: each for each in preflight.preflight(environment, lake.connection)}


def test_preflight_passes_where_everything_is_ready(lake: Lake) -> None:
    lake.cloudformation.stacks["CDKToolkit"] = {}

    found = checks(lake, reserving(), FakeLambda(1_000))

    assert all(each.is_ok for each in found.values()), found


@pytest.mark.parametrize(("unreserved", "is_ok"), [(10, False), (133, False), (134, True)])
def test_a_quota_too_small_to_reserve_is_found(lake: Lake, unreserved: int, is_ok: bool) -> None:
    check = checks(lake, reserving(), FakeLambda(unreserved))["concurrency quota"]

    assert check.is_ok is is_ok
    if not is_ok:
        assert "reserves 34" in check.finding
        assert "L-B99A9384" in check.remedy


def test_the_readme_names_the_quota_that_prod_needs() -> None:
    readme = (ROOT / "README.md").read_text()
    reserved = preflight.reserved_concurrency(get_environment("prod"))

    assert f"quota of at least {reserved + preflight.UNRESERVED_MINIMUM} " in readme
    assert f"reserve {reserved}; Lambda keeps {preflight.UNRESERVED_MINIMUM} unreserved" in readme


def test_only_the_queues_that_reserve_are_counted(lake: Lake) -> None:
    prod = reserving()
    log = replace(prod.serving.log, reserve_concurrency=False)
    files_only = replace(prod, serving=replace(prod.serving, log=log))

    assert checks(lake, files_only, FakeLambda(122))["concurrency quota"].is_ok
    assert not checks(lake, files_only, FakeLambda(121))["concurrency quota"].is_ok


def test_where_nothing_is_reserved_any_quota_will_do(lake: Lake) -> None:
    check = checks(lake, get_environment("dev"), FakeLambda(10))["concurrency quota"]

    assert check.is_ok
    assert check.finding == "nothing is reserved"


def test_deploying_again_needs_no_second_reservation(lake: Lake) -> None:
    add_functions(lake, "mlops-prod-ingestion", "ingest", "archive-files")
    add_functions(lake, "mlops-prod-prediction", "predict", "log", "archive-log")
    held = {"ingest": 20, "archive-files": 2, "log": 10, "archive-log": 2}

    assert checks(lake, reserving(), FakeLambda(100, **held))["concurrency quota"].is_ok
    assert not checks(lake, reserving(), FakeLambda(99, **held))["concurrency quota"].is_ok


def test_a_stack_that_is_new_to_an_environment_needs_its_own_reservation(lake: Lake) -> None:
    add_functions(lake, "mlops-prod-ingestion", "ingest", "archive")
    held = {"ingest": 20, "archive": 2}

    assert checks(lake, reserving(), FakeLambda(112, **held))["concurrency quota"].is_ok
    assert not checks(lake, reserving(), FakeLambda(111, **held))["concurrency quota"].is_ok


def add_functions(lake: Lake, stack: str, *names: str) -> None:
    lake.cloudformation.stacks[stack] = {}
    functions = [("AWS::Lambda::Function", name) for name in names]
    lake.cloudformation.resources[stack] = functions


def test_what_the_archive_reserves_is_what_the_construct_says() -> None:
    assert preflight.ARCHIVE_CONCURRENCY == queue_processing_props.ARCHIVE_CONCURRENCY


def test_a_placeholder_address_is_refused_where_data_is_kept(lake: Lake) -> None:
    found = checks(lake, reserving("team@example.com"), FakeLambda(1_000))

    assert not found["alarm address"].is_ok
    assert "alarm_email" in found["alarm address"].remedy


def test_a_missing_bootstrap_is_found_and_fails_the_command(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(lake.connection.__dict__, "functions", FakeLambda(1_000))

    result = RUNNER.invoke(app, ["preflight"])

    assert result.exit_code == 1
    assert "make bootstrap ENV=" in result.stdout


def test_a_missing_region_ends_the_checks() -> None:
    class Regionless(Connection):
        region = ""

    environment = replace(get_environment("dev"), layer_platform=LayerPlatform.LAMBDA_ARM64)
    connection = Regionless(connect(get_environment("local"), {}).session)

    assert [each.name for each in preflight.preflight(environment, connection)][-1] == "region"
