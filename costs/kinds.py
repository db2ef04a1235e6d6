"""What is paid for each kind of resource: a template with a kind that is not here fails a test."""

from collections.abc import Mapping

from costs import prices
from costs.prices import Price
from queue_rules.application import Application

FREE: tuple[Price, ...] = ()

_FUNCTION = (prices.FUNCTION_REQUEST, prices.FUNCTION_ARM, prices.TRACE)
_TABLE = (prices.TABLE_WRITE, prices.TABLE_READ, prices.TABLE_STORAGE, prices.TABLE_BACKUP)
_OBJECTS = (prices.OBJECT_PUT, prices.OBJECT_GET, prices.OBJECT_STORAGE)
_INSTANCES = tuple(prices.INSTANCES.values())

PRICES: Mapping[str, tuple[Price, ...]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": FREE,
    # The alarms that target tracking makes.
    "AWS::ApplicationAutoScaling::ScalingPolicy": (prices.ALARM,),
    "AWS::Athena::NamedQuery": FREE,
    "AWS::Athena::WorkGroup": (prices.SCAN,),
    "AWS::CloudWatch::Alarm": (prices.ALARM,),
    "AWS::CloudWatch::CompositeAlarm": (prices.COMPOSITE_ALARM,),
    "AWS::CloudWatch::Dashboard": (prices.DASHBOARD,),
    "AWS::DynamoDB::Table": _TABLE,
    # Events of AWS services and schedules; others would be paid for.
    "AWS::Events::Rule": FREE,
    "AWS::Glue::Database": (prices.CATALOG,),
    "AWS::Glue::Table": (prices.CATALOG,),
    "AWS::IAM::Policy": FREE,
    "AWS::IAM::Role": FREE,
    "AWS::KMS::Key": (prices.KEY, prices.KEY_REQUEST),
    "AWS::Lambda::EventInvokeConfig": FREE,
    "AWS::Lambda::EventSourceMapping": (prices.QUEUE_REQUEST,),
    "AWS::Lambda::Function": _FUNCTION,
    "AWS::Lambda::LayerVersion": FREE,
    "AWS::Lambda::Permission": FREE,
    "AWS::Lambda::Url": FREE,
    "AWS::Logs::LogGroup": (prices.LOG_INGESTION, prices.LOG_STORAGE),
    # Running one is paid by the bytes that it reads.
    "AWS::Logs::QueryDefinition": FREE,
    "AWS::S3::Bucket": _OBJECTS,
    "AWS::S3::BucketPolicy": FREE,
    "AWS::SNS::Subscription": (prices.EMAIL,),
    "AWS::SNS::Topic": (prices.TOPIC_REQUEST,),
    "AWS::SNS::TopicPolicy": FREE,
    "AWS::SQS::Queue": (prices.QUEUE_REQUEST,),
    "AWS::SQS::QueuePolicy": FREE,
    # What it costs is in its configuration.
    "AWS::SageMaker::Endpoint": FREE,
    "AWS::SageMaker::EndpointConfig": (*_INSTANCES, prices.SERVERLESS, prices.ENDPOINT_DATA),
    "AWS::SageMaker::Model": FREE,
    "AWS::SageMaker::ModelPackageGroup": FREE,
    # And the instances of the jobs that it starts.
    "AWS::StepFunctions::StateMachine": (prices.TRANSITION, *_INSTANCES),
    # Runs once, at deployment.
    "Custom::S3BucketNotifications": FREE,
}


def unpriced(application: Application) -> set[str]:
    """Return the kinds of resources of which the table does not say what they cost."""
    return {resource.type for resource in application.resources} - PRICES.keys()
