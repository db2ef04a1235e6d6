from sagemaker.core.resources import Endpoint, EndpointConfig, Model

from local import LocalCloud
from tests.local.jobs import ROLE, SERVING, URI, archive
from tests.sdk.conftest import BUCKET

GUARDRAILS = {
    "blue_green_update_policy": {
        "traffic_routing_configuration": {"type": "ALL_AT_ONCE", "wait_interval_in_seconds": 1},
        "termination_wait_in_seconds": 1,
    },
    "auto_rollback_configuration": {"alarms": [{"alarm_name": "errors"}]},
}


def test_an_endpoint_is_deployed_asked_updated_and_deleted(cloud: LocalCloud) -> None:
    for name in ("one", "two"):
        deploy_config(cloud, name)

    endpoint = Endpoint.create(endpoint_name="asked", endpoint_config_name="one")
    endpoint.wait_for_status("InService", poll=1, timeout=60)
    assert ask(endpoint) == ("one to question", "only")

    endpoint.endpoint_config_name = "two"
    endpoint.update(deployment_config=GUARDRAILS)
    endpoint.wait_for_status("InService", poll=1, timeout=60)
    assert ask(endpoint) == ("two to question", "only")
    policy = endpoint.last_deployment_config.blue_green_update_policy
    assert policy.traffic_routing_configuration.type == "ALL_AT_ONCE"

    endpoint.delete()
    endpoint.wait_for_delete(poll=1, timeout=60)


def deploy_config(cloud: LocalCloud, name: str) -> None:
    """Make a model that answers with its name, and an endpoint configuration of it."""
    files = {"answer": name, "code/inference.py": SERVING}
    cloud.client("s3").put_object(Bucket=BUCKET, Key=f"{name}.tar.gz", Body=archive(files))
    Model.create(
        model_name=name,
        execution_role_arn=ROLE,
        primary_container={
            "image": URI,
            "model_data_url": f"s3://{BUCKET}/{name}.tar.gz",
            "environment": {
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            },
        },
    )
    variant = {
        "variant_name": "only",
        "model_name": name,
        "initial_instance_count": 1,
        "initial_variant_weight": 1.0,
        "instance_type": "ml.m5.large",
    }
    EndpointConfig.create(endpoint_config_name=name, production_variants=[variant])


def ask(endpoint: Endpoint) -> tuple[str, str]:
    """Return an endpoint's answer and the variant that gave it."""
    answer = endpoint.invoke(body=b"question", content_type="text/csv", accept="text/csv")
    return answer.body.read().decode(), answer.invoked_production_variant
