"""A stack whose endpoint is updated under the watch of an alarm, and clients that ask it."""

import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

from botocore.exceptions import ClientError

from local import LocalCloud
from tests.local import jobs
from tests.local.stacks import KEPT, resource

NAME = "guarded"
ALARM = "guarded-errors"
END_SECONDS = 60  # longer than a call may take
VARIANT = {
    "VariantName": "champion",
    "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
    "InitialInstanceCount": 2,
    "InitialVariantWeight": 1,
    "InstanceType": "ml.m5.large",
}
GUARDRAILS = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": "50"},
            "WaitIntervalInSeconds": {"Ref": "Wait"},
        },
        "MaximumExecutionTimeoutInSeconds": "7200",
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": ALARM}]},
}
TEMPLATE = {
    "Parameters": {"Name": {"Type": "String"}, "Wait": {"Type": "Number"}},
    "Resources": {
        "Model": resource(
            "AWS::SageMaker::Model",
            ExecutionRoleArn=jobs.ROLE,
            PrimaryContainer=jobs.container({"Fn::Sub": f"s3://{jobs.BUCKET}/${{Name}}.tar.gz"}),
        )
        | KEPT,
        "Config": resource("AWS::SageMaker::EndpointConfig", ProductionVariants=[VARIANT]) | KEPT,
        "Endpoint": resource(
            "AWS::SageMaker::Endpoint",
            EndpointName=NAME,
            EndpointConfigName={"Fn::GetAtt": ["Config", "EndpointConfigName"]},
            DeploymentConfig=GUARDRAILS,
            RetainAllVariantProperties="true",
            ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
        ),
        "Errors": resource(
            "AWS::CloudWatch::Alarm",
            AlarmName=ALARM,
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Dimensions=[
                {"Name": "EndpointName", "Value": NAME},
                {"Name": "VariantName", "Value": "champion"},
            ],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
        ),
    },
}


class Guarded:
    """A stack whose parameter names the model that its endpoint serves."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self._stacks = cloud.client("cloudformation")

    def apply(self, name: str, *, wait: int = 60) -> None:
        """Create or update it and wait for the end.

        Args:
            name: Of the model.
            wait: Seconds that a canary is watched; 60 of them last one here.

        Raises:
            WaiterError: it does not succeed.
        """
        given = [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in (("Name", name), ("Wait", str(wait)))
        ]
        request: dict[str, Any] = {"StackName": NAME, "Parameters": given}
        try:
            self._stacks.create_stack(**request, TemplateBody=json.dumps(TEMPLATE))
            waiter = "stack_create_complete"
        except self._stacks.exceptions.AlreadyExistsException:
            self._stacks.update_stack(**request, UsePreviousTemplate=True)
            waiter = "stack_update_complete"
        self._stacks.get_waiter(waiter).wait(
            StackName=NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )

    def change(self) -> str:
        """Let another good model take over, and return its name."""
        name = "good" if self.state[1] == "better" else "better"
        self.apply(name)
        return name

    def delete(self) -> None:
        """Delete it with all that it retains, and wait."""
        self._stacks.delete_stack(StackName=NAME)
        self._stacks.get_waiter("stack_delete_complete").wait(
            StackName=NAME, WaiterConfig={"Delay": 1}
        )
        client = self.cloud.client("sagemaker")
        for config in client.list_endpoint_configs(NameContains=NAME)["EndpointConfigs"]:
            client.delete_endpoint_config(EndpointConfigName=config["EndpointConfigName"])
        for model in client.list_models(NameContains=NAME)["Models"]:
            client.delete_model(ModelName=model["ModelName"])

    @property
    def state(self) -> tuple[str, str]:
        """Its status, and the parameter that it has."""
        (found,) = self._stacks.describe_stacks(StackName=NAME)["Stacks"]
        given = {each["ParameterKey"]: each["ParameterValue"] for each in found["Parameters"]}
        return found["StackStatus"], given["Name"]

    @property
    def endpoint(self) -> Any:
        """The endpoint's description."""
        return self.cloud.client("sagemaker").describe_endpoint(EndpointName=NAME)

    def wanted_config(self) -> str:
        """Return the name of the configuration that the stack has made last."""
        (found,) = self._stacks.describe_stack_resources(
            StackName=NAME, LogicalResourceId="Config"
        )["StackResources"]
        return str(found["PhysicalResourceId"]).rpartition("/")[2]

    def is_calm(self) -> bool:
        """Return whether the alarm is not in ALARM."""
        alarms = self.cloud.client("cloudwatch").describe_alarms(AlarmNames=[ALARM])
        return bool(alarms["MetricAlarms"][0]["StateValue"] != "ALARM")

    def ask(self) -> str:
        """Return what the endpoint answers."""
        answer = self.cloud.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=NAME, Body=b"x", ContentType="text/csv", Accept="text/csv"
        )
        return str(answer["Body"].read().decode())


class Asking:
    """Asks an endpoint all the time, as its clients would; what goes wrong with it is raised."""

    def __init__(self, guarded: Guarded) -> None:
        self.answers: set[str] = set()
        self._guarded = guarded
        self._done = Event()
        self._workers = ThreadPoolExecutor(max_workers=1)
        self._asked: Future[None] | None = None

    def __enter__(self) -> "Asking":
        self._asked = self._workers.submit(self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._workers.shutdown(wait=False)
        assert self._asked
        self._asked.result(END_SECONDS)

    def _ask(self) -> None:
        while not self._done.is_set():
            try:
                self.answers.add(self._guarded.ask())
            except ClientError as error:
                self.answers.add(error.response["Error"]["Code"])
            time.sleep(0.02)
