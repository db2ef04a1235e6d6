import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import LocalCloud
from tests.cloud import eventually, receive_all
from tests.local import stacks

pytestmark = pytest.mark.local_cloud


def raw_bucket(cloud: LocalCloud) -> str:
    names = [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]]
    (name,) = [name for name in names if name.startswith("probe-storage-raw")]
    return str(name)


def events_about(cloud: LocalCloud, key: str) -> list[dict[str, Any]]:
    records = [
        record
        for item in stacks.seen(cloud)
        if item["body"].startswith("{")
        for record in json.loads(item["body"]).get("Records", [])
    ]
    return [record for record in records if record["s3"]["object"]["key"] == key]


def test_setting_up_notifications_sends_the_test_event(probe: LocalCloud) -> None:
    def tests() -> list[dict[str, Any]]:
        return [i for i in stacks.seen(probe) if '"s3:TestEvent"' in i["body"]]

    eventually(tests, "the test event arrives")


def test_an_event_carries_version_and_growing_sequencer_and_an_encoded_key(
    probe: LocalCloud,
) -> None:
    s3, bucket, key = probe.client("s3"), raw_bucket(probe), "landing/Zürich +1.csv"
    versions = [
        s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"] for body in (b"1", b"22")
    ]
    encoded = "landing/Z%C3%BCrich+%2B1.csv"

    eventually(lambda: len(events_about(probe, encoded)) == 2, "both events arrive")

    objects = [record["s3"]["object"] for record in events_about(probe, encoded)]
    in_order = sorted(objects, key=lambda item: item["sequencer"])
    assert [item["versionId"] for item in in_order] == versions
    assert [item["size"] for item in in_order] == [1, 2]
    assert len({len(item["sequencer"]) for item in objects}) == 1  # so text sorts as numbers do
    old = s3.get_object(Bucket=bucket, Key=key, VersionId=versions[0])
    assert old["Body"].read() == b"1"


def test_objects_beyond_the_prefix_are_not_announced(probe: LocalCloud) -> None:
    s3, bucket = probe.client("s3"), raw_bucket(probe)
    s3.put_object(Bucket=bucket, Key="elsewhere/a.csv", Body=b"x")
    s3.put_object(Bucket=bucket, Key="landing/after.csv", Body=b"x")

    eventually(lambda: events_about(probe, "landing/after.csv"), "the later event arrives")

    assert events_about(probe, "elsewhere/a.csv") == []


def test_transactions_are_all_or_nothing(probe: LocalCloud) -> None:
    dynamodb = probe.client("dynamodb")

    def put(identifier: str, **condition: Any) -> dict[str, Any]:
        item = {"id": {"S": identifier}, "body": {"S": "transaction"}}
        return {"Put": {"TableName": "probe-seen", "Item": item, **condition}}

    never = {"ConditionExpression": "attribute_exists(id)"}
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.transact_write_items(TransactItems=[put("t-1"), put("t-2", **never)])

    reasons = caught.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    found = dynamodb.get_item(TableName="probe-seen", Key={"id": {"S": "t-1"}})
    assert "Item" not in found


def test_an_unknown_resource_type_fails_the_deployment(shared_cloud: LocalCloud) -> None:
    unknown = {"X": stacks.resource("AWS::Budgets::Budget", Budget={})}

    with pytest.raises(Exception, match="Unrecognized resource types"):
        stacks.apply(shared_cloud, "unknown-type", unknown)


def test_what_the_platform_needs_besides_can_be_deployed(shared_cloud: LocalCloud) -> None:
    table_input = {
        "Name": "flights",
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "bigint"}]},
        "PartitionKeys": [{"Name": "day", "Type": "date"}],
    }
    work_group = {"ResultConfiguration": {"OutputLocation": "s3://results/"}}
    widget = {"type": "text", "x": 0, "y": 0, "width": 6, "height": 6}
    dashboard = {"widgets": [widget | {"properties": {"markdown": "x"}}]}
    topic = {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "a@example.com"}
    policy = {"Version": "2012-10-17", "Statement": []}
    index = {
        "IndexName": "by-status",
        "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    stacks.apply(
        shared_cloud,
        "besides",
        {
            "Database": stacks.resource(
                "AWS::Glue::Database", CatalogId="0" * 12, DatabaseInput={"Name": "lake"}
            ),
            "GlueTable": stacks.resource(
                "AWS::Glue::Table",
                CatalogId="0" * 12,
                DatabaseName={"Ref": "Database"},
                TableInput=table_input,
            ),
            "WorkGroup": stacks.resource(
                "AWS::Athena::WorkGroup", Name="lake", WorkGroupConfiguration=work_group
            ),
            "Key": stacks.resource("AWS::KMS::Key", KeyPolicy=policy, EnableKeyRotation=True),
            "Topic": stacks.resource("AWS::SNS::Topic", TopicName="besides"),
            "Subscription": stacks.resource("AWS::SNS::Subscription", **topic),
            "Group": stacks.resource(
                "AWS::Logs::LogGroup", LogGroupName="/besides", RetentionInDays=7
            ),
            "Dashboard": stacks.resource(
                "AWS::CloudWatch::Dashboard", DashboardBody=json.dumps(dashboard)
            ),
            "Table": stacks.resource(
                "AWS::DynamoDB::Table",
                TableName="besides",
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "S"} for name in ("id", "status")
                ],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                GlobalSecondaryIndexes=[index],
            ),
            "Rule": stacks.resource(
                "AWS::Events::Rule",
                EventPattern={"source": ["aws.s3"]},
                Targets=[{"Id": "t", "Arn": {"Ref": "Topic"}}],
            ),
        },
    )

    dynamodb = shared_cloud.client("dynamodb")
    item = {"id": {"S": "1"}, "status": {"S": "open"}}
    dynamodb.put_item(TableName="besides", Item=item)
    found = dynamodb.query(
        TableName="besides",
        IndexName="by-status",
        KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "open"}},
    )
    assert found["Items"] == [item]
    columns = shared_cloud.client("glue").get_table(DatabaseName="lake", Name="flights")["Table"]
    assert columns["PartitionKeys"] == [{"Name": "day", "Type": "date"}]


def test_tags_of_a_template_are_kept(shared_cloud: LocalCloud) -> None:
    tags = [{"Key": "environment", "Value": "local"}]
    stacks.apply(
        shared_cloud,
        "tagged",
        {
            "B": stacks.resource("AWS::S3::Bucket", BucketName="tagged", Tags=tags),
            "Q": stacks.resource("AWS::SQS::Queue", QueueName="tagged", Tags=tags),
            "F": stacks.function("tagged", Tags=tags),
        },
    )

    found = shared_cloud.client("s3").get_bucket_tagging(Bucket="tagged")["TagSet"]
    assert [tag for tag in found if not tag["Key"].startswith("aws:")] == tags
    sqs = shared_cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="tagged")["QueueUrl"]
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"]["environment"] == "local"
    client = shared_cloud.client("lambda")
    arn = client.get_function(FunctionName="tagged")["Configuration"]["FunctionArn"]
    assert client.list_tags(Resource=arn)["Tags"]["environment"] == "local"
    assert receive_all(shared_cloud, "tagged") == []


def test_an_object_is_created_only_where_there_is_none(probe: LocalCloud) -> None:
    s3, bucket, key = probe.client("s3"), raw_bucket(probe), "elsewhere/created-once"
    s3.put_object(Bucket=bucket, Key=key, Body=b"first", IfNoneMatch="*")

    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket=bucket, Key=key, Body=b"second", IfNoneMatch="*")

    assert refused.value.response["Error"]["Code"] == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"first"
