"""The inference stack: what a release may change, and what it must leave alone."""

from config import MODEL
from schemas.registry import SERVING_VARIABLES
from schemas.releases import Guards, InferenceResource, Parameter, Serving
from tests.infrastructure.assembly import Assembly
from tests.infrastructure.serving import (
    ALARM,
    ALONE,
    BOTH,
    SERVERLESS,
    is_guarded,
    properties,
    resources,
    template_of,
)

KINDS = {
    ALARM,
    "AWS::SageMaker::Model",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Endpoint",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
}


def test_a_release_can_change_no_role_and_no_function(assembly: Assembly) -> None:
    template = template_of(assembly)
    assert {body["Type"] for body in template["Resources"].values()} <= KINDS
    assert not template.keys() & {"Transform", "Rules", "Mappings"}


def test_parameters_are_those_that_a_release_sends(assembly: Assembly) -> None:
    """All have a default, so that the platform can be deployed before there is a model."""
    expected = {each.value for each in Parameter}
    if not is_guarded(assembly):
        expected = {name for name in expected if name.startswith("Champion")}
    parameters = template_of(assembly)["Parameters"]
    assert parameters.keys() == expected
    nothing = Serving().to_parameters() | {Parameter.GUARDS: Guards.ON}
    assert {name: str(each["Default"]) for name, each in parameters.items()} == {
        name: value for name, value in nothing.items() if name in expected
    }


def test_without_a_champion_there_are_only_alarms(assembly: Assembly) -> None:
    for serving in (Serving(), Serving(challenger=BOTH.challenger, challenger_percent=20)):
        found = resources(assembly, serving)
        assert {body["Type"] for body in found.values()} == {ALARM}


def test_models_and_what_scales_them_exist_with_their_package(assembly: Assembly) -> None:
    with_champion, with_both = (resources(assembly, each) for each in (ALONE, BOTH))
    assert {"ChampionModel", *InferenceResource} <= with_champion.keys()
    assert "ChallengerModel" not in with_champion
    assert ("ChallengerModel" in with_both) is is_guarded(assembly)
    if is_guarded(assembly):
        assert with_both.keys() == template_of(assembly)["Resources"].keys()


def test_variants_are_named_alike_in_every_release(assembly: Assembly) -> None:
    """With other names the guards of an update do not work."""
    for serving in (ALONE, BOTH) if is_guarded(assembly) else (ALONE,):
        config = resources(assembly, serving)[InferenceResource.ENDPOINT_CONFIG]["Properties"]
        variants = {each["VariantName"]: each for each in config["ProductionVariants"]}
        assert list(variants) == list(serving.variants)
        for name, variant in variants.items():
            title = name.capitalize()
            assert variant["ModelName"] == {"Fn::GetAtt": [f"{title}Model", "ModelName"]}
            assert variant["InitialVariantWeight"] == {"Ref": f"{title}Weight"}


def test_models_come_from_the_registry_and_say_which_they_are(assembly: Assembly) -> None:
    models = [
        (logical_id, body["Properties"])
        for logical_id, body in template_of(assembly)["Resources"].items()
        if body["Type"] == "AWS::SageMaker::Model"
    ]
    assert models
    for logical_id, model in models:
        package = {"Ref": logical_id.replace("Model", "PackageArn")}
        variables = {**SERVING_VARIABLES, "MODEL_PACKAGE_ARN": package}
        expected = {"ModelPackageName": package, "Environment": variables}
        assert model["Containers"] == [expected], logical_id
        assert "PrimaryContainer" not in model


def test_what_a_rolled_back_endpoint_serves_is_never_removed_with_an_update(
    assembly: Assembly,
) -> None:
    """CloudFormation draws new names, so that a replacement does not meet the one before it."""
    for logical_id, body in template_of(assembly)["Resources"].items():
        if body["Type"] in ("AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig"):
            assert body["DeletionPolicy"] == body["UpdateReplacePolicy"] == "Retain", logical_id
            assert not body["Properties"].keys() & {"ModelName", "EndpointConfigName"}, logical_id


def test_clients_keep_one_name(assembly: Assembly) -> None:
    endpoint = properties(assembly, InferenceResource.ENDPOINT)
    name = f"mlops-{assembly.environment.name}-{MODEL.name}"
    assert endpoint["EndpointName"] == name
    config = InferenceResource.ENDPOINT_CONFIG.value
    assert endpoint["EndpointConfigName"] == {"Fn::GetAtt": [config, "EndpointConfigName"]}
    outputs = template_of(assembly)["Outputs"]
    assert outputs["EndpointName"]["Value"] == name


def test_everything_carries_the_tags_that_grants_end_at(assembly: Assembly) -> None:
    ours = {"application": "mlops", "environment": assembly.environment.name}
    for logical_id, body in template_of(assembly)["Resources"].items():
        if body["Type"].startswith("AWS::SageMaker::"):
            tags = {each["Key"]: each["Value"] for each in body["Properties"]["Tags"]}
            assert tags == ours, logical_id


@SERVERLESS
def test_a_serverless_endpoint_has_nothing_that_aws_forbids_there(assembly: Assembly) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html ("exclusions")."""
    found = resources(assembly, BOTH)
    config = found[InferenceResource.ENDPOINT_CONFIG]["Properties"]
    (variant,) = config["ProductionVariants"]
    assert variant["ServerlessConfig"]["MemorySizeInMB"] in range(1024, 6145, 1024)
    assert 1 <= variant["ServerlessConfig"]["MaxConcurrency"] <= 200
    assert not variant.keys() & {"InstanceType", "InitialInstanceCount", "AcceleratorType"}
    assert config.keys() == {"ProductionVariants", "Tags"}
    model = found["ChampionModel"]["Properties"]
    assert model.keys() == {"Containers", "ExecutionRoleArn", "Tags"}
    endpoint = found[InferenceResource.ENDPOINT]["Properties"]
    assert endpoint.keys() == {"EndpointName", "EndpointConfigName", "Tags"}
    assert not [each for each in found.values() if "AutoScaling" in each["Type"]]
