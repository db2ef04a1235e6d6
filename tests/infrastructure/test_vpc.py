"""An environment in a network of its own: nobody here deploys one, but anybody may configure it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app import build_app
from config.environments import PROD
from config.serving import InstanceEndpoint
from config.training import VpcConfig
from local.calls import Call
from tests.infrastructure.assembly import Assembly, Resource
from tests.infrastructure.state_machines import state_machines
from tests.security.deployment import Deployment
from tests.security.policies import is_allowed

VPC = VpcConfig(
    subnet_ids=("subnet-0a1b2c3d", "subnet-4e5f6a7b"), security_group_ids=("sg-0c1d2e3f",)
)
NETWORK = {"Subnets": ["subnet-0a1b2c3d", "subnet-4e5f6a7b"], "SecurityGroupIds": ["sg-0c1d2e3f"]}
ROLES = ("of trainings", "of models", "of scorings", "of monitoring")
JOBS = ("createTrainingJob", "createProcessingJob", "createHyperParameterTuningJob")


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """`prod` with a VPC; that its synthesis ends well says that the rules accept it."""
    assert isinstance(PROD.serving.endpoint, InstanceEndpoint)
    environment = replace(
        PROD,
        training=replace(PROD.training, vpc=VPC),
        serving=replace(PROD.serving, endpoint=replace(PROD.serving.endpoint, vpc=VPC)),
    )
    folder = tmp_path_factory.mktemp("cdk-private") / "cdk.out"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("app.get_environment", lambda _name: environment)
        build_app(PROD.name, outdir=str(folder)).synth()
    return Assembly.read(environment, folder)


def jobs(assembly: Assembly) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what every job of every state machine is asked for."""
    for machine in state_machines(assembly):
        for name, task in machine.tasks():
            if any(each in task["Resource"] for each in JOBS):
                yield name, task["Parameters"]


def networks(value: Any) -> Iterator[Any]:
    """Yield the networks of a request, however deep."""
    if isinstance(value, dict):
        yield from (each for name, each in value.items() if name == "VpcConfig")
        for each in value.values():
            yield from networks(each)


def test_every_job_and_every_model_is_in_the_network(private: Assembly) -> None:
    asked = dict(jobs(private))
    assert {"Train", "Tune", "Evaluate", "Look"} <= asked.keys()
    for name, parameters in asked.items():
        assert list(networks(parameters)) == [NETWORK], name
    models = private.resources("AWS::SageMaker::Model")
    assert models
    for model in models:
        assert model.properties["VpcConfig"] == NETWORK, model


def test_their_roles_may_put_them_there(private: Assembly) -> None:
    deployment = Deployment(private)
    roles = [each for each in private.resources("AWS::IAM::Role") if is_for_sagemaker(each)]
    assert len(roles) == len(ROLES)
    for role in roles:
        call = Call(deployment.name(role), "ec2:CreateNetworkInterface", "*")
        assert is_allowed(call, deployment.grants), role


def is_for_sagemaker(role: Resource) -> bool:
    (trusted,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
    return bool(trusted["Principal"]["Service"] == "sagemaker.amazonaws.com")
