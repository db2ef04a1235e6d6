"""What guards a release while it is under way, and what its endpoint then runs on."""

import json

from schemas.names import CAPTURE_PREFIX
from schemas.releases import CHAMPION, Guards, InferenceResource
from tests.infrastructure.assembly import Assembly, Resource, target
from tests.infrastructure.serving import (
    ALONE,
    BOTH,
    GUARDED,
    alarms,
    instances_of,
    is_guarded,
    properties,
    resources,
    stack_of,
)

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_BlueGreenUpdatePolicy.html
EXECUTION_SECONDS = range(600, 28_801)


@GUARDED
def test_a_release_goes_by_a_canary_that_is_watched(assembly: Assembly) -> None:
    environment = instances_of(assembly)
    config = properties(assembly, InferenceResource.ENDPOINT)["DeploymentConfig"]
    policy = config["BlueGreenUpdatePolicy"]
    routing = policy["TrafficRoutingConfiguration"]
    assert routing["Type"] == "CANARY"
    assert routing["CanarySize"]["Type"] == "CAPACITY_PERCENT"
    share = routing["CanarySize"]["Value"]
    assert 0 < share <= 50
    for variant in resources(assembly, BOTH)["EndpointConfig"]["Properties"]["ProductionVariants"]:
        assert variant["InitialInstanceCount"] == environment.instances >= 2
        assert variant["InitialInstanceCount"] * share >= 100, "the canary is no whole instance"
    watched, baked = routing["WaitIntervalInSeconds"], policy["TerminationWaitInSeconds"]
    longest = max(periods(alarm) for alarm in alarms(assembly))
    assert watched >= 2 * longest, "an alarm needs time to go off"
    assert baked >= longest
    assert policy["MaximumExecutionTimeoutInSeconds"] in EXECUTION_SECONDS
    assert policy["MaximumExecutionTimeoutInSeconds"] > watched + baked


@GUARDED
def test_without_guards_an_update_goes_all_at_once(assembly: Assembly) -> None:
    """Or the alarm that calls for a rollback would undo it."""
    endpoint = resources(assembly, BOTH, Guards.OFF)[InferenceResource.ENDPOINT]["Properties"]
    assert endpoint["DeploymentConfig"] == {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
        }
    }


def periods(alarm: Resource) -> int:
    """Seconds that an alarm looks at."""
    period = alarm.properties.get("Period") or max(
        each["MetricStat"]["Period"] for each in alarm.properties["Metrics"] if "MetricStat" in each
    )
    return int(period * alarm.properties["EvaluationPeriods"])


@GUARDED
def test_every_alarm_of_the_stack_undoes_a_release_and_calls_people(assembly: Assembly) -> None:
    config = properties(assembly, InferenceResource.ENDPOINT)["DeploymentConfig"]
    named = [target(each["AlarmName"]) for each in config["AutoRollbackConfiguration"]["Alarms"]]
    assert 1 <= len(named) <= 10
    assert sorted(map(str, named)) == sorted(each.logical_id for each in alarms(assembly))
    for alarm in alarms(assembly):
        assert alarm.properties["AlarmActions"], alarm
        assert "Condition" not in alarm.body, alarm


def test_each_variant_is_watched_for_errors_latency_and_quality(assembly: Assembly) -> None:
    served = BOTH if is_guarded(assembly) else ALONE
    for variant in served.variants:
        watched = {
            name
            for alarm in alarms(assembly)
            for name, dimensions in metrics_of(alarm)
            if variant in dimensions.values()
        }
        expected = {"Invocation5XXErrors", "Invocations", "ModelLatency", "PredictionsFlawed"}
        assert watched == expected, variant


def metrics_of(alarm: Resource) -> list[tuple[str, dict[str, str]]]:
    """Names of the metrics that an alarm looks at, with their dimensions."""
    metrics = [
        each["MetricStat"]["Metric"]
        for each in alarm.properties.get("Metrics", [])
        if "MetricStat" in each
    ] or [alarm.properties]
    return [
        (each["MetricName"], {one["Name"]: one["Value"] for one in each["Dimensions"]})
        for each in metrics
    ]


@GUARDED
def test_a_bad_canary_shows_in_the_error_alarm(assembly: Assembly) -> None:
    """Both fleets have the same variant, so its errors are as rare as the canary's traffic."""
    environment = instances_of(assembly)
    thresholds = [
        alarm.properties["Threshold"]
        for alarm in alarms(assembly)
        if "Invocation5XXErrors" in json.dumps(alarm.properties)
    ]
    assert len(thresholds) == 2
    assert all(0 < each <= environment.canary_percent / 2 for each in thresholds)


@GUARDED
def test_models_are_isolated_encrypted_and_captured(assembly: Assembly) -> None:
    environment = instances_of(assembly)
    for name in ("ChampionModel", "ChallengerModel"):
        model = properties(assembly, name)
        assert model["EnableNetworkIsolation"] is True
        assert ("VpcConfig" in model) is (environment.vpc is not None)
    config = properties(assembly, InferenceResource.ENDPOINT_CONFIG)
    capture = config["DataCaptureConfig"]
    key = assembly.referred(stack_of(assembly), config["KmsKeyId"])
    assert key is not None
    assert key.body["Type"] == "AWS::KMS::Key"
    assert capture["KmsKeyId"] == config["KmsKeyId"]
    assert capture["EnableCapture"] is True
    assert capture["InitialSamplingPercentage"] == environment.capture_percent
    assert {each["CaptureMode"] for each in capture["CaptureOptions"]} == {"Input", "Output"}
    assert f"/{CAPTURE_PREFIX.rstrip('/')}" in json.dumps(capture["DestinationS3Uri"])
    types = capture["CaptureContentTypeHeader"]
    assert types == {
        "CsvContentTypes": ["text/csv"],
        "JsonContentTypes": ["application/json", "application/jsonlines"],
    }


@GUARDED
def test_the_champion_scales_between_the_bounds_of_the_environment(assembly: Assembly) -> None:
    """Alone: a variant that scales cannot be removed, as challengers are."""
    environment = instances_of(assembly)
    endpoint = properties(assembly, InferenceResource.ENDPOINT)["EndpointName"]
    ((logical_id, scaled),) = (
        (logical_id, body)
        for logical_id, body in resources(assembly, BOTH).items()
        if body["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget"
    )
    bounds = scaled["Properties"]
    assert bounds["ResourceId"] == f"endpoint/{endpoint}/variant/{CHAMPION}"
    assert bounds["ScalableDimension"] == "sagemaker:variant:DesiredInstanceCount"
    assert (bounds["MinCapacity"], bounds["MaxCapacity"]) == (
        environment.instances,
        environment.max_instances,
    )
    assert InferenceResource.ENDPOINT in scaled["DependsOn"]
    (policy,) = (
        body["Properties"]
        for body in resources(assembly, ALONE).values()
        if target(body["Properties"].get("ScalingTargetId")) == logical_id
    )
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == environment.requests_per_instance


@GUARDED
def test_a_release_keeps_the_instances_and_changes_weights_and_capture(assembly: Assembly) -> None:
    endpoint = properties(assembly, InferenceResource.ENDPOINT)
    assert endpoint["RetainAllVariantProperties"] is True
    changed = {each["VariantPropertyType"] for each in endpoint["ExcludeRetainedVariantProperties"]}
    assert changed == {"DesiredWeight", "DataCaptureConfig"}
