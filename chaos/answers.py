"""How AWS services word their errors, and how to tell a call by its HTTP request."""

import json

from chaos.faults import Call, Fault

_DYNAMODB = "com.amazonaws.dynamodb.v20120810"
_SQS = "com.amazonaws.sqs"

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and the like: status, code.
_ERRORS: dict[tuple[str, Fault], tuple[int, str]] = {
    ("s3", Fault.ERROR): (500, "InternalError"),
    ("s3", Fault.THROTTLE): (503, "SlowDown"),
    ("dynamodb", Fault.ERROR): (500, f"{_DYNAMODB}#InternalServerError"),
    ("dynamodb", Fault.THROTTLE): (400, f"{_DYNAMODB}#ProvisionedThroughputExceededException"),
    ("sqs", Fault.ERROR): (500, f"{_SQS}#InternalFailure"),
    ("sqs", Fault.THROTTLE): (403, f"{_SQS}#RequestThrottled"),
}
_S3_OPERATIONS = {
    "GET": "GetObject",
    "HEAD": "HeadObject",
    "PUT": "PutObject",
    "DELETE": "DeleteObject",
    # The functions send no other form.
    "POST": "DeleteObjects",
}


def call_of(method: str, target: str) -> Call:
    """Return which call an HTTP request makes.

    Args:
        method: For example `PUT`.
        target: The header `X-Amz-Target`, which requests to S3 do not have.
    """
    service, _, operation = target.partition(".")
    if operation:
        return Call(service="sqs" if "SQS" in service else "dynamodb", operation=operation)
    return Call(service="s3", operation=_S3_OPERATIONS[method])


def error_answer(call: Call, fault: Fault) -> tuple[int, str, bytes]:
    """Return status, content type and body with which the service refuses `call`."""
    status, code = _ERRORS[call.service, fault]
    if call.service == "s3":
        body = f"<Error><Code>{code}</Code><Message>a fault of the campaign</Message></Error>"
        return status, "application/xml", f'<?xml version="1.0"?>{body}'.encode()
    answer = {"__type": code, "message": "a fault of the campaign"}
    return status, "application/x-amz-json-1.0", json.dumps(answer).encode()
