"""One small mistake each: what it breaks, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass

from queue_rules import Severity
from tests.unit.queue_rules.shapes import (
    DAY,
    Change,
    Resources,
    add,
    archived,
    both,
    drop,
    fifo,
    get_att,
    plain,
    properties_of,
    provisioned,
    put,
    redrive,
    reserved,
    several_mappings,
)

ERROR, WARNING, CANNOT_CHECK = Severity.ERROR, Severity.WARNING, Severity.CANNOT_CHECK


@dataclass(frozen=True)
class Broken:
    """A sound shape, the change that breaks it, and what is then found."""

    rule: str
    shape: Callable[[], Resources]
    change: Change
    resource: str
    figure: str
    severity: Severity = ERROR

    def template(self) -> Resources:
        resources = self.shape()
        self.change(resources)
        return {"Resources": resources}

    def __str__(self) -> str:
        return f"{self.rule}-{self.shape.__name__}-{self.figure}"


def sender(*conditions: str, service: str = "s3.amazonaws.com") -> Change:
    def change(resources: Resources) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Condition": {"StringEquals": dict.fromkeys(conditions, "x")},
        }
        properties_of(resources, "OverTls")["PolicyDocument"]["Statement"].append(statement)

    return change


def own_key(resources: Resources) -> None:
    drop("Orders", "SqsManagedSseEnabled")(resources)
    put("Orders", KmsMasterKeyId={"Ref": "Key"})(resources)
    add("Key", "AWS::KMS::Key", KeyPolicy={"Statement": []})(resources)
    sender("aws:SourceArn", "aws:SourceAccount")(resources)


def notify(arn: object) -> Change:
    return add(
        "Uploads",
        "AWS::S3::Bucket",
        NotificationConfiguration={"QueueConfigurations": [{"Queue": arn}]},
    )


def parking_consumer(resources: Resources) -> None:
    """Sound in itself, but the last queue is for people."""
    add(
        "Reader",
        "AWS::Lambda::EventSourceMapping",
        **properties_of(resources, "ArchiveMapping") | {"EventSourceArn": get_att("Parking")},
    )(resources)
    put("Parking", VisibilityTimeout=180)(resources)
    put("ParkingAlarm", MetricName="NumberOfMessagesReceived", Statistic="Sum")(resources)


def by_queue(*arns: object) -> Change:
    return put(
        "DeadLetters",
        RedriveAllowPolicy={"redrivePermission": "byQueue", "sourceQueueArns": list(arns)},
    )


CIRCLE = both(
    redrive(deadLetterTargetArn=get_att("Orders")),
    put("DeadLettersAlarm", MetricName="NumberOfMessagesReceived", Statistic="Sum"),
    lambda resources: properties_of(resources, "DeadLettersAlarm").update(
        Dimensions=[{"Name": "QueueName", "Value": get_att("Orders", "QueueName")}]
    ),
)
HERE = "arn:aws:sqs:us-east-1:111122223333:Orders"

BROKEN = [
    Broken("R0", plain, lambda all_: all_.update({"Fn::Transform": {"Name": "AWS::Include"}}),
           "Fn::Transform", "a macro decides", CANNOT_CHECK),
    Broken("R0", plain, add("Other", "AWS::CloudFormation::Stack", TemplateURL="https://x/y"),
           "Other", "nested stack", CANNOT_CHECK),
    Broken("R1", plain, put("Worker", Timeout=31), "Orders", "180 s is less than 6 x"),
    Broken("R1", plain, put("Mapping", MaximumBatchingWindowInSeconds=1), "Orders", "= 181 s"),
    Broken("R1", reserved, put("Orders", VisibilityTimeout=9), "Orders", "Lambda refuses"),
    Broken("R1", reserved, drop("Orders", "VisibilityTimeout"), "Orders", "timeout of 30 s"),
    Broken("R2", reserved, redrive(maxReceiveCount=4), "Orders", "maxReceiveCount is 4"),
    Broken("R2", reserved, redrive(maxReceiveCount=1), "Orders", "maxReceiveCount is 1,"),
    Broken("R3", plain, drop("Mapping", "ScalingConfig"), "Mapping", "is not set"),
    Broken("R3", plain, put("Mapping", ScalingConfig={"MaximumConcurrency": 1}), "Mapping", "is 1"),
    Broken("R3", plain, put("Mapping", ScalingConfig={"MaximumConcurrency": 1_001}), "Mapping",
           "is 1001"),
    Broken("R3", reserved, drop("Mapping", "ScalingConfig"), "Mapping", "function reserves 5"),
    Broken("R3", reserved, put("Worker", ReservedConcurrentExecutions=4), "Worker", "reserves 4"),
    Broken("R3", several_mappings, put("Worker", ReservedConcurrentExecutions=9), "Worker",
           "up to 10 batches"),
    Broken("R4", reserved, drop("Worker", "ReservedConcurrentExecutions"), "Orders",
           "6 receives of 60 s ride out no more than 300 s", WARNING),
    # The last receive has to begin after starvation: four of them ride it out, not five.
    Broken("R4", plain, redrive(maxReceiveCount=5), "Orders", "no more than 720 s", WARNING),
    Broken("R6", provisioned, put("Worker", ReservedConcurrentExecutions=29), "Worker",
           "up to 30 batches"),
    Broken("R6", provisioned, put("Mapping", ScalingConfig={"MaximumConcurrency": 5}), "Mapping",
           "exclude each other"),
    Broken("R6", provisioned, put("Mapping", ProvisionedPollerConfig={"MinimumPollers": 1,
           "MaximumPollers": 3}), "Mapping", "MinimumPollers is 1"),
    Broken("R6", plain, both(drop("Mapping", "ScalingConfig"),
           put("Mapping", ProvisionedPollerConfig={"MaximumPollers": 10_001})), "Mapping",
           "MaximumPollers is 10001"),
    Broken("R6", provisioned, put("Mapping", ProvisionedPollerConfig={"MinimumPollers": 3,
           "MaximumPollers": 2}), "Mapping", "more than MaximumPollers"),
    Broken("R8", plain, drop("Mapping", "FunctionResponseTypes"), "Mapping", "up to 10 messages"),
    Broken("R9", plain, put("Mapping", BatchSize=11), "Mapping", "11 messages without"),
    Broken("R9", reserved, both(put("Mapping", BatchSize=10_001, MaximumBatchingWindowInSeconds=1),
           put("Orders", VisibilityTimeout=61)), "Mapping", "at most 10000"),
    Broken("R9", plain, both(put("Mapping", MaximumBatchingWindowInSeconds=301),
           put("Orders", VisibilityTimeout=481)), "Mapping", "window of 301 s"),
    Broken("R9", fifo, both(put("Mapping", MaximumBatchingWindowInSeconds=1),
           put("Orders", VisibilityTimeout=181)), "Mapping", "on a FIFO queue"),
    Broken("R9", fifo, put("Mapping", BatchSize=11), "Mapping", "11 messages, but"),
    Broken("R9", plain, put("Orders", MaximumMessageSize=1_048_576), "Mapping",
           "10485760 bytes", WARNING),
    Broken("R10", plain, drop("Orders", "RedrivePolicy"), "Orders", "no dead-letter queue"),
    Broken("R10", plain, both(drop("Orders", "RedrivePolicy"), put("Mapping",
           DestinationConfig={"OnFailure": {"Destination": "x"}})), "Orders", "OnFailure"),
    Broken("R10", fifo, put("DeadLetters", FifoQueue=False), "Orders", "a standard one"),
    Broken("R11", plain, put("DeadLetters", MessageRetentionPeriod=4 * DAY), "DeadLetters",
           "345600 s, but its source"),
    Broken("R11", plain, put("Orders", MessageRetentionPeriod=14 * DAY), "DeadLetters",
           "1209600 s, but its source"),
    Broken("R11", plain, put("Orders", MessageRetentionPeriod=1_080), "Orders", "take 1080 s"),
    Broken("R11", archived, put("DeadLetters", MessageRetentionPeriod=14 * DAY), "Parking",
           "1209600 s, but its source"),
    Broken("R12", plain, drop("Orders", "RedriveAllowPolicy"), "Orders", "any queue", WARNING),
    Broken("R12", plain, by_queue(get_att("Orders")), "DeadLetters", "cycle", WARNING),
    Broken("R12", plain, by_queue({"Fn::Sub": "${Orders.Arn}"}), "DeadLetters", "cycle", WARNING),
    Broken("R12", plain, by_queue(HERE + "2"), "DeadLetters", "does not name", WARNING),
    Broken("R12", plain, put("DeadLetters", RedriveAllowPolicy={"redrivePermission": "denyAll"}),
           "DeadLetters", "denyAll", WARNING),
    Broken("R14", archived, drop("DeadLetters", "RedrivePolicy"), "DeadLetters", "no queue to go"),
    Broken("R14", archived, put("Parking", MessageRetentionPeriod=13 * DAY + 1), "Parking",
           "1123201 s"),
    Broken("R15", plain, lambda all_: all_.pop("DeadLettersAlarm"), "DeadLetters", "no alarm"),
    Broken("R15", plain, drop("DeadLettersAlarm", "AlarmActions"), "DeadLetters", "no action"),
    Broken("R15", plain, put("DeadLettersAlarm", ActionsEnabled=False), "DeadLetters", "are off"),
    Broken("R15", plain, put("DeadLettersAlarm", Namespace="Mine"), "DeadLetters",
           "of Mine is not that of SQS"),
    Broken("R15", plain, drop("DeadLettersAlarm", "Namespace"), "DeadLetters", "of no namespace"),
    Broken("R15", plain, put("DeadLettersAlarm", MetricName="NumberOfMessagesSent"), "DeadLetters",
           "does not count what SQS itself moves"),
    Broken("R15", plain, put("DeadLettersAlarm", ComparisonOperator="LessThanThreshold"),
           "DeadLetters", "wrong direction"),
    Broken("R15", archived, put("DeadLettersAlarm",
           MetricName="ApproximateNumberOfMessagesVisible"), "DeadLetters", "stays 0"),
    Broken("R15", plain, put("DeadLettersAlarm", Threshold=2), "DeadLettersAlarm", "2, for 1",
           WARNING),
    Broken("R15", archived, put("DeadLettersAlarm", EvaluationPeriods=2), "DeadLettersAlarm",
           "for 2 period(s)", WARNING),
    Broken("R15", plain, drop("DeadLettersAlarm", "TreatMissingData"), "DeadLettersAlarm",
           "missing data is missing", WARNING),
    Broken("R15", plain, lambda all_: all_.pop("LateAlarm"), "Orders", "OldestMessage", WARNING),
    Broken("R15", plain, lambda all_: all_.pop("ErrorsAlarm"), "Worker", "Errors", WARNING),
    Broken("R15", plain, drop("ThrottlesAlarm", "AlarmActions"), "Worker", "Throttles", WARNING),
    Broken("R16", plain, put("Worker", DeadLetterConfig={"TargetArn": "x"}), "Worker",
           "DeadLetterConfig", WARNING),
    Broken("R18", fifo, notify(get_att("Orders")), "Uploads", "FIFO queue Orders.fifo"),
    Broken("R18", plain, notify(HERE + ".fifo"), "Uploads", "FIFO queue Orders.fifo"),
    Broken("R18", plain, add("Uploads", "Custom::S3BucketNotifications",
           NotificationConfiguration={"QueueConfigurations": [{"QueueArn": HERE + ".fifo"}]}),
           "Uploads", "FIFO queue Orders.fifo"),
    Broken("R19", plain, sender(), "OverTls", "aws:SourceArn and aws:SourceAccount"),
    Broken("R19", plain, sender("aws:SourceArn"), "OverTls", "on aws:SourceAccount"),
    Broken("R19", plain, sender("aws:SourceAccount", service="sns.amazonaws.com"), "OverTls",
           "on aws:SourceArn"),
    Broken("R19", plain, sender("aws:SourceArn", service="sns.amazonaws.com"), "OverTls",
           "aws:SourceAccount", WARNING),
    Broken("R19", plain, put("OverTls", Queues=[{"Ref": "Orders"}]), "DeadLetters", "TLS",
           WARNING),
    Broken("R20", plain, put("Orders", KmsMasterKeyId="alias/aws/sqs"), "Orders", "alias/aws/sqs"),
    Broken("R20", plain, drop("Orders", "SqsManagedSseEnabled"), "Orders", "no encryption",
           WARNING),
    Broken("R20", plain, own_key, "Key", "does not name s3.amazonaws.com"),
    Broken("R22", plain, drop("DeadLetters", "ReceiveMessageWaitTimeSeconds"), "DeadLetters",
           "is 0", WARNING),
    Broken("R23", plain, put("Orders", VisibilityTimeout=43_201), "Orders", "is 43201"),
    Broken("R23", plain, put("DeadLetters", MessageRetentionPeriod=1_209_601), "DeadLetters",
           "is 1209601"),
    Broken("R23", plain, redrive(maxReceiveCount=1_001), "Orders", "is 1001"),
    Broken("R23", plain, both(put("Worker", Timeout=901), put("Orders", VisibilityTimeout=5_406)),
           "Worker", "is 901 s"),
]  # fmt: skip

SEVERAL = [
    (plain, CIRCLE, {"R10"}),
    (plain, redrive(maxReceiveCount=0), {"R2", "R23"}),
    (plain, put("DeadLetters", MessageRetentionPeriod=59), {"R11", "R23"}),
    (plain, put("Worker", Timeout=0), {"R23"}),
    (archived, parking_consumer, {"R14"}),
]
"""Mistakes that several resources share, or that bring others with them."""
