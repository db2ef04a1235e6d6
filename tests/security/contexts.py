"""Condition keys of what this platform asks of AWS."""

from collections.abc import Callable

from local.calls import Call
from schemas.names import MONITORING_METRICS_NAMESPACE
from tests.security.deployment import Deployment
from tests.security.policies import NO_CONTEXT, Context, ContextOf

SCALING = "sagemaker.application-autoscaling.amazonaws.com"
# What names these in ARNs, and in the action that creates them.
CREATED = {"model": "Model", "endpoint-config": "EndpointConfig", "endpoint": "Endpoint"}

_TELEMETRY = {"cloudwatch:namespace": "/aws/sagemaker/TrainingJobs"}
_PENDING = {"sagemaker:ModelApprovalStatus": "PendingManualApproval"}
_APPROVED = {"sagemaker:ModelApprovalStatus": "Approved"}
_SCALED = {"application-autoscaling:service-namespace": "sagemaker"}


def contexts_of(deployment: Deployment) -> ContextOf:
    """Return what tells the condition keys that come with a call in a deployment."""
    ours = {"application": "mlops", "environment": deployment.assembly.environment.name}
    requested = {f"aws:RequestTag/{name}": value for name, value in ours.items()}
    carried = {f"aws:ResourceTag/{name}": value for name, value in ours.items()}
    deployer = deployment_role(deployment)
    contexts: dict[str, Context] = {
        "application-autoscaling:TagResource": requested,
        "cloudformation:UpdateStack": {"cloudformation:RoleArn": deployer},
        "iam:CreateServiceLinkedRole": {"iam:AWSServiceName": SCALING},
        "kms:CreateGrant": {"kms:GrantIsForAWSResource": "true"},
        "sagemaker:CreateModelPackage": _PENDING,
        "sagemaker:UpdateModelPackage": _APPROVED,
        "sagemaker:CreateModel": requested,
        "sagemaker:CreateEndpointConfig": requested,
        **dict.fromkeys(
            (
                f"sagemaker:{verb}{noun}"
                for verb in ("Describe", "Delete")
                for noun in CREATED.values()
            ),
            carried,
        ),
        **dict.fromkeys(("sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"), carried),
        **dict.fromkeys(
            (
                f"application-autoscaling:{verb}"
                for verb in (
                    "RegisterScalableTarget",
                    "DeregisterScalableTarget",
                    "PutScalingPolicy",
                    "DeleteScalingPolicy",
                )
            ),
            _SCALED,
        ),
    }
    special: dict[str, Callable[[Call], Context]] = {
        "cloudwatch:PutMetricData": _published,
        "iam:PassRole": lambda call: _passed(call, deployer),
        "sagemaker:AddTags": _tagged,
    }

    def context_of(call: Call) -> Context:
        if call.action in special:
            return special[call.action](call)
        return contexts.get(call.action, NO_CONTEXT)

    return context_of


def deployment_role(deployment: Deployment) -> str:
    """Return the ARN of the role that releases give to CloudFormation."""
    (role,) = (
        each
        for each in deployment.assembly.resources("AWS::IAM::Role")
        if each.logical_id.startswith("DeploymentRole")
    )
    return deployment.arn(role)


def _passed(call: Call, deployer: str) -> Context:
    service = "cloudformation" if call.resource == deployer else "sagemaker"
    return {"iam:PassedToService": f"{service}.amazonaws.com"}


def _published(call: Call) -> Context:
    """Return whose metrics they are: the monitor's own, or those of a job."""
    is_monitor = "MonitorRole" in call.role
    return {"cloudwatch:namespace": MONITORING_METRICS_NAMESPACE} if is_monitor else _TELEMETRY


def _tagged(call: Call) -> Context:
    kind = call.resource.split(":")[5].partition("/")[0]
    return {"sagemaker:TaggingAction": f"Create{CREATED[kind]}"} if kind in CREATED else NO_CONTEXT
