"""What the emulator itself promises about function URLs, and the predict function rests on."""

import json
import urllib.request
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local import LocalCloud
from local.environment import REGION
from tests.local import stacks

pytestmark = pytest.mark.local_cloud

CODE = """
import json

def handle(event, context):
    body = {"event": event}
    return {"statusCode": 201, "headers": {"x-own": "yes"}, "body": json.dumps(body)}
"""


@pytest.fixture(scope="module")
def url(shared_cloud: LocalCloud) -> str:
    """Where the function's URL is reachable here."""
    resources = {
        "F": stacks.function("asked-by-url", CODE),
        "Url": stacks.resource(
            "AWS::Lambda::Url", TargetFunctionArn={"Ref": "F"}, AuthType="AWS_IAM"
        ),
    }
    stacks.apply(shared_cloud, "function-url", resources)
    client = shared_cloud.client("lambda")
    config = client.get_function_url_config(FunctionName="asked-by-url")
    assert config["AuthType"] == "AWS_IAM"
    name = config["FunctionUrl"].removeprefix("https://").partition(".")[0]
    return f"{shared_cloud.endpoint_url}/_aws/lambda-url/{name}/predict"


def ask(url: str, *, signed: bool) -> Any:
    headers = {"content-type": "application/json"}
    request = AWSRequest(method="POST", url=url, data=b'{"a": 1}', headers=headers)
    if signed:
        SigV4Auth(Credentials("key", "secret"), "lambda", REGION).add_auth(request)
    return urllib.request.urlopen(  # noqa: S310 -- an address of this machine
        urllib.request.Request(  # noqa: S310 -- likewise
            url, data=request.data, headers=dict(request.headers.items())
        ),
        timeout=60,
    )


def test_a_signed_request_reaches_the_function_as_an_event_of_format_2(url: str) -> None:
    with ask(url, signed=True) as answer:
        event = json.loads(answer.read())["event"]

    assert (answer.status, answer.headers["x-own"]) == (201, "yes")
    assert event["version"] == "2.0"
    assert (event["rawPath"], event["requestContext"]["http"]["method"]) == ("/predict", "POST")
    assert (event["body"], event["isBase64Encoded"]) == ('{"a": 1}', False)


def test_an_unsigned_request_is_forbidden(url: str) -> None:
    with pytest.raises(HTTPError) as refused:
        ask(url, signed=False)

    assert refused.value.code == 403
