from dataclasses import replace

import pytest

from config import ENVIRONMENTS, get_environment
from config.environments import DEV, PROD
from config.layers import Layer, LayerPlatform
from config.serving import InstanceEndpoint, ServerlessEndpoint


def test_an_unknown_environment_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown environment 'staging'.*dev, local, prod"):
        get_environment("staging")


def test_names_are_the_keys() -> None:
    assert {name: each.name for name, each in ENVIRONMENTS.items()} == {
        name: name for name in ("local", "dev", "prod")
    }


def test_an_account_with_the_initial_quota_can_deploy_dev() -> None:
    assert not DEV.ingestion.reserve_concurrency


def test_lasting_data_needs_somebody_who_hears_the_alarms() -> None:
    with pytest.raises(ValueError, match="needs an alarm_email"):
        replace(PROD, alarm_email=None)


def test_lasting_data_needs_reserved_concurrency() -> None:
    with pytest.raises(ValueError, match="reserve_concurrency"):
        replace(PROD, ingestion=replace(PROD.ingestion, reserve_concurrency=False))


def test_layers_of_this_machine_are_refused_where_data_lasts() -> None:
    with pytest.raises(ValueError, match="LAMBDA_ARM64"):
        replace(PROD, layer_platform=LayerPlatform.HOST)


def test_log_retention_is_one_that_the_service_accepts() -> None:
    with pytest.raises(ValueError, match="log_retention_days must be one of"):
        replace(DEV, log_retention_days=10)


def test_what_a_message_names_outlives_the_message() -> None:
    with pytest.raises(ValueError, match="quarantine_days must be 30 or more"):
        replace(DEV, quarantine_days=29)


@pytest.mark.parametrize("max_cost_usd", [55 / 60 * 0.115, 0.5])
def test_a_cost_that_no_job_has_the_time_for_is_refused(max_cost_usd: float) -> None:
    watchdog = replace(DEV.training.watchdog, max_minutes=55, usd_per_hour=0.115)
    dear = replace(DEV.training, watchdog=replace(watchdog, max_cost_usd=max_cost_usd))
    with pytest.raises(ValueError, match=r"dev: max_cost_usd must be below 0\.1054, .* Lower it"):
        replace(DEV, training=dear)


def test_a_layer_is_named_by_its_lock_and_platform() -> None:
    hashes = {layer.asset_hash(platform) for layer in Layer for platform in LayerPlatform}
    assert len(hashes) == len(Layer) * len(LayerPlatform)
    assert Layer.ARROW.folder(LayerPlatform.HOST) != Layer.ARROW.folder(LayerPlatform.LAMBDA_ARM64)


def test_customers_do_not_meet_a_bad_model_first() -> None:
    with pytest.raises(ValueError, match="no canary"):
        replace(PROD, serving=replace(PROD.serving, endpoint=DEV.serving.endpoint))


INSTANCES = InstanceEndpoint(
    instance_type="ml.m5.large",
    instances=2,
    max_instances=4,
    requests_per_instance=100,
    canary_percent=50,
    canary_seconds=60,
    bake_seconds=0,
)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"instances": 1}, "a fleet of 1 has none"),
        ({"max_instances": 1}, "at least instances"),
        ({"canary_percent": 51}, "1 to 50"),
        ({"instance_type": "ml.inf1.xlarge"}, "silently releases all at once"),
        ({"canary_seconds": 0}, "1 to 3600"),
        ({"bake_seconds": 3601}, "0 to 3600"),
        ({"capture_percent": 0}, "1 to 100"),
    ],
)
def test_an_endpoint_that_would_be_released_without_guards_is_refused(
    change: dict[str, int | str], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        replace(INSTANCES, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("memory_mb", "max_concurrency", "reason"),
    [
        (1000, 5, "memory_mb"),
        (7168, 5, "memory_mb"),
        (1024, 0, "1 to 200"),
        (1024, 201, "1 to 200"),
    ],
)
def test_a_serverless_endpoint_that_does_not_exist_is_refused(
    memory_mb: int, max_concurrency: int, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        ServerlessEndpoint(memory_mb=memory_mb, max_concurrency=max_concurrency)
