"""Seam: `aws-sdk:` integrations of SageMaker and CloudFormation, with the SDK's names of errors.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from botocore.parsers import ResponseParserFactory
from botocore.serialize import create_serializer
from botocore.utils import parse_timestamp
from ministack import app
from ministack.core.responses import get_region
from ministack.services import stepfunctions

from local.adapter import pinned
from local.adapter.workflows import errors

Parameters = dict[str, Any]

_PREFIXES = {"sagemaker": "SageMaker", "cloudformation": "CloudFormation"}
_ERROR_STATUS = 400


def install() -> None:
    """Put the seam in place."""
    services = pinned.require(stepfunctions, "_AWS_SDK_SERVICE_MAP")
    services["sagemaker"] = {"protocol": "json", "target_prefix": "SageMaker"}
    services["cloudformation"] = {"protocol": "query"}
    pinned.wrap(stepfunctions, "_prefix_sdk_error", _by_model)
    pinned.wrap(stepfunctions, "_dispatch_aws_sdk_query", _unless_cloudformation)


def error_name(service: str, code: str, *, other: str) -> str:
    """Return how an error is called: modelled ones have their own name, all others share `other`.

    Args:
        service: As names of errors begin, such as `SageMaker`.
        code: Of the service's answer, such as `ResourceInUse`.
        other: Name of an error that is not in the service's model.
    """
    if code in _modelled_codes(service.lower()):
        return f"{service}.{code.removesuffix('Exception')}Exception"
    return f"{service}.{other}"


def with_timestamps(
    service: str, operation: str, answer: Any, write: Callable[[float], Any]
) -> Any:
    """Return an operation's answer with its timestamps (seconds since the epoch) rewritten."""
    shape = _model(service).operation_model(operation).output_shape
    return _rewritten(answer, shape, write) if shape else answer


def milliseconds(timestamp: float) -> int:
    """Write a timestamp as optimized integrations do."""
    return round(timestamp * 1000)


@lru_cache
def _model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


@lru_cache
def _modelled_codes(service: str) -> frozenset[str]:
    operations = map(_model(service).operation_model, _model(service).operation_names)
    return frozenset(
        str(shape.metadata.get("error", {}).get("code", shape.name))
        for each in operations
        for shape in each.error_shapes
    )


def _rewritten(value: Any, shape: Shape, write: Callable[[float], Any]) -> Any:
    if isinstance(shape, StructureShape):
        return {
            name: _rewritten(member, shape.members[name], write) for name, member in value.items()
        }
    if isinstance(shape, ListShape):
        return [_rewritten(member, shape.member, write) for member in value]
    if isinstance(shape, MapShape):
        return {key: _rewritten(member, shape.value, write) for key, member in value.items()}
    return write(value) if shape.type_name == "timestamp" else value


def _by_model(name: Callable[[str, str], str]) -> Callable[[str, str], str]:
    def wrapped(service: str, code: str) -> str:
        if prefix := _PREFIXES.get(service):
            return error_name(prefix, code, other=f"{prefix}Exception")
        return name(service, code)

    return wrapped


def _unless_cloudformation(dispatch: Callable[..., Any]) -> Callable[..., Any]:
    """Write and read CloudFormation's requests by its model; the emulator guesses what is a list.

    It does not find the code in CloudFormation's errors either.
    """

    def wrapped(service_info: Parameters, service: str, action: str, parameters: Any) -> Any:
        if service != "cloudformation":
            return dispatch(service_info, service, action, parameters)
        operation = f"{action[0].upper()}{action[1:]}"
        answer = _ask_cloudformation(operation, parameters)
        return stepfunctions._sdk_json_result(service, operation, answer)

    return wrapped


def _ask_cloudformation(operation: str, parameters: Parameters) -> Any:
    model = _model("cloudformation").operation_model(operation)
    wire = stepfunctions._sdk_json_param_value(parameters, model.input_shape)
    request = create_serializer("query").serialize_to_request(wire, model)
    status, headers, body = app.call_service_handler_sync(
        app.SERVICE_HANDLERS["cloudformation"],
        "POST",
        "/",
        _headers("cloudformation"),
        urlencode(request["body"]).encode(),
        {},
    )
    factory = ResponseParserFactory()
    factory.set_parser_defaults(timestamp_parser=lambda text: parse_timestamp(text).timestamp())
    response = {"status_code": status, "headers": headers, "body": body}
    # Operations without a result have no shape, which the parser's stubs do not know.
    shape: Any = model.output_shape
    answer = factory.create_parser("query").parse(response, shape)
    if status >= _ERROR_STATUS:
        failure = answer["Error"]
        raise errors.error(
            stepfunctions._prefix_sdk_error("cloudformation", failure["Code"]), failure["Message"]
        )
    del answer["ResponseMetadata"]
    return answer


def _headers(service: str) -> dict[str, str]:
    scope = f"test/20260101/{get_region()}/{service}/aws4_request"
    return {
        "content-type": "application/x-www-form-urlencoded",
        "host": f"{service}.{get_region()}.amazonaws.com",
        "authorization": f"AWS4-HMAC-SHA256 Credential={scope}",
    }
