import pytest

from local import LocalCloud
from local.calls import Call
from local.environment import ACCOUNT, REGION
from tests.local import stacks

pytestmark = pytest.mark.local_cloud

ROLE = "any"  # of `stacks.function`
CODE = """
import boto3

def handle(event, context):
    s3, sqs, dynamodb = (boto3.client(name) for name in ("s3", "sqs", "dynamodb"))
    cloudwatch = boto3.client("cloudwatch")
    version = s3.put_object(Bucket="called", Key="a b/ü.csv", Body=b"x")["VersionId"]
    s3.get_object(Bucket="called", Key="a b/ü.csv", VersionId=version)
    s3.delete_objects(Bucket="called", Delete={"Objects": [{"Key": "one"}, {"Key": "two"}]})
    url = sqs.get_queue_url(QueueName="called")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    key = {"id": {"S": "1"}}
    dynamodb.query(TableName="called", IndexName="by-id", KeyConditionExpression="id = :id",
                   ExpressionAttributeValues={":id": {"S": "1"}})
    dynamodb.transact_write_items(TransactItems=[
        {"Update": {"TableName": "called", "Key": key, "UpdateExpression": "SET a = :a",
                    "ExpressionAttributeValues": {":a": {"S": "1"}}}},
        {"Put": {"TableName": "called", "Item": {"id": {"S": "2"}}}},
    ])
    cloudwatch.describe_alarms(AlarmNames=["one", "another"])
    cloudwatch.describe_alarms(StateValue="ALARM")
    try:
        sqs.delete_queue(QueueUrl=url + "-that-is-not-there")
    except sqs.exceptions.ClientError:
        pass
"""
OBJECTS = "arn:aws:s3:::called/"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:called"
ALARMS = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/called"


@pytest.fixture
def called(fresh_cloud: LocalCloud) -> LocalCloud:
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    index = {"IndexName": "by-id", "KeySchema": key, "Projection": {"ProjectionType": "ALL"}}
    resources = {
        "Bucket": stacks.resource(
            "AWS::S3::Bucket", BucketName="called", VersioningConfiguration={"Status": "Enabled"}
        ),
        "Queue": stacks.resource("AWS::SQS::Queue", QueueName="called"),
        "Table": stacks.resource(
            "AWS::DynamoDB::Table",
            TableName="called",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=key,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            GlobalSecondaryIndexes=[index],
        ),
        "Function": stacks.function("caller", CODE, Timeout=30),
    }
    stacks.apply(fresh_cloud, "called", resources)
    return fresh_cloud


def test_what_a_function_calls_is_recorded_as_iam_names_it(called: LocalCloud) -> None:
    assert stacks.invoke(called, "caller", {}) is None

    assert called.calls() == {
        Call(ROLE, "s3:PutObject", f"{OBJECTS}a b/ü.csv"),
        Call(ROLE, "s3:GetObjectVersion", f"{OBJECTS}a b/ü.csv"),
        Call(ROLE, "s3:DeleteObject", f"{OBJECTS}one"),
        Call(ROLE, "s3:DeleteObject", f"{OBJECTS}two"),
        Call(ROLE, "sqs:GetQueueUrl", QUEUE),
        Call(ROLE, "sqs:SendMessage", QUEUE),
        Call(ROLE, "dynamodb:Query", f"{TABLE}/index/by-id"),
        Call(ROLE, "dynamodb:UpdateItem", TABLE),
        Call(ROLE, "dynamodb:PutItem", TABLE),
        Call(ROLE, "cloudwatch:DescribeAlarms", f"{ALARMS}one"),
        Call(ROLE, "cloudwatch:DescribeAlarms", f"{ALARMS}another"),
        Call(ROLE, "cloudwatch:DescribeAlarms", "*"),
        # It failed, and would have needed the permission all the same.
        Call(ROLE, "sqs:DeleteQueue", f"{QUEUE}-that-is-not-there"),
    }


def test_what_others_call_is_not_recorded_and_a_restart_forgets_nothing(
    called: LocalCloud,
) -> None:
    stacks.invoke(called, "caller", {})
    before = called.calls()

    called.client("sqs").list_queues()
    called.restart()

    assert called.calls() == before != frozenset()
