"""The operations on transform jobs."""

from collections.abc import Mapping
from typing import Any

from local.sagemaker import transform_data
from local.sagemaker.errors import invalid, not_implemented
from local.sagemaker.job_api import JobApi
from local.sagemaker.kinds import MODEL, TRANSFORM_JOB
from local.sagemaker.models import served_model
from local.sagemaker.records import Record
from local.sagemaker.transform import DEFAULT_PAYLOAD_MB, TransformJob
from local.sagemaker.world import Handlers, Request

MAX_PAYLOAD_MB = 100
_UNSUPPORTED = ("DataCaptureConfig", "ExperimentConfig")
_WHOLE = "$"


class TransformJobs(JobApi):
    """The operations on transform jobs."""

    kind = TRANSFORM_JOB
    newest_first = True

    def handlers(self) -> Handlers:
        """Return what answers each operation; a transform job cannot be deleted."""
        handlers = super().handlers()
        return {name: each for name, each in handlers.items() if name != "DeleteTransformJob"}

    def create(self, request: Request) -> dict[str, Any]:
        """Create a job of a model that exists and let it run."""
        name, params = request["TransformJobName"], request.params
        _refuse_what_is_unsupported(params)
        _refuse_what_is_invalid(params)
        records = self.world.records
        served_model(records, records.get(MODEL, params["ModelName"]))
        self.start(
            name,
            {
                **params,
                "MaxPayloadInMB": params.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB),
                "BatchStrategy": params.get("BatchStrategy", "MultiRecord"),
                "TransformJobStatus": "InProgress",
            },
            lambda record: TransformJob(self.world, record),
        )
        return {"TransformJobArn": records.arn(self.kind, name)}

    def stopping_members(self, record: Record) -> dict[str, Any]:  # noqa: ARG002
        """Nothing but the status changes."""
        return {}


def _refuse_what_is_unsupported(params: Mapping[str, Any]) -> None:
    """Refuse what only AWS can do.

    Raises:
        ApiError: the request holds such a thing.
    """
    if unsupported := [member for member in _UNSUPPORTED if params.get(member)]:
        raise not_implemented(f"{', '.join(unsupported)} of transform jobs")
    if params["TransformResources"]["InstanceCount"] != 1:
        raise not_implemented("transform jobs on more than one instance")
    source = params["TransformInput"]
    data_type = source["DataSource"]["S3DataSource"]["S3DataType"]
    if data_type not in ("S3Prefix", "ManifestFile"):
        raise not_implemented(f"the S3DataType {data_type} of transform jobs")
    if source.get("SplitType", "None") not in ("None", "Line"):
        raise not_implemented(f"the SplitType {source['SplitType']}")
    if source.get("CompressionType", "None") != "None":
        raise not_implemented(f"the CompressionType {source['CompressionType']}")
    processing = params.get("DataProcessing", {})
    for name in ("InputFilter", "OutputFilter"):
        if processing.get(name, _WHOLE) != _WHOLE:
            raise not_implemented(f"an {name} other than {_WHOLE}")


def _refuse_what_is_invalid(params: Mapping[str, Any]) -> None:
    """Refuse what AWS would refuse.

    Raises:
        ApiError: the request holds such a thing.
    """
    payload = params.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB)
    concurrency = params.get("MaxConcurrentTransforms") or 1
    if payload * concurrency > MAX_PAYLOAD_MB:
        raise invalid(
            f"MaxPayloadInMB ({payload}) times MaxConcurrentTransforms ({concurrency}) must not "
            f"exceed {MAX_PAYLOAD_MB}"
        )
    split = params["TransformInput"].get("SplitType", "None")
    if params.get("BatchStrategy") == "SingleRecord" and split == "None":
        raise invalid("BatchStrategy SingleRecord requires a SplitType other than None")
    if params.get("DataProcessing", {}).get("JoinSource") == "Input":
        _refuse_what_cannot_be_joined(params["TransformInput"], params["TransformOutput"])


def _refuse_what_cannot_be_joined(source: Mapping[str, Any], target: Mapping[str, Any]) -> None:
    types = source.get("ContentType"), target.get("Accept")
    if types[0] not in (transform_data.CSV, transform_data.JSON_LINES):
        raise not_implemented(f"joins of the ContentType {types[0]}")
    if types[0] != types[1]:
        raise invalid(f"JoinSource requires equal ContentType and Accept, got {types}")
    if (source.get("SplitType"), target.get("AssembleWith")) != ("Line", "Line"):
        raise invalid("JoinSource requires SplitType Line and AssembleWith Line")
