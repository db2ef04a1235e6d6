"""The price table: US East (N. Virginia), on demand, US dollars, before free tiers.

Each line names AWS's page, which is where to look before relying on it, and the month as of which
the price is known, from that page or from what quotes it. A price that could not be supported is
left out: `docs/benchmarks.md` lists what is missing for that reason.
"""

from dataclasses import dataclass

HOURS_PER_MONTH = 730
"""As AWS's pricing calculator has it: 365 days, in twelve parts."""

_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
_DYNAMODB = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
_KMS = "https://aws.amazon.com/kms/pricing/"
_LAMBDA = "https://aws.amazon.com/lambda/pricing/"
_S3 = "https://aws.amazon.com/s3/pricing/"
_SAGEMAKER = "https://aws.amazon.com/sagemaker/ai/pricing/"


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of something costs.

    Attributes:
        name: What is paid for.
        dollars: US dollars for one unit.
        unit: What is counted.
        page: AWS's page that sets the price.
        known: Month as of which the price is known, `YYYY-MM`.
    """

    name: str
    dollars: float
    unit: str
    page: str
    known: str


# Rotation adds a dollar a month and key after the first year, another after the second, no more.
KEY = Price("customer-managed key", 1.00, "key-month", _KMS, "2026-03")
KEY_REQUEST = Price("use of a key", 0.03 / 10_000, "request", _KMS, "2026-03")

# A metric-math alarm is billed for each metric that its expression reads.
ALARM = Price("alarm, standard resolution", 0.10, "metric-month", _CLOUDWATCH, "2025-06")
COMPOSITE_ALARM = Price("composite alarm", 0.50, "alarm-month", _CLOUDWATCH, "2025-06")
METRIC = Price("custom metric", 0.30, "metric-month", _CLOUDWATCH, "2026-02")
DASHBOARD = Price("dashboard", 3.00, "dashboard-month", _CLOUDWATCH, "2026-06")
LOG_INGESTION = Price("log ingestion", 0.50, "GB", _CLOUDWATCH, "2026-06")
LOG_STORAGE = Price("log storage", 0.03, "GB-month", _CLOUDWATCH, "2025-06")

# Every 64 KB of a request are one request.
QUEUE_REQUEST = Price(
    "standard queue", 0.40e-6, "request", "https://aws.amazon.com/sqs/pricing/", "2026-06"
)
TOPIC_REQUEST = Price(
    "topic", 0.50e-6, "publication", "https://aws.amazon.com/sns/pricing/", "2025-06"
)
EMAIL = Price("mail of a topic", 2e-5, "mail", "https://aws.amazon.com/sns/pricing/", "2025-06")

FUNCTION_REQUEST = Price("function", 0.20e-6, "request", _LAMBDA, "2026-05")
FUNCTION_ARM = Price("function, arm64", 0.0000133334, "GB-s", _LAMBDA, "2026-05")
TRACE = Price("trace", 5e-6, "trace", "https://aws.amazon.com/xray/pricing/", "2025-06")

TABLE_WRITE = Price("table, on demand", 0.625e-6, "write unit", _DYNAMODB, "2025-06")
TABLE_READ = Price("table, on demand", 0.125e-6, "read unit", _DYNAMODB, "2025-06")
TABLE_STORAGE = Price("table", 0.25, "GB-month", _DYNAMODB, "2025-06")
TABLE_BACKUP = Price("point-in-time recovery", 0.20, "GB-month", _DYNAMODB, "2025-06")

OBJECT_PUT = Price("PUT, COPY, POST or LIST", 0.005 / 1000, "request", _S3, "2025-06")
OBJECT_GET = Price("GET", 0.0004 / 1000, "request", _S3, "2025-06")
OBJECT_STORAGE = Price("object, first 50 TB", 0.023, "GB-month", _S3, "2025-06")

TRANSITION = Price(
    "standard workflow",
    0.025 / 1000,
    "state transition",
    "https://aws.amazon.com/step-functions/pricing/",
    "2025-06",
)
SCAN = Price("query", 5.00, "TB scanned", "https://aws.amazon.com/athena/pricing/", "2025-06")
CATALOG = Price("catalog", 1e-5, "object-month", "https://aws.amazon.com/glue/pricing/", "2025-06")

# Endpoints, training, processing and transform jobs cost the same for an hour of these.
INSTANCES = {
    "ml.m5.large": Price("ml.m5.large", 0.115, "instance-hour", _SAGEMAKER, "2025-06"),
    "ml.m5.xlarge": Price("ml.m5.xlarge", 0.23, "instance-hour", _SAGEMAKER, "2025-06"),
}
# Also in AWS's own benchmarking toolkit for serverless endpoints, `cost_constants.py`:
# https://github.com/aws-samples/sagemaker-serverless-inference-benchmarking
SERVERLESS = Price("serverless endpoint", 0.00002, "GB-s", _SAGEMAKER, "2025-06")
ENDPOINT_DATA = Price("data in and out of an endpoint", 0.016, "GB", _SAGEMAKER, "2025-06")


def instance(kind: str) -> Price:
    """Return the price of an instance.

    Raises:
        KeyError: the table has no such line.
    """
    try:
        return INSTANCES[kind]
    except KeyError:
        raise KeyError(f"no price of {kind}; add it to costs/prices.py") from None
